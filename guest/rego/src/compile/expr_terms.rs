//! Calls that are operands become conditions of their own: `f(g(x))` becomes `g(x, __local0__); f(__local0__)`.

use super::unit::{Locals, Unit, append, equal};
use crate::syntax::ast::{Body, Expr, ExprKind, Node, Rule, Term, With};
use crate::syntax::compare::{sort_elements, sort_fields};

/// OPA's stage `rewriteExprTerms`.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_rule(|unit, rule| {
        expand_head(&mut unit.locals, rule);
        expand_body(&mut unit.locals, &mut rule.body);
    });
}

fn expand_head(locals: &mut Locals, rule: &mut Rule) {
    let head = &mut rule.head;
    let terms = head.args.iter_mut().chain(&mut head.key);
    for term in terms.chain(&mut head.value) {
        let mut before = Vec::new();
        expand_term(locals, term, &mut before);
        append(&mut rule.body, before);
    }
}

fn expand_body(locals: &mut Locals, body: &mut Body) {
    let mut expanded = Vec::with_capacity(body.len());
    for expr in std::mem::take(body) {
        expand_expr(locals, expr, &mut expanded);
    }
    *body = expanded;
}

/// Adds a condition to a body, and before it what it needs.
fn expand_expr(locals: &mut Locals, mut expr: Expr, body: &mut Body) {
    for with in &mut expr.with {
        expand_term(locals, &mut with.value, body);
    }
    let first = body.len();
    match &mut expr.kind {
        ExprKind::Term(term) => expand_term(locals, term, body),
        ExprKind::Call(terms) => {
            for term in terms.iter_mut().skip(1) {
                expand_term(locals, term, body);
            }
        }
        ExprKind::Some(_) => {}
        ExprKind::Every(every) => {
            let at = every.domain.at;
            let local = locals.make(at);
            let domain = std::mem::replace(&mut every.domain, local.clone());
            let mut domain = equal(local, domain, at);
            domain.generated = true;
            domain.with = share(&mut expr.with);
            expand_expr(locals, domain, body);
            expand_body(locals, &mut every.body);
            body.push(expr);
            return;
        }
        ExprKind::Not(nested) => expand_body(locals, &mut nested.body),
        ExprKind::And(pair) | ExprKind::Or(pair) => {
            expand_body(locals, &mut pair.left.body);
            expand_body(locals, &mut pair.right.body);
        }
    }
    if !expr.with.is_empty() && body.len() > first {
        let mut shared = share(&mut expr.with);
        for needed in body.iter_mut().skip(first) {
            let stand_ins = stand_ins(&shared);
            needed.with = std::mem::replace(&mut shared, stand_ins);
        }
    }
    body.push(expr);
}

/// Conditions that are taken out of one condition share its modifiers: the first of them has the values, the others
/// only have stand-ins, until `with_values` has named them.
fn share(modifiers: &mut Vec<With>) -> Vec<With> {
    let stand_ins = stand_ins(modifiers);
    std::mem::replace(modifiers, stand_ins)
}

fn stand_ins(modifiers: &[With]) -> Vec<With> {
    let stand_in = |with: &With| With {
        target: with.target.clone(),
        value: Term::new(Node::Null, with.value.at),
        at: with.at,
    };
    modifiers.iter().map(stand_in).collect()
}

/// Takes the calls out of a term; what gives their results is added to the body.
fn expand_term(locals: &mut Locals, term: &mut Term, body: &mut Body) {
    let at = term.at;
    match &mut term.node {
        Node::Null
        | Node::Bool(_)
        | Node::Number(_)
        | Node::String(_)
        | Node::Var(_)
        | Node::Template(_) => {}
        Node::Call(terms) => {
            for term in terms.iter_mut().skip(1) {
                expand_term(locals, term, body);
            }
            let result = locals.make(at);
            let mut terms = std::mem::take(terms);
            terms.push(result.clone());
            let mut call = Expr::new(ExprKind::Call(terms), at);
            call.generated = true;
            body.push(call);
            *term = result;
        }
        Node::Ref(parts) => expand_ref(locals, parts, body),
        Node::Array(items) => {
            for item in items {
                expand_term(locals, item, body);
            }
        }
        Node::Object(fields) => {
            for (key, value) in &mut *fields {
                expand_term(locals, key, body);
                expand_term(locals, value, body);
            }
            sort_fields(fields);
        }
        Node::Set(elements) => {
            for element in &mut *elements {
                expand_term(locals, element, body);
            }
            sort_elements(elements);
        }
        Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
            expand_inside(locals, &mut all.term, &mut all.body);
            expand_body(locals, &mut all.body);
        }
        Node::ObjectComprehension(all) => {
            expand_inside(locals, &mut all.key, &mut all.body);
            expand_inside(locals, &mut all.value, &mut all.body);
            expand_body(locals, &mut all.body);
        }
    }
}

/// Takes the calls out of a comprehension's term, into its body.
fn expand_inside(locals: &mut Locals, term: &mut Term, body: &mut Body) {
    let mut needed = Vec::new();
    expand_term(locals, term, &mut needed);
    append(body, needed);
}

fn expand_ref(locals: &mut Locals, parts: &mut [Term], body: &mut Body) {
    for part in &mut *parts {
        expand_term(locals, part, body);
    }
    let Some(head) = parts.first_mut() else {
        return;
    };
    // `[1, 2, 3][i]`: what is referred into gets a name.
    if matches!(
        head.node,
        Node::Array(_)
            | Node::Object(_)
            | Node::Set(_)
            | Node::ArrayComprehension(_)
            | Node::SetComprehension(_)
            | Node::ObjectComprehension(_)
            | Node::Call(_)
    ) {
        let placeholder = Term::new(Node::Null, head.at);
        let (local, named) = locals.name_term(std::mem::replace(head, placeholder));
        *head = local;
        body.push(named);
    }
}

//! References and comprehensions that are operands become equalities of their own: `f(input.x)` becomes
//! `__local0__ = input.x; f(__local0__)`.

use super::unit::{Locals, Unit};
use crate::syntax::ast::{Body, Expr, ExprKind, Node, Term, With};
use crate::syntax::compare::{sort_elements, sort_fields};
use crate::syntax::shape::calls;

/// OPA's stage `rewriteDynamicTerms`.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_rule(|unit, rule| hoist_body(&mut unit.locals, &mut rule.body));
}

fn hoist_body(locals: &mut Locals, body: &mut Body) {
    let mut hoisted = Vec::with_capacity(body.len());
    for expr in std::mem::take(body) {
        hoist_expr(locals, expr, &mut hoisted);
    }
    *body = hoisted;
}

/// Adds a condition to a body, and before it what it needs.
fn hoist_expr(locals: &mut Locals, mut expr: Expr, body: &mut Body) {
    let equality = calls(&expr, "eq");
    let mut hoist = Hoist {
        locals,
        with: &expr.with,
        body,
    };
    match &mut expr.kind {
        ExprKind::Call(terms) if equality => {
            if let [_, left, right] = terms.as_mut_slice() {
                hoist.inside(left);
                hoist.inside(right);
            }
        }
        ExprKind::Call(terms) => {
            for term in terms.iter_mut().skip(1) {
                hoist.term(term);
            }
        }
        ExprKind::Every(every) => {
            hoist.term(&mut every.domain);
            hoist_body(locals, &mut every.body);
        }
        ExprKind::Not(nested) => hoist_body(locals, &mut nested.body),
        ExprKind::And(pair) | ExprKind::Or(pair) => {
            hoist_body(locals, &mut pair.left.body);
            hoist_body(locals, &mut pair.right.body);
        }
        ExprKind::Term(term) => hoist.inside(term),
        ExprKind::Some(_) => {}
    }
    body.push(expr);
}

struct Hoist<'expr> {
    locals: &'expr mut Locals,
    /// The modifiers that hold for what is hoisted too.
    with: &'expr [With],
    body: &'expr mut Body,
}

impl Hoist<'_> {
    /// Hoists what is in a term; a reference or comprehension may stay where it stands.
    fn inside(&mut self, term: &mut Term) {
        match &mut term.node {
            Node::Ref(parts) => self.parts(parts),
            Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
                hoist_body(self.locals, &mut all.body);
            }
            Node::ObjectComprehension(all) => hoist_body(self.locals, &mut all.body),
            _ => self.term(term),
        }
    }

    /// Hoists a term.
    fn term(&mut self, term: &mut Term) {
        match &mut term.node {
            Node::Ref(_)
            | Node::ArrayComprehension(_)
            | Node::SetComprehension(_)
            | Node::ObjectComprehension(_) => {
                self.inside(term);
                let placeholder = Term::new(Node::Null, term.at);
                let value = std::mem::replace(term, placeholder);
                let (local, mut named) = self.locals.name_term(value);
                named.with = self.with.to_vec();
                self.body.push(named);
                *term = local;
            }
            Node::Array(items) => self.terms(items),
            Node::Object(fields) => {
                for (key, value) in &mut *fields {
                    self.term(key);
                    self.term(value);
                }
                sort_fields(fields);
            }
            Node::Set(elements) => {
                self.terms(elements);
                sort_elements(elements);
            }
            _ => {}
        }
    }

    fn terms(&mut self, terms: &mut [Term]) {
        for term in terms {
            self.term(term);
        }
    }

    fn parts(&mut self, parts: &mut [Term]) {
        self.terms(parts.get_mut(1..).unwrap_or_default());
    }
}

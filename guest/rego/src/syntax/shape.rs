//! Questions about the shape of terms and conditions.

use super::visit::{Part, any};
use crate::syntax::ast::{Expr, ExprKind, Name, Node, Term};

/// Whether this is null, a boolean, a number or a text.
#[must_use]
pub const fn is_scalar(term: &Term) -> bool {
    matches!(
        term.node,
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_)
    )
}

/// Whether this is a comprehension.
#[must_use]
pub const fn is_comprehension(term: &Term) -> bool {
    matches!(
        term.node,
        Node::ArrayComprehension(_) | Node::SetComprehension(_) | Node::ObjectComprehension(_)
    )
}

/// Whether this is a value as it stands: no variable, reference, comprehension or call in it.
#[must_use]
pub fn is_constant(term: &Term) -> bool {
    !any(term, |part| match part {
        Part::Term(term) => {
            is_comprehension(term)
                || matches!(term.node, Node::Var(_) | Node::Ref(_) | Node::Call(_))
        }
        _ => false,
    })
}

/// Whether no variable is in it, heads of references not counted.
#[must_use]
pub fn is_ground(term: &Term) -> bool {
    match &term.node {
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) => true,
        Node::Var(_) | Node::Template(_) => false,
        Node::Ref(reference) => is_ground_ref(reference),
        Node::Array(terms) | Node::Set(terms) | Node::Call(terms) => terms.iter().all(is_ground),
        Node::Object(fields) => fields
            .iter()
            .all(|(key, value)| is_ground(key) && is_ground(value)),
        Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
            is_ground(&all.term) && is_ground_body(&all.body)
        }
        Node::ObjectComprehension(all) => {
            is_ground(&all.key) && is_ground(&all.value) && is_ground_body(&all.body)
        }
    }
}

/// Whether no variable follows the head.
#[must_use]
pub fn is_ground_ref(reference: &[Term]) -> bool {
    reference.iter().skip(1).all(is_ground)
}

fn is_ground_body(body: &[Expr]) -> bool {
    body.iter().all(|expr| match &expr.kind {
        ExprKind::Term(term) => is_ground(term),
        ExprKind::Call(terms) => terms.iter().skip(1).all(is_ground),
        ExprKind::Some(_) | ExprKind::Every(_) => false,
        ExprKind::Not(nested) => is_ground_body(&nested.body),
        ExprKind::And(pair) | ExprKind::Or(pair) => {
            is_ground_body(&pair.left.body) && is_ground_body(&pair.right.body)
        }
    })
}

/// What stands before the first part, head not counted, that is not ground.
#[must_use]
pub fn ground_prefix(reference: &[Term]) -> &[Term] {
    let end = reference
        .iter()
        .skip(1)
        .position(|part| !is_ground(part))
        .map_or(reference.len(), |at| at + 1);
    reference.get(..end).unwrap_or(reference)
}

/// Whether a reference or a comprehension is in it.
#[must_use]
pub fn requires_eval(term: &Term) -> bool {
    any(term, |part| match part {
        Part::Term(term) => is_comprehension(term) || matches!(term.node, Node::Ref(_)),
        _ => false,
    })
}

/// The name of a root document, if this is the reference of one: `input` or `data` alone.
#[must_use]
pub fn root_document(term: &Term) -> Option<&Name> {
    let Node::Ref(reference) = &term.node else {
        return None;
    };
    let [head] = reference.as_slice() else {
        return None;
    };
    head.as_var().filter(|name| is_reserved(name))
}

/// Whether a reference begins with `data`.
#[must_use]
pub fn starts_with_data(reference: &[Term]) -> bool {
    starts_with(reference, "data")
}

/// Whether a reference begins with `input`.
#[must_use]
pub fn starts_with_input(reference: &[Term]) -> bool {
    starts_with(reference, "input")
}

fn starts_with(reference: &[Term], root: &str) -> bool {
    let head = reference.first().and_then(Term::as_var);
    head.is_some_and(|name| &**name == root)
}

/// Whether this is a call of a builtin function whose name has no dots.
#[must_use]
pub fn calls(expr: &Expr, name: &str) -> bool {
    let ExprKind::Call(terms) = &expr.kind else {
        return false;
    };
    match terms.first().map(|operator| &operator.node) {
        Some(Node::Ref(reference)) => match reference.as_slice() {
            [head] => head.as_var().is_some_and(|head| &**head == name),
            _ => false,
        },
        _ => false,
    }
}

/// The sides of an equality, `a = b`.
#[must_use]
pub fn equality(expr: &Expr) -> Option<(&Term, &Term)> {
    binary(expr, "eq")
}

/// The sides of an assignment, `a := b`.
#[must_use]
pub fn assignment(expr: &Expr) -> Option<(&Term, &Term)> {
    binary(expr, "assign")
}

fn binary<'expr>(expr: &'expr Expr, name: &str) -> Option<(&'expr Term, &'expr Term)> {
    match &expr.kind {
        ExprKind::Call(terms) if calls(expr, name) => match terms.as_slice() {
            [_, left, right] => Some((left, right)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether this is `not …`, in either of its forms.
#[must_use]
pub const fn is_negated(expr: &Expr) -> bool {
    expr.negated || matches!(expr.kind, ExprKind::Not(_))
}

/// Whether this is one of the names that are bound from the start.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    name == "data" || name == "input"
}

//! The order of terms: OPA's `Compare`. It decides in which order the parts of objects and sets are evaluated.

use std::cmp::Ordering;

use crate::syntax::ast::{Expr, ExprKind, Node, TemplatePart, Term};

/// Compares two terms, by what they are; the place does not count.
#[must_use]
pub fn compare(one: &Term, other: &Term) -> Ordering {
    match (&one.node, &other.node) {
        (Node::Bool(one), Node::Bool(other)) => one.cmp(other),
        (Node::Number(one), Node::Number(other)) => one.cmp(other),
        (Node::String(one), Node::String(other)) | (Node::Var(one), Node::Var(other)) => {
            one.cmp(other)
        }
        (Node::Ref(one), Node::Ref(other))
        | (Node::Array(one), Node::Array(other))
        | (Node::Set(one), Node::Set(other))
        | (Node::Call(one), Node::Call(other)) => compare_all(one, other),
        (Node::Object(one), Node::Object(other)) => {
            let pairs = one.iter().zip(other);
            pairs
                .map(|(one, other)| {
                    compare(&one.0, &other.0).then_with(|| compare(&one.1, &other.1))
                })
                .find(|order| order.is_ne())
                .unwrap_or_else(|| one.len().cmp(&other.len()))
        }
        (Node::ArrayComprehension(one), Node::ArrayComprehension(other))
        | (Node::SetComprehension(one), Node::SetComprehension(other)) => {
            compare(&one.term, &other.term).then_with(|| compare_bodies(&one.body, &other.body))
        }
        (Node::ObjectComprehension(one), Node::ObjectComprehension(other)) => {
            compare(&one.key, &other.key)
                .then_with(|| compare(&one.value, &other.value))
                .then_with(|| compare_bodies(&one.body, &other.body))
        }
        (Node::Template(one), Node::Template(other)) => one
            .raw
            .cmp(&other.raw)
            .then_with(|| one.parts.len().cmp(&other.parts.len()))
            .then_with(|| {
                let parts = one.parts.iter().zip(&other.parts);
                first_difference(parts.map(|(one, other)| compare_parts(one, other)))
            }),
        (one, other) => rank(one).cmp(&rank(other)),
    }
}

/// Compares two rows of terms.
#[must_use]
pub fn compare_all(one: &[Term], other: &[Term]) -> Ordering {
    let pairs = one.iter().zip(other);
    first_difference(pairs.map(|(one, other)| compare(one, other)))
        .then_with(|| one.len().cmp(&other.len()))
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

const fn rank(node: &Node) -> u8 {
    match node {
        Node::Null => 0,
        Node::Bool(_) => 1,
        Node::Number(_) => 2,
        Node::String(_) => 3,
        Node::Template(_) => 4,
        Node::Var(_) => 5,
        Node::Ref(_) => 6,
        Node::Array(_) => 7,
        Node::Object(_) => 8,
        Node::Set(_) => 9,
        Node::ArrayComprehension(_) => 10,
        Node::ObjectComprehension(_) => 11,
        Node::SetComprehension(_) => 12,
        Node::Call(_) => 13,
    }
}

fn compare_parts(one: &TemplatePart, other: &TemplatePart) -> Ordering {
    match (one, other) {
        (TemplatePart::Text(one), TemplatePart::Text(other)) => compare(one, other),
        (TemplatePart::Expr(one), TemplatePart::Expr(other)) => compare_exprs(one, other),
        (TemplatePart::Text(_), TemplatePart::Expr(_)) => Ordering::Less,
        (TemplatePart::Expr(_), TemplatePart::Text(_)) => Ordering::Greater,
    }
}

fn compare_bodies(one: &[Expr], other: &[Expr]) -> Ordering {
    let pairs = one.iter().zip(other);
    first_difference(pairs.map(|(one, other)| compare_exprs(one, other)))
        .then_with(|| one.len().cmp(&other.len()))
}

/// Compares two conditions.
#[must_use]
pub fn compare_exprs(one: &Expr, other: &Expr) -> Ordering {
    expr_rank(one)
        .cmp(&expr_rank(other))
        .then_with(|| one.negated.cmp(&other.negated))
        .then_with(|| compare_kinds(&one.kind, &other.kind))
        .then_with(|| {
            let pairs = one.with.iter().zip(&other.with);
            first_difference(pairs.map(|(one, other)| {
                compare(&one.target, &other.target).then_with(|| compare(&one.value, &other.value))
            }))
            .then_with(|| one.with.len().cmp(&other.with.len()))
        })
}

fn compare_kinds(one: &ExprKind, other: &ExprKind) -> Ordering {
    match (one, other) {
        (ExprKind::Term(one), ExprKind::Term(other)) => compare(one, other),
        (ExprKind::Call(one), ExprKind::Call(other))
        | (ExprKind::Some(one), ExprKind::Some(other)) => compare_all(one, other),
        (ExprKind::Every(one), ExprKind::Every(other)) => one
            .key
            .is_some()
            .cmp(&other.key.is_some())
            .then_with(|| match (&one.key, &other.key) {
                (Some(one), Some(other)) => compare(one, other),
                _ => Ordering::Equal,
            })
            .then_with(|| compare(&one.value, &other.value))
            .then_with(|| compare(&one.domain, &other.domain))
            .then_with(|| compare_bodies(&one.body, &other.body)),
        (ExprKind::Not(one), ExprKind::Not(other)) => compare_bodies(&one.body, &other.body),
        (ExprKind::And(one), ExprKind::And(other)) | (ExprKind::Or(one), ExprKind::Or(other)) => {
            compare_bodies(&one.left.body, &other.left.body)
                .then_with(|| compare_bodies(&one.right.body, &other.right.body))
        }
        _ => Ordering::Equal,
    }
}

const fn expr_rank(expr: &Expr) -> u8 {
    match expr.kind {
        ExprKind::Some(_) => 0,
        ExprKind::Term(_) => 1,
        ExprKind::Call(_) => 2,
        ExprKind::Every(_) => 3,
        ExprKind::Not(_) => 4,
        ExprKind::And(_) => 5,
        ExprKind::Or(_) => 6,
    }
}

/// Sorts the fields of an object literal, and keeps of each key the last value: OPA has objects only so.
pub fn sort_fields(fields: &mut Vec<(Term, Term)>) {
    let less = |one: &(Term, Term), next: &(Term, Term)| compare(&one.0, &next.0).is_lt();
    if fields.is_sorted_by(less) {
        return;
    }
    fields.sort_by(|one, other| compare(&one.0, &other.0));
    fields.dedup_by(|later, kept| {
        let same = compare(&later.0, &kept.0).is_eq();
        if same {
            std::mem::swap(&mut later.1, &mut kept.1);
        }
        same
    });
}

/// Sorts the elements of a set literal, and keeps each once.
pub fn sort_elements(elements: &mut Vec<Term>) {
    if elements.is_sorted_by(|one, next| compare(one, next).is_lt()) {
        return;
    }
    elements.sort_by(compare);
    elements.dedup_by(|later, kept| compare(later, kept).is_eq());
}

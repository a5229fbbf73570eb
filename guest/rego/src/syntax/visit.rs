//! Walks over syntax trees.

use super::compare::{sort_elements, sort_fields};
use crate::syntax::ast::{Body, Expr, ExprKind, Head, Node, Rule, TemplatePart, Term, With};

/// What a walk meets: a piece of the tree.
#[derive(Debug, Clone, Copy)]
pub enum Part<'tree> {
    /// A rule. Its head, its body, then its `else`.
    Rule(&'tree Rule),
    /// A rule's head. Its arguments, key and value; the reference is left out, as in OPA.
    Head(&'tree Head),
    /// Conditions.
    Body(&'tree [Expr]),
    /// One condition, its modifiers last.
    Expr(&'tree Expr),
    /// A modifier.
    With(&'tree With),
    /// A term.
    Term(&'tree Term),
}

/// The same, to be changed.
#[derive(Debug)]
pub enum PartMut<'tree> {
    /// Conditions.
    Body(&'tree mut Body),
    /// One condition, its modifiers last.
    Expr(&'tree mut Expr),
    /// A modifier.
    With(&'tree mut With),
    /// A term.
    Term(&'tree mut Term),
}

/// What a walk does after a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Goes on into what the part is made of.
    Into,
    /// Leaves the part's inside out.
    Over,
}

macro_rules! part_from {
    ($($kind:ident $type:ty;)*) => {
        $(impl<'tree> From<&'tree $type> for Part<'tree> {
            fn from(part: &'tree $type) -> Self {
                Self::$kind(part)
            }
        })*
    };
}

part_from! { Rule Rule; Head Head; Body [Expr]; Body Body; Expr Expr; With With; Term Term; }

/// Visits a part and all that is in it, outside before inside, in OPA's order.
pub fn walk<'tree>(part: impl Into<Part<'tree>>, visit: &mut impl FnMut(Part<'tree>) -> Step) {
    walk_part(part.into(), visit);
}

fn walk_part<'tree>(part: Part<'tree>, visit: &mut impl FnMut(Part<'tree>) -> Step) {
    if visit(part) == Step::Into {
        walk_inside(part, visit);
    }
}

/// Visits all that is in a part, not the part itself.
pub fn walk_inside<'tree>(part: Part<'tree>, visit: &mut impl FnMut(Part<'tree>) -> Step) {
    match part {
        Part::Rule(rule) => {
            walk_part(Part::Head(&rule.head), visit);
            walk_part(Part::Body(&rule.body), visit);
            if let Some(otherwise) = &rule.otherwise {
                walk_part(Part::Rule(otherwise), visit);
            }
        }
        Part::Head(head) => {
            for term in head.args.iter().chain(&head.key).chain(&head.value) {
                walk_part(Part::Term(term), visit);
            }
        }
        Part::Body(body) => {
            for expr in body {
                walk_part(Part::Expr(expr), visit);
            }
        }
        Part::Expr(expr) => {
            match &expr.kind {
                ExprKind::Term(term) => walk_part(Part::Term(term), visit),
                ExprKind::Call(terms) | ExprKind::Some(terms) => walk_terms(terms, visit),
                ExprKind::Every(every) => {
                    if let Some(key) = &every.key {
                        walk_part(Part::Term(key), visit);
                    }
                    walk_part(Part::Term(&every.value), visit);
                    walk_part(Part::Term(&every.domain), visit);
                    walk_part(Part::Body(&every.body), visit);
                }
                ExprKind::Not(nested) => walk_part(Part::Body(&nested.body), visit),
                ExprKind::And(pair) | ExprKind::Or(pair) => {
                    walk_part(Part::Body(&pair.left.body), visit);
                    walk_part(Part::Body(&pair.right.body), visit);
                }
            }
            for with in &expr.with {
                walk_part(Part::With(with), visit);
            }
        }
        Part::With(with) => {
            walk_part(Part::Term(&with.target), visit);
            walk_part(Part::Term(&with.value), visit);
        }
        Part::Term(term) => match &term.node {
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Var(_) => {}
            Node::Ref(terms) | Node::Array(terms) | Node::Set(terms) | Node::Call(terms) => {
                walk_terms(terms, visit);
            }
            Node::Object(fields) => {
                for (key, value) in fields {
                    walk_part(Part::Term(key), visit);
                    walk_part(Part::Term(value), visit);
                }
            }
            Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
                walk_part(Part::Term(&all.term), visit);
                walk_part(Part::Body(&all.body), visit);
            }
            Node::ObjectComprehension(all) => {
                walk_part(Part::Term(&all.key), visit);
                walk_part(Part::Term(&all.value), visit);
                walk_part(Part::Body(&all.body), visit);
            }
            Node::Template(template) => {
                for part in &template.parts {
                    match part {
                        TemplatePart::Text(term) => walk_part(Part::Term(term), visit),
                        TemplatePart::Expr(expr) => walk_part(Part::Expr(expr), visit),
                    }
                }
            }
        },
    }
}

fn walk_terms<'tree>(terms: &'tree [Term], visit: &mut impl FnMut(Part<'tree>) -> Step) {
    for term in terms {
        walk_part(Part::Term(term), visit);
    }
}

/// Visits a part and all that is in it, outside before inside, in OPA's order, to change it. What a visit puts
/// in place of a part is walked into if the visit says [`Step::Into`]. Objects and sets that are walked into are put in
/// order afterwards: OPA has them only so.
pub fn walk_mut(part: PartMut<'_>, visit: &mut impl FnMut(PartMut<'_>) -> Step) {
    match part {
        PartMut::Body(body) => {
            if visit(PartMut::Body(&mut *body)) == Step::Into {
                for expr in body {
                    walk_mut(PartMut::Expr(expr), visit);
                }
            }
        }
        PartMut::Expr(expr) => {
            if visit(PartMut::Expr(&mut *expr)) == Step::Into {
                walk_expr_mut(expr, visit);
            }
        }
        PartMut::With(with) => {
            if visit(PartMut::With(&mut *with)) == Step::Into {
                walk_mut(PartMut::Term(&mut with.target), visit);
                walk_mut(PartMut::Term(&mut with.value), visit);
            }
        }
        PartMut::Term(term) => {
            if visit(PartMut::Term(&mut *term)) == Step::Into {
                walk_term_mut(term, visit);
            }
        }
    }
}

fn walk_expr_mut(expr: &mut Expr, visit: &mut impl FnMut(PartMut<'_>) -> Step) {
    match &mut expr.kind {
        ExprKind::Term(term) => walk_mut(PartMut::Term(term), visit),
        ExprKind::Call(terms) | ExprKind::Some(terms) => walk_terms_mut(terms, visit),
        ExprKind::Every(every) => {
            if let Some(key) = &mut every.key {
                walk_mut(PartMut::Term(key), visit);
            }
            walk_mut(PartMut::Term(&mut every.value), visit);
            walk_mut(PartMut::Term(&mut every.domain), visit);
            walk_mut(PartMut::Body(&mut every.body), visit);
        }
        ExprKind::Not(nested) => walk_mut(PartMut::Body(&mut nested.body), visit),
        ExprKind::And(pair) | ExprKind::Or(pair) => {
            walk_mut(PartMut::Body(&mut pair.left.body), visit);
            walk_mut(PartMut::Body(&mut pair.right.body), visit);
        }
    }
    for with in &mut expr.with {
        walk_mut(PartMut::With(with), visit);
    }
}

/// Visits all that is in a term, not the term itself.
pub fn walk_term_mut(term: &mut Term, visit: &mut impl FnMut(PartMut<'_>) -> Step) {
    match &mut term.node {
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Var(_) => {}
        Node::Ref(terms) | Node::Array(terms) | Node::Call(terms) => {
            walk_terms_mut(terms, visit);
        }
        Node::Set(elements) => {
            walk_terms_mut(elements, visit);
            sort_elements(elements);
        }
        Node::Object(fields) => {
            for (key, value) in &mut *fields {
                walk_mut(PartMut::Term(key), visit);
                walk_mut(PartMut::Term(value), visit);
            }
            sort_fields(fields);
        }
        Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
            walk_mut(PartMut::Term(&mut all.term), visit);
            walk_mut(PartMut::Body(&mut all.body), visit);
        }
        Node::ObjectComprehension(all) => {
            walk_mut(PartMut::Term(&mut all.key), visit);
            walk_mut(PartMut::Term(&mut all.value), visit);
            walk_mut(PartMut::Body(&mut all.body), visit);
        }
        Node::Template(template) => {
            for part in &mut template.parts {
                match part {
                    TemplatePart::Text(term) => walk_mut(PartMut::Term(term), visit),
                    TemplatePart::Expr(expr) => walk_mut(PartMut::Expr(expr), visit),
                }
            }
        }
    }
}

fn walk_terms_mut(terms: &mut [Term], visit: &mut impl FnMut(PartMut<'_>) -> Step) {
    for term in terms {
        walk_mut(PartMut::Term(term), visit);
    }
}

/// Whether a part, or anything in it, is such as asked. Stops at the first one.
pub fn any<'tree>(part: impl Into<Part<'tree>>, mut is: impl FnMut(Part<'tree>) -> bool) -> bool {
    let mut found = false;
    walk(part, &mut |part| {
        found = found || is(part);
        if found { Step::Over } else { Step::Into }
    });
    found
}

/// A rule and its `else` branches, in order.
pub fn branches(rule: &Rule) -> impl Iterator<Item = &Rule> {
    std::iter::successors(Some(rule), |rule| rule.otherwise.as_deref())
}

/// Does something to a rule and to each of its `else` branches, in order.
pub fn each_branch_mut(rule: &mut Rule, mut change: impl FnMut(&mut Rule)) {
    let mut next = Some(rule);
    while let Some(rule) = next {
        change(rule);
        next = rule.otherwise.as_deref_mut();
    }
}

/// Walks a rule's head and body to change them: reference, arguments, key, value, body. Not its `else`.
pub fn walk_rule_mut(rule: &mut Rule, visit: &mut impl FnMut(PartMut<'_>) -> Step) {
    let head = &mut rule.head;
    let terms = head.reference.iter_mut().chain(&mut head.args);
    for term in terms.chain(&mut head.key).chain(&mut head.value) {
        walk_mut(PartMut::Term(term), visit);
    }
    walk_mut(PartMut::Body(&mut rule.body), visit);
}

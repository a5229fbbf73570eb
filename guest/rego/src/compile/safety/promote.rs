//! Bodies without braces: `not …`, and the sides of `and` and `or`.
//!
//! They are bodies for the evaluator, not for whoever reads them: a variable in one must be bound outside.

use std::collections::BTreeMap;

use super::outputs::of_equality;
use crate::compile::arity::Arities;
use crate::compile::vars::{Skip, VarSet, Vars, reserved, vars_of};
use crate::syntax::ast::{Expr, ExprKind, Name, Nested};
use crate::syntax::shape::{calls, equality};
use crate::syntax::visit::Part;

/// The variables of a part, of bodies without braces those that must be bound outside, of other bodies none.
#[must_use]
pub fn safety_vars<'tree>(part: impl Into<Part<'tree>>, arities: &Arities<'_>) -> VarSet {
    let mut vars = VarSet::new();
    add_safety_vars(part.into(), arities, &mut vars);
    vars
}

fn add_safety_vars(part: Part<'_>, arities: &Arities<'_>, vars: &mut VarSet) {
    if let Part::Body(body) = part {
        for expr in body {
            add_safety_vars(Part::Expr(expr), arities, vars);
        }
        return;
    }
    vars.append(&mut vars_of(part, Skip::SAFETY));
    let Part::Expr(expr) = part else {
        return;
    };
    let mut promote = |nested: &Nested| {
        if !nested.explicit {
            vars.append(&mut unbound_in_implicit_body(&nested.body, arities));
        }
    };
    match &expr.kind {
        ExprKind::Not(nested) => promote(nested),
        ExprKind::And(pair) | ExprKind::Or(pair) => {
            promote(&pair.left);
            promote(&pair.right);
        }
        _ => {}
    }
}

/// The variables that a body without braces needs from outside: those that nothing in it binds, and those that
/// nothing else in it asks for.
#[must_use]
fn unbound_in_implicit_body(body: &[Expr], arities: &Arities<'_>) -> VarSet {
    let mut seen: BTreeMap<Name, usize> = BTreeMap::new();
    for expr in body {
        for name in vars_of(expr, Skip::SAFETY) {
            *seen.entry(name).or_default() += 1;
        }
    }
    if body.len() == 1 {
        return seen.into_keys().collect();
    }
    let mut bound = bound_by_equalities(body, seen.keys());
    for expr in body {
        bound.append(&mut results(expr, arities));
    }
    seen.into_iter()
        .filter(|(name, times)| *times == 1 || !bound.contains(name))
        .map(|(name, _)| name)
        .collect()
}

/// What equalities bind, if all is given that is not itself a side of one.
fn bound_by_equalities<'name>(body: &[Expr], seen: impl Iterator<Item = &'name Name>) -> VarSet {
    let mut given = reserved();
    given.extend(seen.cloned());
    for (left, right) in body.iter().filter_map(equality) {
        for name in left.as_var().into_iter().chain(right.as_var()) {
            given.remove(name);
        }
    }
    let mut bound = VarSet::new();
    loop {
        let before = bound.len();
        for expr in body.iter().filter(|expr| calls(expr, "eq")) {
            for name in of_equality(expr, &given) {
                given.insert(name.clone());
                bound.insert(name);
            }
        }
        if bound.len() == before {
            return bound;
        }
    }
}

/// The variables that take the result of a call.
fn results(expr: &Expr, arities: &Arities<'_>) -> VarSet {
    let ExprKind::Call(terms) = &expr.kind else {
        return VarSet::new();
    };
    if calls(expr, "eq") {
        return VarSet::new();
    }
    let arity = terms
        .first()
        .and_then(|operator| arities.of_operator(operator));
    let Some(results) = arity.and_then(|arity| terms.get(arity + 1..)) else {
        return VarSet::new();
    };
    let mut vars = Vars::new(Skip::CLOSURES | Skip::SETS | Skip::OBJECT_KEYS | Skip::REF_HEADS);
    vars.walk_terms(results);
    vars.seen
}

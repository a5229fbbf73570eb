//! Comprehensions that are evaluated once for all values of the variables around them.
//!
//! `xs = [y | data.y[y] = x]` below many values of `x` need not run for each: its body finds all `x` by itself, so
//! one run sorts the solutions by `x`. OPA does so (its "comprehension index"), and then does not notice conflicting
//! keys of an object, and runs what it would not have reached: so it must be done exactly where OPA does it.

use std::collections::HashMap;

use crate::compile::Compiled;
use crate::compile::arity::Arities;
use crate::compile::safety;
use crate::compile::vars::{Skip, VarSet, Vars, reserved, vars_of};
use crate::syntax::ast::{Body, Expr, ExprKind, Name, Node, Rule, Term, operator_name};
use crate::syntax::shape::{equality, is_comprehension};
use crate::syntax::visit::{Part, Step, any, branches, walk};

/// The variables by which each such comprehension's solutions are sorted.
#[derive(Debug, Default)]
pub struct Correlated(HashMap<*const Term, Vec<Name>>);

impl Correlated {
    /// Finds them in all rules.
    pub fn of(compiled: &Compiled) -> Self {
        let arities = Arities::of(&compiled.tree);
        let mut found = Self::default();
        let rules = compiled.modules.iter().flat_map(|module| &module.rules);
        for rule in rules.flat_map(branches) {
            found.read(rule, &arities);
        }
        found
    }

    /// The variables, if this comprehension is one of them.
    pub fn keys(&self, comprehension: &Term) -> Option<&[Name]> {
        self.0
            .get(&std::ptr::from_ref(comprehension))
            .map(Vec::as_slice)
    }

    fn read(&mut self, rule: &Rule, arities: &Arities<'_>) {
        if !any(
            &rule.body,
            |part| matches!(part, Part::Term(term) if is_comprehension(term)),
        ) {
            return;
        }
        let mut around = Vars::new(Skip::CLOSURES | Skip::CALL_HEADS);
        around.seen = reserved();
        around.walk_terms(&rule.head.args);
        walk(&rule.body, &mut |part| {
            if let Part::Body(body) = part {
                for expr in body {
                    if let Some((term, keys)) = index(expr, &around.seen, arities) {
                        self.0.insert(std::ptr::from_ref(term), keys);
                    }
                    around.walk(expr);
                }
            }
            Step::Into
        });
    }
}

/// The comprehension of an expression `variable = comprehension`, if it can be evaluated for all, and its keys.
fn index<'e>(
    expr: &'e Expr,
    around: &VarSet,
    arities: &Arities<'_>,
) -> Option<(&'e Term, Vec<Name>)> {
    if expr.negated || !expr.with.is_empty() {
        return None;
    }
    let (left, right) = equality(expr)?;
    let term = if left.as_var().is_some() && is_comprehension(right) {
        right
    } else if right.as_var().is_some() && is_comprehension(left) {
        left
    } else {
        return None;
    };
    let body = body_of(term)?;
    let outputs = safety::of_body(body, arities, &reserved());
    let needed = vars_of(body, Skip::SAFETY);
    let alone = needed
        .iter()
        .all(|name| outputs.contains(name) || reserved().contains(name));
    // OPA leaves a variable from around in the element and fills it in later. It comes to the same, but for errors of
    // solutions that no value of the variables around has.
    let heads = heads_of(term).into_iter();
    let whole = heads
        .flat_map(|head| vars_of(head, Skip::SAFETY))
        .all(|name| outputs.contains(&name) || reserved().contains(&name));
    if !alone
        || !whole
        || !runs_alone(body, &outputs, around, arities)
        || is_worse(body, around)
        || closes_over(body, around)
    {
        return None;
    }
    let keys: Vec<_> = outputs
        .iter()
        .filter(|name| around.contains(*name))
        .cloned()
        .collect();
    (!keys.is_empty()).then_some((term, keys))
}

fn body_of(term: &Term) -> Option<&Body> {
    match &term.node {
        Node::ArrayComprehension(it) | Node::SetComprehension(it) => Some(&it.body),
        Node::ObjectComprehension(it) => Some(&it.body),
        _ => None,
    }
}

/// Whether each condition of a body finds its variables bound by those before it. Where one does not, OPA takes an
/// unbound variable for a value; evaluated for each, it has one.
fn runs_alone(body: &Body, outputs: &VarSet, around: &VarSet, arities: &Arities<'_>) -> bool {
    (1..=body.len()).all(|end| {
        let Some(upto @ [before @ .., last]) = body.get(..end) else {
            return true;
        };
        let open = |name: &Name| outputs.contains(name) || around.contains(name);
        let is_bound = |names: &VarSet, by: &[Expr]| {
            let bound = safety::of_body(by, arities, &reserved());
            let mut needed = names.iter().filter(|name| open(name));
            needed.all(|name| bound.contains(name) || reserved().contains(name))
        };
        // What is closed over must have its value before.
        is_bound(&vars_of(last, Skip::NONE), upto) && is_bound(&closed_over(last), before)
    })
}

/// The variables of bodies in a condition.
fn closed_over(expr: &Expr) -> VarSet {
    if !matches!(expr.kind, ExprKind::Term(_) | ExprKind::Call(_)) {
        return vars_of(expr, Skip::NONE);
    }
    let mut names = VarSet::new();
    walk(expr, &mut |part| match part {
        Part::Term(term) if is_comprehension(term) => {
            names.extend(vars_of(term, Skip::NONE));
            Step::Over
        }
        _ => Step::Into,
    });
    names
}

/// What a comprehension gathers.
fn heads_of(term: &Term) -> Vec<&Term> {
    match &term.node {
        Node::ArrayComprehension(it) | Node::SetComprehension(it) => vec![&it.term],
        Node::ObjectComprehension(it) => vec![&it.key, &it.value],
        _ => Vec::new(),
    }
}

/// Whether a reference would go through all keys where the variable around it names one.
fn is_worse(body: &Body, around: &VarSet) -> bool {
    let mut seen = VarSet::new();
    let mut worse = false;
    walk(body, &mut |part| {
        if worse {
            return Step::Over;
        }
        let mut check = |names: VarSet, seen: &VarSet| {
            worse |= names
                .iter()
                .any(|name| around.contains(name) && !seen.contains(name));
        };
        match part {
            Part::Expr(expr) => {
                if let ExprKind::Call(terms) = &expr.kind
                    && let [operator, _, output] = terms.as_slice()
                    && operator_name(operator).as_deref() == Some("walk")
                {
                    check(vars_of(output, Skip::NONE), &seen);
                }
            }
            Part::Term(term) if is_comprehension(term) => return Step::Over,
            Part::Term(term) => match &term.node {
                Node::Ref(_) => check(vars_of(term, Skip::REF_HEADS), &seen),
                Node::Var(name) => {
                    seen.insert(name.clone());
                }
                _ => {}
            },
            _ => {}
        }
        Step::Into
    });
    worse
}

/// Whether a comprehension inside uses variables around.
fn closes_over(body: &Body, around: &VarSet) -> bool {
    any(body, |part| match part {
        Part::Term(term) if is_comprehension(term) => {
            let used = vars_of(term, Skip::REF_HEADS);
            used.iter().any(|name| around.contains(name))
        }
        _ => false,
    })
}

//! Refuses rules, arguments and variables that hide `data` or `input`, in modules of Rego v1.

use super::dialect::is_v1;
use super::unit::Unit;
use crate::problem::Code;
use crate::syntax::ast::{Expr, ExprKind, Location, Module, Name, Rule};
use crate::syntax::shape::is_reserved;
use crate::syntax::shape::{assignment, calls, root_document};
use crate::syntax::visit::{Part, Step, walk};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let found: Vec<_> = unit
        .modules
        .iter()
        .filter(|module| is_v1(module))
        .flat_map(overrides)
        .collect();
    for (what, name, at) in found {
        unit.note(
            Code::RegoCompile,
            at,
            format!("{what} must not shadow `{name}`"),
            "use a different name",
        );
    }
}

fn overrides(module: &Module) -> Vec<(&'static str, Name, Location)> {
    let mut found = Vec::new();
    for rule in &module.rules {
        found.extend(rule_name(rule).map(|name| ("rules", name.clone(), rule.at)));
        for argument in &rule.head.args {
            found.extend(root_document(argument).map(|name| ("args", name.clone(), argument.at)));
        }
    }
    for rule in &module.rules {
        walk(rule, &mut |part| {
            if let Part::Expr(expr) = part {
                found.extend(assigned(expr).map(|name| ("variables", name.clone(), expr.at)));
            }
            Step::Into
        });
    }
    found
}

/// The first part of the rule's name, if it is reserved. Heads are not absolute yet.
fn rule_name(rule: &Rule) -> Option<&Name> {
    let name = rule.head.reference.first()?.as_var()?;
    is_reserved(name).then_some(name)
}

/// The reserved name that an assignment assigns.
fn assigned(expr: &Expr) -> Option<&Name> {
    if !calls(expr, "assign") {
        return None;
    }
    let target = match (assignment(expr), &expr.kind) {
        (Some((left, _)), _) => left,
        (None, ExprKind::Call(terms)) => terms.get(1)?,
        (None, _) => return None,
    };
    root_document(target).or_else(|| target.as_var().filter(|name| is_reserved(name)))
}

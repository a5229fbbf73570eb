//! Refuses calls of functions without a result where a value is needed.

use super::unit::Unit;
use crate::builtins;
use crate::problem::Code;
use crate::syntax::ast::{Location, Node, Term, operator_name};
use crate::syntax::visit::{Part, Step, walk};
use crate::types;

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let void: Vec<_> = builtins::all()
        .filter(|builtin| {
            types::signature(builtin.declaration)
                .is_some_and(|signature| signature.result.is_none())
        })
        .map(|builtin| builtin.name)
        .collect();
    let mut found: Vec<(String, Location)> = Vec::new();
    for rule in unit.modules.iter().flat_map(|module| &module.rules) {
        walk(rule, &mut |part| {
            if let Part::Term(Term {
                node: Node::Call(terms),
                at,
            }) = part
                && let Some(name) = terms.first().and_then(operator_name)
                && void.contains(&name.as_str())
            {
                found.push((name, *at));
            }
            Step::Into
        });
    }
    for (name, at) in found {
        unit.report(
            Code::RegoType,
            at,
            format!("`{name}` used as value"),
            "call it as a condition of its own: it has no result",
        );
    }
}

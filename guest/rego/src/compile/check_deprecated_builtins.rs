//! Refuses builtin functions that OPA has retired, in modules of Rego v1.

use super::dialect::is_v1;
use super::unit::Unit;
use crate::builtins;
use crate::problem::Code;
use crate::syntax::ast::{ExprKind, Location, Module, Node, Term, operator_name};
use crate::syntax::visit::{Part, Step, walk};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let found: Vec<_> = unit
        .modules
        .iter()
        .filter(|module| is_v1(module))
        .flat_map(deprecated)
        .collect();
    for (name, at) in found {
        unit.note(
            Code::RegoType,
            at,
            format!("deprecated built-in function `{name}`"),
            "use what OPA's documentation names in its place",
        );
    }
}

fn deprecated(module: &Module) -> Vec<(String, Location)> {
    let mut found = Vec::new();
    for rule in &module.rules {
        walk(rule, &mut |part| {
            let call = match part {
                Part::Expr(expr) => match &expr.kind {
                    ExprKind::Call(terms) => Some((terms, expr.at)),
                    _ => None,
                },
                Part::Term(Term {
                    node: Node::Call(terms),
                    at,
                }) => Some((terms, *at)),
                _ => None,
            };
            if let Some((terms, at)) = call
                && let Some(name) = terms.first().and_then(operator_name)
                && builtins::find(&name).is_some_and(|builtin| builtin.deprecated)
            {
                found.push((name, at));
            }
            Step::Into
        });
    }
    found
}

//! Refuses calls of functions that nobody defines, and calls with a wrong number of arguments.

use super::arity::Arities;
use super::unit::Unit;
use crate::problem::Code;
use crate::syntax::ast::{Expr, ExprKind, Location, Node, Term};
use crate::syntax::shape::calls;
use crate::syntax::visit::{Part, Step, walk};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let mut found = Vec::new();
    {
        let arities = Arities::of(&unit.tree);
        for rule in unit.modules.iter().flat_map(|module| &module.rules) {
            walk(rule, &mut |part| {
                let Part::Expr(expr) = part else {
                    return Step::Into;
                };
                match misuse(expr, &arities) {
                    Some(misuse) => {
                        found.push(misuse);
                        Step::Over
                    }
                    None => Step::Into,
                }
            });
        }
    }
    for misuse in found {
        let name = shown(unit, &misuse.operator);
        match misuse.arity {
            None => unit.report(
                Code::RegoType,
                misuse.at,
                format!("undefined function `{name}`"),
                "define it, import it, or correct its name",
            ),
            Some(arity) => unit.report(
                Code::RegoType,
                misuse.at,
                format!(
                    "function `{name}` takes {arity} argument{}, got {}",
                    if arity == 1 { "" } else { "s" },
                    misuse.arguments,
                ),
                "pass as many arguments as it takes",
            ),
        }
    }
}

struct Misuse {
    operator: Vec<Term>,
    at: Location,
    /// How many arguments the function takes, if there is such a function.
    arity: Option<usize>,
    arguments: usize,
}

fn misuse(expr: &Expr, arities: &Arities<'_>) -> Option<Misuse> {
    let ExprKind::Call(terms) = &expr.kind else {
        return None;
    };
    let (operator, operands) = terms.split_first()?;
    let arity = arities.of_operator(operator);
    let operands = operands.len();
    let arguments = match arity {
        // The compiler has added a variable for the result.
        Some(arity) if expr.generated => {
            if calls(expr, "eq") || operands == arity + 1 {
                return None;
            }
            operands.saturating_sub(1)
        }
        Some(arity) if operands == arity || operands == arity + 1 => return None,
        _ => operands,
    };
    let Node::Ref(operator) = &operator.node else {
        return None;
    };
    Some(Misuse {
        operator: operator.clone(),
        at: expr.at,
        arity,
        arguments,
    })
}

/// The function's name, with variables as they were written.
fn shown(unit: &Unit<'_>, operator: &[Term]) -> String {
    let mut name = String::new();
    for part in operator {
        match &part.node {
            Node::Var(part) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(unit.written(part));
            }
            Node::String(part) => {
                name.push('.');
                name.push_str(part);
            }
            _ => name.push_str("[…]"),
        }
    }
    name
}

//! Erases calls of `print`: nobody reads what a sandboxed policy prints. OPA does so where printing is off.

use super::shape::calls;
use super::unit::Unit;
use super::visit::{Part, PartMut, Step, any};
use crate::syntax::ast::{Body, Expr, ExprKind, Node, Term};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_rule(|_, rule| {
        let printing = any(
            &*rule,
            |part| matches!(part, Part::Expr(expr) if is_print(expr)),
        );
        if printing {
            super::visit::walk_rule_mut(rule, &mut |part| {
                if let PartMut::Body(body) = part {
                    erase(body);
                }
                Step::Into
            });
        }
    });
}

/// Leaves a body that only printed as one that holds.
fn erase(body: &mut Body) {
    let Some(at) = body.first().map(|first| first.at) else {
        return;
    };
    body.retain(|expr| !is_print(expr));
    if body.is_empty() {
        let truth = Term::new(Node::Bool(true), at);
        body.push(Expr::new(ExprKind::Term(truth), at));
    }
}

fn is_print(expr: &Expr) -> bool {
    calls(expr, "print")
}

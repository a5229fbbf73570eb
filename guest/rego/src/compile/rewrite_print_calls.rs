//! Erases calls of `print`: nobody reads what a sandboxed policy prints. OPA does so where printing is off.

use super::unit::Unit;
use crate::syntax::ast::{Body, Expr, ExprKind, Node, Term};
use crate::syntax::shape::calls;
use crate::syntax::visit::{Part, PartMut, Step, any};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_rule(|_, rule| {
        let printing = any(
            &*rule,
            |part| matches!(part, Part::Expr(expr) if is_print(expr)),
        );
        if printing {
            crate::syntax::visit::walk_rule_mut(rule, &mut |part| {
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

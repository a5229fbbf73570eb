//! The variables that a body declares.

use super::vars::{Skip, VarSet, Vars};
use crate::syntax::ast::{Expr, ExprKind, Node, Term};
use crate::syntax::shape::assignment;
use crate::syntax::visit::{Part, Step, walk};

/// The variables that a body declares with `:=` and `some`, `every` and the like in it included, but not
/// comprehensions.
#[must_use]
pub fn declared_in(body: &[Expr]) -> VarSet {
    let mut names = Vars::new(Skip::NONE);
    for expr in body {
        declare(expr, &mut names);
    }
    names.seen
}

fn declare(expr: &Expr, names: &mut Vars) {
    walk(expr, &mut |part| match part {
        Part::Expr(expr) => {
            if let Some((left, _)) = assignment(expr) {
                names.walk(left);
            } else if let ExprKind::Some(symbols) = &expr.kind {
                for symbol in symbols {
                    declare_symbol(symbol, names);
                }
            }
            Step::Into
        }
        Part::Term(term) if crate::syntax::shape::is_comprehension(term) => Step::Over,
        _ => Step::Into,
    });
}

fn declare_symbol(symbol: &Term, names: &mut Vars) {
    match &symbol.node {
        Node::Var(_) => names.walk(symbol),
        // `some x in xs`: the operands but the last.
        Node::Call(terms) => {
            if let [_, symbols @ .., _] = terms.as_slice() {
                names.walk_terms(symbols);
            }
        }
        _ => {}
    }
}

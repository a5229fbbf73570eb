//! `==` becomes `=`: after the check for safety there is no difference any more.

use super::unit::{Unit, equality_operator};
use crate::syntax::ast::ExprKind;
use crate::syntax::shape::calls;
use crate::syntax::visit::{PartMut, Step};

/// OPA's stage `rewriteEquals`.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_part(|_, part| {
        if let PartMut::Expr(expr) = part
            && calls(expr, "equal")
            && let ExprKind::Call(terms) = &mut expr.kind
            && let [operator, _, _] = terms.as_mut_slice()
        {
            *operator = equality_operator(operator.at);
        }
        Step::Into
    });
}

//! Heads hold variables and plain values: `p := input.x` becomes `p := __local0__` where `__local0__ = input.x`.

use super::comprehension_terms::name_term;
use super::unit::Unit;

/// OPA's stage `rewriteRefsInHead`.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_rule(|unit, rule| {
        let head = &mut rule.head;
        let terms = head.key.iter_mut().chain(&mut head.value);
        for term in terms.chain(&mut head.args) {
            name_term(&mut unit.locals, term, &mut rule.body);
        }
    });
}

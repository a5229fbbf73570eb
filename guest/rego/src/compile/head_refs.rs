//! Heads hold variables and scalars: `p[x.y]` becomes `p[__local0__]` where `__local0__ = x.y`.

use super::unit::{Unit, append};
use crate::syntax::ast::{Node, Rule};
use crate::syntax::shape::is_scalar;

/// OPA's stage `rewriteRuleHeadRefs`. Branches of `else` are left out, as in OPA.
pub fn stage(unit: &mut Unit<'_>) {
    let mut modules = std::mem::take(&mut unit.modules);
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        rewrite(unit, rule);
    }
    unit.modules = modules;
}

fn rewrite(unit: &mut Unit<'_>, rule: &mut Rule) {
    let last = rule.head.reference.len().saturating_sub(1);
    let mut added = Vec::new();
    for (place, part) in rule.head.reference.iter_mut().enumerate().skip(1) {
        if matches!(part.node, Node::Var(_)) || is_scalar(part) {
            continue;
        }
        let (local, expr) = unit.locals.name_term(part.clone());
        if place == last && rule.head.key.as_ref() == Some(part) {
            rule.head.key = Some(local.clone());
        }
        *part = local;
        added.push(expr);
    }
    append(&mut rule.body, added);
}

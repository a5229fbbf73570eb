//! Puts the conditions of every rule into the order in which they are evaluated; refuses those without one.

use super::arity::Arities;
use super::safety::{Globals, Scopes, reorder, report};
use super::unit::Unit;
use super::vars::{Skip, Vars, reserved};
use crate::syntax::ast::Rule;
use crate::syntax::visit::each_branch_mut;

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let mut modules = std::mem::take(&mut unit.modules);
    let arities = Arities::of(&unit.tree);
    let mut all = Vec::new();
    for module in &mut modules {
        let mut unsafe_rules = Vec::new();
        for (at, rule) in module.rules.iter_mut().enumerate() {
            let mut branch = 0_usize;
            each_branch_mut(rule, |rule| {
                let mut found = Vec::new();
                let mut globals = around(rule);
                let body = std::mem::take(&mut rule.body);
                rule.body = reorder(body, &mut globals, &arities, &mut found);
                if !found.is_empty() {
                    unsafe_rules.push((at, branch, found));
                }
                branch += 1;
            });
        }
        if unsafe_rules.is_empty() {
            continue;
        }
        let scopes = Scopes::of(module);
        for (rule, branch, found) in unsafe_rules {
            let rule = module.rules.get(rule);
            let rule = rule.and_then(|rule| crate::syntax::visit::branches(rule).nth(branch));
            let scope = rule.map_or_else(String::new, |rule| scopes.of_rule(rule));
            all.push((found, scope));
        }
    }
    unit.modules = modules;
    for (found, scope) in all {
        report(unit, &found, &scope);
    }
}

/// What is bound around a rule's body: the documents, and its arguments.
fn around(rule: &Rule) -> Globals {
    let mut vars = Vars::new(Skip::NONE);
    vars.walk_terms(&rule.head.args);
    reserved().into_iter().chain(vars.seen).collect()
}

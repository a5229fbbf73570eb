//! Refuses heads that name a variable which the rule does not bind.

use super::safety::{Scopes, report_var};
use super::unit::Unit;
use super::vars::{Skip, Vars, is_made_up};
use crate::syntax::ast::{Head, Location, Module, Name, Node, Rule, Term};
use crate::syntax::shape::is_scalar;
use crate::syntax::visit::{Part, Step, branches, walk};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let found: Vec<_> = unit.modules.iter().flat_map(unsafe_heads).collect();
    for (name, at, scope) in found {
        let written = unit.written(&name).clone();
        if !is_made_up(&written) {
            report_var(unit, &written, at, &scope);
        }
    }
}

fn unsafe_heads(module: &Module) -> Vec<(Name, Location, String)> {
    let mut found = Vec::new();
    let mut scopes = None;
    for rule in module.rules.iter().flat_map(branches) {
        if !may_have_vars(&rule.head) {
            continue;
        }
        for (name, at) in unsafe_vars(rule) {
            let scopes = scopes.get_or_insert_with(|| Scopes::of(module));
            found.push((name, at, scopes.of_rule(rule)));
        }
    }
    found
}

fn may_have_vars(head: &Head) -> bool {
    terms(head).chain(&head.args).any(|term| !is_scalar(term))
}

/// All but the arguments, which bind what they name.
fn terms(head: &Head) -> impl Iterator<Item = &Term> {
    let reference = head.reference.iter().skip(1);
    head.key.iter().chain(&head.value).chain(reference)
}

fn unsafe_vars(rule: &Rule) -> Vec<(Name, Location)> {
    let mut bound = Vars::new(Skip::SAFETY);
    bound.walk(&rule.body);
    let mut arguments = Vars::new(Skip::NONE);
    arguments.walk_terms(&rule.head.args);

    // Of several places OPA tells the last.
    let mut places: std::collections::BTreeMap<&Name, Location> = std::collections::BTreeMap::new();
    for term in terms(&rule.head) {
        walk(term, &mut |part| {
            if let Part::Term(Term {
                node: Node::Var(name),
                at,
            }) = part
                && !bound.seen.contains(name)
                && !arguments.seen.contains(name)
            {
                places.insert(name, *at);
            }
            Step::Into
        });
    }
    places
        .into_iter()
        .map(|(name, at)| (name.clone(), at))
        .collect()
}

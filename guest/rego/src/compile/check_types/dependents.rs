//! Which rules a document's replacement reaches.

use std::cell::OnceCell;

use crate::compile::graph::{Graph, Node, RuleId};
use crate::compile::tree::{RuleAt, Tree};
use crate::compile::unit::Unit;
use crate::syntax::ast::{Rule, Term};
use crate::syntax::shape::is_constant;

/// The graph of rules, backwards. It is only turned round if something asks.
#[derive(Debug, Default)]
pub struct Dependents(OnceCell<Vec<Vec<usize>>>);

impl Dependents {
    /// The rules a reference can refer to, and those that need one of them, however indirectly.
    pub fn of<'unit>(&self, unit: &'unit Unit<'_>, reference: &[Term]) -> Vec<&'unit Rule> {
        let mut waiting: Vec<_> = rules_at(unit, reference)
            .into_iter()
            .filter_map(|at| unit.graph.node_of(RuleId { at, branch: 0 }))
            .collect();
        if waiting.is_empty() {
            return Vec::new();
        }
        let back = self.0.get_or_init(|| turned_round(&unit.graph));
        let mut seen = vec![false; unit.graph.len()];
        let mut found = Vec::new();
        while let Some(node) = waiting.pop() {
            match seen.get_mut(node) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            if let Some(Node::Rule(id)) = unit.graph.node(node) {
                found.extend(id.find(&unit.modules));
            }
            waiting.extend(back.get(node).into_iter().flatten());
        }
        found
    }
}

fn turned_round(graph: &Graph) -> Vec<Vec<usize>> {
    let mut back = vec![Vec::new(); graph.len()];
    for from in 0..graph.len() {
        for to in graph.needs(from) {
            if let Some(back) = back.get_mut(*to) {
                back.push(from);
            }
        }
    }
    back
}

/// The rules a reference can refer to: OPA's `GetRulesDynamic`.
fn rules_at(unit: &Unit<'_>, reference: &[Term]) -> Vec<RuleAt> {
    let mut found = Vec::new();
    let data = reference.first().and_then(Term::as_var);
    if data.is_none_or(|name| &**name != "data") {
        return found;
    }
    let mut places: Vec<(&Tree, usize)> = vec![(&unit.tree, 1)];
    while let Some((place, at)) = places.pop() {
        let Some(part) = reference.get(at) else {
            place.depth_first(&mut |place| found.extend(&place.rules));
            continue;
        };
        let children: Vec<&Tree> = if is_constant(part) {
            place.child(part).into_iter().collect()
        } else {
            place.children.values().collect()
        };
        for child in children {
            let meets = |rule: &&RuleAt| {
                unit.rule(**rule)
                    .is_some_and(|rule| may_meet(&rule.head.reference, reference, at + 1))
            };
            found.extend(child.rules.iter().filter(meets));
            places.push((child, at + 1));
        }
    }
    found
}

/// Whether two references can mean the same from a part on.
fn may_meet(one: &[Term], other: &[Term], from: usize) -> bool {
    let pairs = one.iter().zip(other).skip(from);
    pairs
        .into_iter()
        .all(|(one, other)| one == other || !is_constant(one) || !is_constant(other))
}

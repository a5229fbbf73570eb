//! Refuses rules that need their own value.

use super::graph::{Graph, Node, RuleId, recursive, way_back};
use super::report::name_of;
use super::unit::Unit;
use crate::problem::Code;
use crate::syntax::visit::branches;

/// How many are told of: more would say nothing more.
const MOST: usize = 100;

/// How many rules on the way from a rule back to itself are named.
const NAMED: usize = 8;

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let recursive = recursive(&unit.graph);
    if recursive.is_empty() {
        return;
    }
    let mut rules = Vec::new();
    unit.tree
        .depth_first(&mut |place| rules.extend(&place.rules));
    let mut told = 0;
    for at in rules {
        let count = unit.rule(at).map_or(0, |rule| branches(rule).count());
        for branch in 0..count {
            let id = RuleId { at, branch };
            let Some(node) = unit
                .graph
                .node_of(id)
                .filter(|node| recursive.contains_key(node))
            else {
                continue;
            };
            tell(unit, id, &way_back(&unit.graph, node, &recursive));
            told += 1;
            if told == MOST {
                return;
            }
        }
    }
}

fn tell(unit: &mut Unit<'_>, id: RuleId, way: &[usize]) {
    let Some(rule) = id.find(&unit.modules) else {
        return;
    };
    let at = rule.at;
    let how = if is_certain(&unit.graph, way) {
        "is"
    } else {
        "may be"
    };
    let message = format!(
        "rule `{}` {how} recursive: {}",
        name_of(rule),
        shown(unit, way)
    );
    unit.report(
        Code::RegoRecursion,
        at,
        message,
        "take one of these uses out, or name what `data` is asked for",
    );
}

/// Whether no reference on the way has a part that is only known when it is evaluated.
fn is_certain(graph: &Graph, way: &[usize]) -> bool {
    !way.iter()
        .any(|node| matches!(graph.node(*node), Some(Node::Group { dynamic: true })))
}

/// The rules on a way, the middle of a long one left out.
fn shown(unit: &Unit<'_>, way: &[usize]) -> String {
    let is_rule = |node: &&usize| matches!(unit.graph.node(**node), Some(Node::Rule(_)));
    let rules: Vec<usize> = way.iter().filter(is_rule).copied().collect();
    let name = |node: &usize| match unit.graph.node(*node) {
        Some(Node::Rule(id)) => id.find(&unit.modules).map_or_else(String::new, name_of),
        _ => String::new(),
    };
    let (first, last) = match rules.as_slice() {
        [first @ .., last] if first.len() > NAMED => {
            (first.get(..NAMED).unwrap_or_default(), Some(last))
        }
        all => (all, None),
    };
    let mut names: Vec<String> = first.iter().map(name).collect();
    if let Some(last) = last {
        names.push("…".to_owned());
        names.push(name(last));
    }
    names.join(" -> ")
}

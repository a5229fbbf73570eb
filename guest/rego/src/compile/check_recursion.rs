//! Refuses rules that need their own value.

use super::graph::{Graph, Node, RuleId, recursive, way_back};
use super::report::name_of;
use super::unit::Unit;
use super::visit::branches;
use crate::problem::Code;

/// How many are told of. OPA stops there, and more would say nothing more.
const MOST: usize = 10;

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

fn shown(unit: &Unit<'_>, way: &[usize]) -> String {
    let names: Vec<String> = way
        .iter()
        .filter_map(|node| match unit.graph.node(*node)? {
            Node::Rule(id) => id.find(&unit.modules).map(name_of),
            Node::Group { .. } => None,
        })
        .collect();
    names.join(" -> ")
}

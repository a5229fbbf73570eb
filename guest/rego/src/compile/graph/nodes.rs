//! The graph of rules.

use std::collections::HashMap;

use super::references::{Extents, Target};
use crate::compile::tree::RuleAt;
use crate::compile::unit::Unit;
use crate::syntax::ast::{Module, Rule};
use crate::syntax::visit::branches;

/// A rule or one of its `else` branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// The rule.
    pub at: RuleAt,
    /// 0 is the rule itself, 1 its first `else`.
    pub branch: usize,
}

impl RuleId {
    /// The rule of this name.
    #[must_use]
    pub fn find(self, modules: &[Module]) -> Option<&Rule> {
        let rule = modules.get(self.at.module)?.rules.get(self.at.rule)?;
        branches(rule).nth(self.branch)
    }
}

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// A rule.
    Rule(RuleId),
    /// All rules that a reference can mean. It stands between the rules that use the reference and those rules,
    /// so that a thousand rules over a thousand rules are no million edges.
    Group {
        /// Whether the reference has parts that are only known when it is evaluated.
        dynamic: bool,
    },
}

/// Which rules need the values of which: OPA's `Graph`.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Vec<usize>>,
    /// The node of each rule; those of its branches follow it.
    rules: HashMap<RuleAt, usize>,
}

impl Graph {
    /// The graph of the rules of a unit, as their bodies stand now.
    #[must_use]
    pub fn of(unit: &Unit<'_>) -> Self {
        let mut graph = Self::default();
        for (module, source) in unit.modules.iter().enumerate() {
            for (rule, definition) in source.rules.iter().enumerate() {
                let at = RuleAt { module, rule };
                graph.rules.insert(at, graph.nodes.len());
                for (branch, _) in branches(definition).enumerate() {
                    graph.add(Node::Rule(RuleId { at, branch }));
                }
            }
        }
        let mut extents = Extents::of(&unit.tree);
        for (node, rule) in unit.rules().enumerate() {
            for target in super::references::targets_of(rule, unit, &mut extents, &mut graph) {
                graph.connect(node, target);
            }
        }
        for edges in &mut graph.edges {
            edges.sort_unstable();
            edges.dedup();
        }
        graph
    }

    /// A new node.
    pub(super) fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.edges.push(Vec::new());
        self.nodes.len() - 1
    }

    /// Notes that one node needs another.
    pub(super) fn connect(&mut self, from: usize, to: Target) {
        let Some(edges) = self.edges.get_mut(from) else {
            return;
        };
        match to {
            Target::Node(node) => edges.push(node),
            Target::Rule(at) => {
                let Some(first) = self.rules.get(&at).copied() else {
                    return;
                };
                let of_rule = |node: &Node| matches!(node, Node::Rule(id) if id.at == at);
                let rest = self.nodes.get(first..).unwrap_or_default();
                let branches = rest.iter().take_while(|node| of_rule(node)).count();
                edges.extend(first..first + branches);
            }
        }
    }

    /// The node of a rule.
    #[must_use]
    pub fn node_of(&self, id: RuleId) -> Option<usize> {
        self.rules.get(&id.at).map(|first| first + id.branch)
    }

    /// What a node stands for.
    #[must_use]
    pub fn node(&self, at: usize) -> Option<Node> {
        self.nodes.get(at).copied()
    }

    /// What a node needs.
    #[must_use]
    pub fn needs(&self, at: usize) -> &[usize] {
        self.edges.get(at).map_or(&[], Vec::as_slice)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All rules and their branches, those that others need before those others.
    #[must_use]
    pub fn order(&self) -> Vec<RuleId> {
        super::cycles::components(self)
            .into_iter()
            .flatten()
            .filter_map(|node| match self.node(node)? {
                Node::Rule(id) => Some(id),
                Node::Group { .. } => None,
            })
            .collect()
    }
}

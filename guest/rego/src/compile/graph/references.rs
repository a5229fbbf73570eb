//! Which rules a reference can mean.

use std::collections::HashMap;

use super::known::{Knowledge, spread};
use super::nodes::{Graph, Node};
use crate::compile::tree::{RuleAt, Tree};
use crate::compile::unit::Unit;
use crate::syntax::ast::{Node as TermNode, Rule, Term};
use crate::syntax::shape::{is_constant, starts_with_data};
use crate::syntax::visit::{Part, Step, walk};
use crate::value::Value;

/// What a node needs.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// A rule, with its branches.
    Rule(RuleAt),
    /// A node.
    Node(usize),
}

/// The groups made so far.
pub struct Extents<'tree> {
    tree: &'tree Tree,
    /// By reference, its parts below `data`; `None` is one that is not known.
    of_references: HashMap<Vec<Option<Value>>, usize>,
    /// All rules at a place and below it.
    of_places: HashMap<*const Tree, usize>,
}

impl<'tree> Extents<'tree> {
    /// None yet.
    #[must_use]
    pub fn of(tree: &'tree Tree) -> Self {
        Self {
            tree,
            of_references: HashMap::new(),
            of_places: HashMap::new(),
        }
    }

    /// All rules that a reference can mean: OPA's `GetRulesDynamic`.
    fn of_reference(&mut self, reference: &[Term], unit: &Unit<'_>, graph: &mut Graph) -> usize {
        let parts: Vec<Option<Value>> = reference.iter().skip(1).map(Term::to_value).collect();
        if let Some(node) = self.of_references.get(&parts) {
            return *node;
        }
        let node = graph.add(Node::Group {
            dynamic: parts.contains(&None),
        });
        let mut places = vec![(self.tree, 0)];
        while let Some((place, at)) = places.pop() {
            let Some(part) = parts.get(at) else {
                let extent = self.of_place(place, graph);
                graph.connect(node, Target::Node(extent));
                continue;
            };
            let children: Vec<&Tree> = match part {
                Some(key) => place.children.get(key).into_iter().collect(),
                None => place.children.values().collect(),
            };
            for child in children {
                for rule in &child.rules {
                    let head = unit.rule(*rule).map(|rule| rule.head.reference.as_slice());
                    if may_meet(head.unwrap_or_default(), reference, at + 2) {
                        graph.connect(node, Target::Rule(*rule));
                    }
                }
                places.push((child, at + 1));
            }
        }
        self.of_references.insert(parts, node);
        node
    }

    fn of_place(&mut self, place: &'tree Tree, graph: &mut Graph) -> usize {
        let mut to_fill = Vec::new();
        let node = self.place_node(place, graph, &mut to_fill);
        while let Some((node, place)) = to_fill.pop() {
            for rule in &place.rules {
                graph.connect(node, Target::Rule(*rule));
            }
            for child in place.children.values() {
                let below = self.place_node(child, graph, &mut to_fill);
                graph.connect(node, Target::Node(below));
            }
        }
        node
    }

    fn place_node(
        &mut self,
        place: &'tree Tree,
        graph: &mut Graph,
        to_fill: &mut Vec<(usize, &'tree Tree)>,
    ) -> usize {
        *self
            .of_places
            .entry(std::ptr::from_ref(place))
            .or_insert_with(|| {
                let node = graph.add(Node::Group { dynamic: false });
                to_fill.push((node, place));
                node
            })
    }
}

/// Whether two references can mean the same from a part on.
fn may_meet(one: &[Term], other: &[Term], from: usize) -> bool {
    one.iter()
        .zip(other)
        .skip(from)
        .all(|(one, other)| one == other || !is_constant(one) || !is_constant(other))
}

/// What a rule needs. `else` branches are left out: they are rules of their own here.
pub fn targets_of(
    rule: &Rule,
    unit: &Unit<'_>,
    extents: &mut Extents<'_>,
    graph: &mut Graph,
) -> Vec<Target> {
    let mut targets = Vec::new();
    let mut knowledge = None;
    let body = rule.body.iter().map(Part::Expr);
    for (at, part) in body.chain([Part::Head(&rule.head)]).enumerate() {
        walk(part, &mut |part| {
            let Part::Term(term) = part else {
                return Step::Into;
            };
            let TermNode::Ref(reference) = &term.node else {
                return Step::Into;
            };
            if !starts_with_data(reference) {
                return Step::Into;
            }
            let mut need = |reference: &[Term]| {
                targets.push(Target::Node(extents.of_reference(reference, unit, graph)));
            };
            if reference.iter().skip(1).all(is_constant) {
                need(reference);
                return Step::Over;
            }
            let knowledge = knowledge.get_or_insert_with(|| Knowledge::of(&rule.body));
            for reference in spread(reference, knowledge.before(at)) {
                need(&reference);
            }
            Step::Into
        });
    }
    targets
}

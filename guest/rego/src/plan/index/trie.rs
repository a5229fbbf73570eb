//! The tree of questions: a path for each way to reach a rule.

use std::collections::HashMap;

use super::constraint::{Constraint, Test};
use super::findings::Path;
use super::level::{Items, Level, NodeId};
use super::place::PlaceId;

/// The tree. Questions that a rule does not ask are left out of its path.
#[derive(Debug, Clone)]
pub struct Trie {
    nodes: Vec<Node>,
    levels: Vec<Level>,
    arrays: Vec<Items>,
    /// Which level a node has for a place, while the tree is built.
    asked: HashMap<(NodeId, PlaceId), usize>,
}

/// A node of the tree.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The rules whose paths end here.
    pub rules: Vec<u32>,
    /// The questions asked from here on.
    pub levels: Vec<usize>,
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
            levels: Vec::new(),
            arrays: Vec::new(),
            asked: HashMap::new(),
        }
    }
}

impl Trie {
    /// The node all paths begin at.
    pub const ROOT: NodeId = 0;

    /// The node with a number.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// Whether it asks nothing.
    pub const fn is_flat(&self) -> bool {
        self.levels.is_empty()
    }

    /// The level with a number.
    pub fn level(&self, id: usize) -> Option<&Level> {
        self.levels.get(id)
    }

    /// The arrays of all levels.
    pub fn arrays(&self) -> &[Items] {
        &self.arrays
    }

    /// Once all rules are in.
    pub fn finish(&mut self) {
        self.asked = HashMap::new();
        for level in &mut self.levels {
            level.finish();
        }
        for node in &mut self.nodes {
            node.rules.shrink_to_fit();
            node.levels.shrink_to_fit();
        }
    }

    /// Adds a way to reach a rule. `rank` says in which order places are asked; those without are not.
    pub fn insert(&mut self, path: &Path, rank: &HashMap<PlaceId, usize>, rule: u32) {
        let mut constraints: Vec<(usize, &Constraint)> = path
            .iter()
            .filter_map(|constraint| Some((*rank.get(&constraint.place)?, constraint)))
            .collect();
        constraints.sort_by_key(|(rank, _)| *rank);
        let mut node = Self::ROOT;
        for group in constraints.chunk_by(|(one, _), (other, _)| one == other) {
            let mut wanted: Vec<&Constraint> = group.iter().map(|(_, wanted)| *wanted).collect();
            // What has to be a value is not anything.
            if wanted.iter().any(|wanted| !wanted.wanted.is_var()) {
                wanted.retain(|wanted| !wanted.wanted.is_var());
            }
            match wanted.as_slice() {
                [] => {}
                [single] => node = self.exit(node, single),
                [first, ..] if first.wanted.is_var() => node = self.exit(node, first),
                several if several.iter().copied().any(Constraint::ends_its_path) => {
                    // The alternatives cannot meet again: what the rule asks of later places is not asked.
                    for wanted in one_end(several) {
                        let end = self.exit(node, wanted);
                        self.end(end, rule);
                    }
                    return;
                }
                several => node = self.converge(node, several),
            }
        }
        self.end(node, rule);
    }

    fn end(&mut self, node: NodeId, rule: u32) {
        if let Some(node) = self.nodes.get_mut(node as usize)
            && node.rules.last() != Some(&rule)
        {
            node.rules.push(rule);
        }
    }

    /// The node behind a constraint.
    fn exit(&mut self, node: NodeId, constraint: &Constraint) -> NodeId {
        let fresh = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        let array = match constraint.test {
            Test::Equal => constraint.wanted.array_items(),
            _ => None,
        };
        let Some(level) = self.level_of(node, constraint.place) else {
            return node;
        };
        if let Some(delimiters) = &constraint.split
            && !level.splits.contains(delimiters)
        {
            level.splits.push(delimiters.clone());
        }
        let exit = if let Some(items) = array {
            let first = level.array;
            let (first, exit) = self.array(first, &items, fresh);
            if let Some(level) = self.level_of(node, constraint.place) {
                level.array = Some(first);
            }
            exit
        } else {
            match (constraint.test, constraint.wanted.as_scalar()) {
                (Test::Equal, Some(scalar)) => {
                    *level.scalars.entry(scalar).shared.get_or_insert(fresh)
                }
                (Test::Member, Some(scalar)) => {
                    *level.members.entry(scalar).shared.get_or_insert(fresh)
                }
                (Test::Prefix, Some(affix)) => {
                    let key = affix.as_str().unwrap_or_default().bytes().collect();
                    *level.unsorted.prefixes.entry(key).or_insert(fresh)
                }
                (Test::Suffix, Some(affix)) => {
                    let key = affix.as_str().unwrap_or_default().bytes().rev().collect();
                    *level.unsorted.suffixes.entry(key).or_insert(fresh)
                }
                // Objects and sets are not told apart.
                (_, None) => *level.any.get_or_insert(fresh),
            }
        };
        if exit == fresh {
            self.nodes.push(Node::default());
        }
        exit
    }

    /// The position and the node behind an array.
    fn array(
        &mut self,
        first: Option<usize>,
        items: &[Option<crate::value::Value>],
        fresh: NodeId,
    ) -> (usize, NodeId) {
        let first = first.unwrap_or_else(|| {
            self.arrays.push(Items::default());
            self.arrays.len() - 1
        });
        let mut position = first;
        for item in items {
            let next = self.arrays.len();
            let Some(items) = self.arrays.get_mut(position) else {
                break;
            };
            position = match item {
                Some(scalar) => *items.scalars.entry(scalar).get_or_insert(next),
                None => *items.any.get_or_insert(next),
            };
            if position == next {
                self.arrays.push(Items::default());
            }
        }
        let end = self.arrays.get_mut(position).map(|items| &mut items.end);
        (first, end.map_or(fresh, |end| *end.get_or_insert(fresh)))
    }

    /// One node behind all of several scalars.
    fn converge(&mut self, node: NodeId, several: &[&Constraint]) -> NodeId {
        let fresh = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(Node::default());
        for constraint in several {
            let (Some(level), Some(scalar)) = (
                self.level_of(node, constraint.place),
                constraint.wanted.as_scalar(),
            ) else {
                continue;
            };
            let exits = match constraint.test {
                Test::Member => level.members.entry(scalar),
                _ => level.scalars.entry(scalar),
            };
            exits.converging.push(fresh);
        }
        fresh
    }

    fn level_of(&mut self, node: NodeId, place: PlaceId) -> Option<&mut Level> {
        let id = *self.asked.entry((node, place)).or_insert_with(|| {
            let id = self.levels.len();
            self.levels.push(Level {
                place,
                ..Level::default()
            });
            if let Some(node) = self.nodes.get_mut(node as usize) {
                node.levels.push(id);
            }
            id
        });
        self.levels.get_mut(id)
    }
}

impl Constraint {
    /// Whether a rule's path ends here if this is one of several alternatives.
    const fn ends_its_path(&self) -> bool {
        self.is_affix() || self.wanted.as_scalar().is_none()
    }
}

/// Without the ends of texts if there are beginnings too, or the other way round: a rule asks for both, and to
/// be reached by either would be too much. The longer ones stay.
fn one_end<'path>(several: &[&'path Constraint]) -> Vec<&'path Constraint> {
    let shortest = |test: Test| {
        let of_test = several.iter().filter(|constraint| constraint.test == test);
        of_test
            .filter_map(|constraint| constraint.wanted.as_scalar()?.as_str())
            .map(str::len)
            .min()
    };
    let mut kept = several.to_vec();
    if let (Some(prefix), Some(suffix)) = (shortest(Test::Prefix), shortest(Test::Suffix)) {
        let dropped = if suffix > prefix {
            Test::Prefix
        } else {
            Test::Suffix
        };
        kept.retain(|constraint| constraint.test != dropped);
    }
    kept
}

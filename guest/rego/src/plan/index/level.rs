//! One question: where rules go on to, by what lies at a place.

use std::collections::{BTreeMap, HashMap};

use super::affixes::Affixes;
use super::glob::split;
use super::place::PlaceId;
use crate::syntax::ast::Name;
use crate::value::Value;

/// Number of a node in the index's tree.
pub type NodeId = u32;

/// A question that is asked at a node of the tree.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// What is asked for: what lies there.
    pub place: PlaceId,
    /// Where rules go on that take anything.
    pub any: Option<NodeId>,
    /// … that take this scalar.
    pub scalars: Scalars<Exits>,
    /// … that take an array; the first part of it.
    pub array: Option<usize>,
    /// … that take a collection with this scalar.
    pub members: Scalars<Exits>,
    /// … that take a text with this beginning.
    pub prefixes: Affixes<NodeId>,
    /// … that take a text with this end.
    pub suffixes: Affixes<NodeId>,
    /// Delimiters at which a text is split, and then taken for an array too.
    pub splits: Vec<Name>,
    /// Beginnings and ends, as long as the index is built.
    pub unsorted: Unsorted,
}

/// The beginnings and ends of a [`Level`], not sorted yet.
#[derive(Debug, Clone, Default)]
pub struct Unsorted {
    pub prefixes: BTreeMap<Box<[u8]>, NodeId>,
    pub suffixes: BTreeMap<Box<[u8]>, NodeId>,
}

/// Where rules go on that take one value.
#[derive(Debug, Clone, Default)]
pub struct Exits {
    /// Those that take no other.
    pub shared: Option<NodeId>,
    /// Those that take others too: a node for each rule, and the same for each of its values.
    pub converging: Vec<NodeId>,
}

/// Something for each of some scalars.
#[derive(Debug, Clone)]
pub struct Scalars<T> {
    texts: HashMap<Name, T>,
    others: HashMap<Value, T>,
}

impl<T> Default for Scalars<T> {
    fn default() -> Self {
        Self {
            texts: HashMap::new(),
            others: HashMap::new(),
        }
    }
}

impl<T: Default> Scalars<T> {
    /// What there is for a scalar.
    pub fn get(&self, scalar: &Value) -> Option<&T> {
        match scalar {
            Value::String(text) => self.text(text),
            _ if self.others.is_empty() => None,
            other => self.others.get(other),
        }
    }

    /// What there is for a text.
    pub fn text(&self, text: &str) -> Option<&T> {
        self.texts.get(text)
    }

    /// What there is for a scalar, to change it.
    pub fn entry(&mut self, scalar: &Value) -> &mut T {
        match scalar {
            Value::String(text) => self.texts.entry(text.clone()).or_default(),
            other => self.others.entry(other.clone()).or_default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.others.is_empty()
    }
}

/// A place in the arrays that rules take: after some items.
#[derive(Debug, Clone, Default)]
pub struct Items {
    /// After an item that may be anything.
    pub any: Option<usize>,
    /// After this scalar.
    pub scalars: Scalars<Option<usize>>,
    /// Where rules go on whose array ends here.
    pub end: Option<NodeId>,
}

impl Level {
    /// Sorts beginnings and ends, once all rules are in.
    pub fn finish(&mut self) {
        let Unsorted { prefixes, suffixes } = std::mem::take(&mut self.unsorted);
        self.prefixes = Affixes::new(prefixes);
        self.suffixes = Affixes::new(suffixes);
    }

    /// Adds the nodes at which rules go on when this value lies at the place.
    pub fn visit(&self, arrays: &[Items], value: &Value, reached: &mut Reached) {
        let from = reached.nodes.len();
        reached.nodes.extend(self.any);
        match value {
            Value::Array(items) => reached.array(arrays, self.array, items.iter().map(Item::Value)),
            Value::Object(_) | Value::Set(_) => {}
            scalar => reached.exits(self.scalars.get(scalar)),
        }
        if let Value::String(text) = value {
            for delimiters in &self.splits {
                let segments = split(text, delimiters).map(Item::Text);
                reached.array(arrays, self.array, segments);
            }
        }
        let is_collection = matches!(value, Value::Array(_) | Value::Set(_) | Value::Object(_));
        if is_collection && !self.members.is_empty() {
            members(value, |member| reached.exits(self.members.get(member)));
        }
        if !(self.prefixes.is_empty() && self.suffixes.is_empty()) {
            if let Value::String(text) = value {
                self.affixes(text, reached);
            } else {
                members(value, |member| {
                    if let Value::String(text) = member {
                        self.affixes(text, reached);
                    }
                });
            }
        }
        reached.once(from);
    }

    fn affixes(&self, text: &str, reached: &mut Reached) {
        self.prefixes
            .visit(&text.bytes(), |node| reached.nodes.push(node));
        self.suffixes
            .visit(&text.bytes().rev(), |node| reached.nodes.push(node));
    }
}

fn members(collection: &Value, visit: impl FnMut(&Value)) {
    match collection {
        Value::Array(items) => items.iter().for_each(visit),
        Value::Set(items) => items.iter().for_each(visit),
        Value::Object(fields) => fields.values().for_each(visit),
        _ => {}
    }
}

/// An item of an array, or a segment of a text.
#[derive(Clone, Copy)]
enum Item<'value> {
    Value(&'value Value),
    Text(&'value str),
}

/// The nodes that a lookup has still to go through.
#[derive(Debug, Clone, Default)]
pub struct Reached {
    /// The nodes.
    pub nodes: Vec<NodeId>,
    /// Positions in arrays, while one is gone through.
    positions: Vec<usize>,
    next: Vec<usize>,
}

impl Reached {
    fn exits(&mut self, exits: Option<&Exits>) {
        if let Some(exits) = exits {
            self.nodes.extend(exits.shared);
            self.nodes.extend_from_slice(&exits.converging);
        }
    }

    fn array<'value>(
        &mut self,
        arrays: &[Items],
        first: Option<usize>,
        items: impl Iterator<Item = Item<'value>>,
    ) {
        self.positions.clear();
        self.positions.extend(first);
        for item in items {
            if self.positions.is_empty() {
                return;
            }
            for position in self.positions.drain(..) {
                let Some(position) = arrays.get(position) else {
                    continue;
                };
                self.next.extend(position.any);
                let scalar = match item {
                    Item::Value(value) => position.scalars.get(value),
                    Item::Text(text) => position.scalars.text(text),
                };
                self.next.extend(scalar.copied().flatten());
            }
            std::mem::swap(&mut self.positions, &mut self.next);
        }
        for position in self.positions.drain(..) {
            self.nodes
                .extend(arrays.get(position).and_then(|position| position.end));
        }
    }

    /// Keeps each node that was added behind `from` once: several members of a collection may lead to it.
    fn once(&mut self, from: usize) {
        let Some(added) = self.nodes.get_mut(from..) else {
            return;
        };
        if added.len() < 2 {
            return;
        }
        added.sort_unstable();
        let mut kept = from;
        for at in from..self.nodes.len() {
            let is_new = at == from || self.nodes.get(at) != self.nodes.get(kept - 1);
            if is_new {
                self.nodes.swap(kept, at);
                kept += 1;
            }
        }
        self.nodes.truncate(kept);
    }
}

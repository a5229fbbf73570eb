//! The plan of a whole policy.

use std::collections::BTreeMap;

use super::index::Index;
use super::mask::Mask;
use super::reference::mask;
use super::step::{Block, Build, Hop, Known, Pattern};
use crate::syntax::ast::Location;
use crate::value::Value;

/// The number of a set of rules.
pub type SetId = usize;
/// The number of a definition; `else` branches have numbers of their own.
pub type RuleId = usize;
/// The number of a place in the tree.
pub type NodeId = usize;

/// The plan of a policy.
#[derive(Debug, Default)]
pub struct Program {
    /// The base document.
    pub base: Option<Value>,
    /// The files of policy, by module.
    pub files: Vec<String>,
    /// The places below `data` that rules lie at or below; the first is `data` itself.
    pub nodes: Vec<Node>,
    /// The sets of rules.
    pub sets: Vec<RuleSet>,
    /// The definitions.
    pub rules: Vec<RulePlan>,
}

/// A place below `data`.
#[derive(Debug, Default)]
pub struct Node {
    /// What lies below, by key.
    pub children: BTreeMap<Value, NodeId>,
    /// The rules here.
    pub set: Option<SetId>,
    /// Whether the place is left out where all of `data` is asked for.
    pub hidden: bool,
}

/// Rules that have one value together.
#[derive(Debug)]
pub struct RuleSet {
    /// From `data` down.
    pub path: Box<[Value]>,
    /// What they make.
    pub kind: Kind,
    /// Which definitions are tried for which input.
    pub index: Index,
    /// Whether its value, once found, can be relied on before the rest is looked at: see `calm`.
    pub calm: bool,
    /// Its definitions, `else` branches included.
    pub members: Vec<RuleId>,
    /// The most places that a head has behind the set's path, the element of a set included.
    pub places: usize,
}

/// What a set of rules makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    Complete,
    /// One value for its arguments, so many.
    Function(usize),
    /// A set.
    Set,
    /// An object, of values or of sets.
    Object,
}

/// One definition.
#[derive(Debug, Default)]
pub struct RulePlan {
    /// How many slots its frame has.
    pub slots: usize,
    /// What a function's arguments must match.
    pub args: Box<[Pattern]>,
    /// How many places its head has behind the set's path, the element of a set included.
    pub places: usize,
    /// Its body, by which parts of its head are known beforehand; the first knows none.
    pub variants: Vec<Variant>,
    /// Whether its body has one solution at most.
    pub single: bool,
    /// Whether everything its body asks for in the open is calm.
    pub calm: bool,
    /// Where it stands.
    pub at: Location,
}

/// A definition's body where some parts of its head are known.
#[derive(Debug)]
pub struct Variant {
    /// Which parts.
    pub known: Mask,
    /// What they must match, each with its place behind the set's path.
    pub entry: Box<[(usize, Pattern)]>,
    /// The body.
    pub body: Block,
    /// What stands behind the set's path in its head.
    pub tail: Box<[Build]>,
    /// What each solution gives.
    pub gives: Gives,
}

/// What a solution of a definition's body gives.
#[derive(Debug)]
pub enum Gives {
    /// A value.
    Value(Build),
    /// An element of a set.
    Element(Build),
}

impl RulePlan {
    /// The body where of the known parts those count that its head has.
    #[must_use]
    pub fn variant(&self, known: Mask) -> Option<&Variant> {
        let known = known.first(self.places);
        self.variants.iter().find(|variant| variant.known == known)
    }
}

impl Program {
    /// The rules that the fixed beginning of a reference into `data` leads to.
    #[must_use]
    pub fn known(&self, hops: &[Hop]) -> Option<Known> {
        let mut node = self.nodes.first()?;
        for (at, hop) in hops.iter().enumerate() {
            node = self.nodes.get(*node.children.get(hop.constant()?)?)?;
            if let Some(set) = node.set {
                return Some(Known { set, at: at + 1 });
            }
        }
        None
    }

    /// Whether the bodies are there that a reference of fixed keys needs.
    #[must_use]
    pub fn has_plan_for(&self, hops: &[Hop]) -> bool {
        let Some(known) = self.known(hops) else {
            return true;
        };
        let mask = mask(hops.get(known.at..).unwrap_or_default());
        let Some(set) = self.sets.get(known.set) else {
            return true;
        };
        let mut members = set.members.iter().filter_map(|rule| self.rules.get(*rule));
        members.all(|rule| rule.variant(mask).is_some())
    }
}

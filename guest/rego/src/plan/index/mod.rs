//! Which definitions of a rule have to be tried for a given input.
//!
//! OPA skips definitions whose conditions cannot hold, and never runs what stands before such a condition. So
//! the index decides which errors occur, and it has to skip exactly what OPA's skips: the conditions it
//! understands, the order in which it asks for places, and where it gives up are all OPA's (`ast/index.go`).
//!
//! Each definition is read for constraints on places ([`Scan`]); places are put in order ([`Ranking`]); a tree
//! of questions is built ([`Trie`]), so that a lookup costs what it finds, and not what there is.

mod affix;
mod affixes;
mod constraint;
mod equality;
mod explain;
mod findings;
mod glob;
mod level;
mod lookup;
mod membership;
mod place;
mod ranking;
mod reference;
mod scan;
mod selected;
mod trie;

use std::collections::{HashMap, HashSet};

pub use explain::{Explained, explain};
use findings::{Findings, Membership, Path};
use lookup::Agreed;
pub use place::{Place, Resolver};
use place::{PlaceId, Places};
use scan::Scan;
pub use selected::{Branch, Selected};
use trie::Trie;

use crate::compile::tree::Tree;
use crate::syntax::ast::{Head, Rule, Term};
use crate::value::Value;

/// The index of one set of rules.
#[derive(Debug, Clone)]
pub struct Index {
    definitions: Vec<Definition>,
    default: Option<usize>,
    /// Whether all definitions are complete, and have one constant value.
    one_value: bool,
    /// Whether every lookup finds all definitions.
    fixed: bool,
    trie: Trie,
    places: Places,
}

/// A definition, and what is asked of it when the tree has been gone through.
#[derive(Debug, Clone)]
struct Definition {
    branch: Branch,
    value: Constant,
    /// Places where something has to lie.
    required: Vec<PlaceId>,
    look_ups: Vec<LookUp>,
}

/// That a collection has to have a key.
#[derive(Debug, Clone)]
struct LookUp {
    key: PlaceId,
    /// Where the collection lies, or what holds it: collections side by side are read once.
    around: PlaceId,
    /// The collection's path from there.
    below: Vec<Value>,
}

/// What a definition's value is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Constant {
    /// Nothing: it depends, or is part of a set or an object.
    Unknown,
    /// The value with this number.
    Known(u32),
}

impl Index {
    /// The index of rules that define one path, in source order, each with a number of the caller's. They are
    /// as the compiler leaves them. Places that rules define, which the tree tells, are not asked.
    #[must_use]
    pub fn build(rules: &[(usize, &Rule)], tree: &Tree) -> Self {
        let mut scan = Scan::new(tree);
        let mut constants = HashMap::new();
        let mut default = None;
        let mut found = Vec::with_capacity(rules.len());
        for (number, rule) in rules {
            let chain = std::iter::successors(Some(*rule), |rule| rule.otherwise.as_deref());
            for (branch, rule) in (0..).zip(chain) {
                let rule_number = *number;
                if rule.default {
                    default = Some(rule_number);
                    continue;
                }
                let branch = Branch {
                    rule: rule_number,
                    branch,
                };
                found.push((
                    branch,
                    constant(&rule.head, &mut constants),
                    scan.rule(rule),
                ));
            }
        }
        let sorted = scan.findings.ranking.sorted(&scan.places);
        let mut places = scan.places;
        let (questions, definitions) = plant(found, &sorted, &mut places);
        let mut agreed = Agreed::Nothing;
        for definition in &definitions {
            agreed.add(definition.value);
        }
        let one_value = agreed != Agreed::Not;
        let asks = |definition: &Definition| {
            !definition.required.is_empty() || !(one_value || definition.look_ups.is_empty())
        };
        let fixed = questions.is_flat() && !definitions.iter().any(asks);
        Self {
            definitions,
            default,
            one_value,
            fixed,
            trie: questions,
            places,
        }
    }

    /// Whether all definitions are complete, and have one constant value.
    #[must_use]
    pub const fn has_one_value(&self) -> bool {
        self.one_value
    }

    /// Whether all definitions are one rule and its `else` branches.
    #[must_use]
    pub fn has_one_chain(&self) -> bool {
        let mut rules = self
            .definitions
            .iter()
            .map(|definition| definition.branch.rule);
        let first = rules.next();
        rules.all(|rule| Some(rule) == first)
    }
}

/// The tree of all definitions, and what is left to be asked of each.
fn plant(
    found: Vec<(Branch, Constant, Findings)>,
    sorted: &[PlaceId],
    places: &mut Places,
) -> (Trie, Vec<Definition>) {
    // A place of which only presence is asked tells no rules apart: that is asked at the end, rule by rule.
    let mut valued = HashSet::new();
    for (_, _, findings) in &found {
        let alternatives = findings.disjunctions.iter().flatten().flatten();
        for constraint in findings.constraints.iter().chain(alternatives) {
            if !constraint.wanted.is_var() {
                valued.insert(constraint.place);
            }
        }
    }
    let (levels, unvalued): (Vec<PlaceId>, Vec<PlaceId>) =
        sorted.iter().partition(|place| valued.contains(place));
    let rank: HashMap<PlaceId, usize> = levels.into_iter().zip(0..).collect();
    let unvalued: HashSet<PlaceId> = unvalued.into_iter().collect();
    let mut trie = Trie::default();
    let mut definitions = Vec::with_capacity(found.len());
    for (id, (branch, value, findings)) in (0..).zip(found) {
        let paths = findings.paths();
        for path in &paths {
            trie.insert(path, &rank, id);
        }
        definitions.push(Definition {
            branch,
            value,
            required: required(&paths, &unvalued),
            look_ups: findings
                .memberships
                .into_iter()
                .map(|membership| look_up(membership, places))
                .collect(),
        });
    }
    trie.finish();
    (trie, definitions)
}

fn look_up(membership: Membership, places: &mut Places) -> LookUp {
    let Membership { key, collection } = membership;
    let (around, below) = match collection {
        Place::Data(mut path) if path.len() > 1 => {
            let below = path.split_off(1);
            (Place::Data(path), below)
        }
        other => (other, Vec::new()),
    };
    LookUp {
        key,
        around: places.intern(around, None),
        below,
    }
}

/// The places among these that every path asks for.
fn required(paths: &[Path], unvalued: &HashSet<PlaceId>) -> Vec<PlaceId> {
    let asks = |path: &Path, place| path.iter().any(|constraint| constraint.place == place);
    let Some((first, rest)) = paths.split_first() else {
        return Vec::new();
    };
    let mut required: Vec<PlaceId> = first
        .iter()
        .map(|constraint| constraint.place)
        .filter(|place| unvalued.contains(place))
        .filter(|place| rest.iter().all(|path| asks(path, *place)))
        .collect();
    required.sort_unstable();
    required.dedup();
    required
}

fn is_ground(reference: &[Term]) -> bool {
    reference
        .iter()
        .skip(1)
        .all(|term| term.to_value().is_some())
}

/// What a head's value is known to be; equal values have equal numbers.
fn constant(head: &Head, known: &mut HashMap<Value, u32>) -> Constant {
    let value = match &head.value {
        Some(value) if head.key.is_none() && is_ground(&head.reference) => value.to_value(),
        _ => None,
    };
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
    value.map_or(Constant::Unknown, |value| {
        Constant::Known(*known.entry(value).or_insert(next))
    })
}

#[cfg(test)]
mod tests;

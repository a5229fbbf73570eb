//! What a rule was found to ask for.

use std::collections::HashSet;

use super::constraint::{Constraint, Pattern, Test};
use super::place::{Place, PlaceId};
use super::ranking::{Alternation, Ranking};
use crate::value::Value;

/// Constraints that hold together.
pub type Path = Vec<Constraint>;

/// Most ways to reach one rule: disjunctions multiply.
const MOST_PATHS: usize = 32;

/// What a rule, or one side of `and` and `or`, was found to ask for.
#[derive(Debug, Default)]
pub struct Findings {
    /// What always has to hold.
    pub constraints: Path,
    /// Of each `or`, its alternatives, one of which has to hold.
    pub disjunctions: Vec<Vec<Path>>,
    /// Keys that collections have to have.
    pub memberships: Vec<Membership>,
    /// What the scopes around this one ask for: variables may stand for its places.
    pub outer: Path,
    /// How the places rank by what was found so far.
    pub ranking: Ranking,
}

/// The value at one place has to be a key of the collection at another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Where the key is read.
    pub key: PlaceId,
    /// The collection.
    pub collection: Place,
}

impl Findings {
    /// Adds a constraint.
    pub fn insert(&mut self, constraint: Constraint) {
        let mut seen = false;
        let is_var = constraint.wanted.is_var();
        for other in &mut self.constraints {
            if other.place != constraint.place {
                continue;
            }
            seen = true;
            if other.repeats(&constraint) {
                return;
            }
            // "Anything" gives way to a value, but not to an affix: what resolves a variable to this place
            // is needed by later affixes.
            if !is_var && !constraint.is_affix() && other.wanted.is_var() {
                *other = constraint;
                return;
            }
            if !is_var && !other.wanted.is_var() {
                let kind = if constraint.is_affix() || other.is_affix() {
                    Alternation::Terminal
                } else {
                    Alternation::Converging
                };
                self.ranking.alternate(constraint.place, kind);
            }
        }
        if !seen {
            self.ranking.count(constraint.place, 1);
        }
        self.constraints.push(constraint);
    }

    /// Adds the members of a literal collection, one of which the value at a place has to be.
    pub fn insert_members(&mut self, place: PlaceId, members: Vec<Pattern>) {
        let mut members = members.into_iter();
        let Some(first) = members.next() else { return };
        self.insert(Constraint::equal(place, first));
        if members.len() == 0 {
            return;
        }
        let mut concrete = 0;
        let mut seen = Seen::default();
        for other in &self.constraints {
            if other.place == place {
                concrete += usize::from(!other.wanted.is_var());
                if other.test == Test::Equal {
                    seen.insert(&other.wanted);
                }
            }
        }
        self.ranking.count(place, members.len());
        for member in members {
            if seen.insert(&member) {
                concrete += 1;
                self.constraints.push(Constraint::equal(place, member));
            }
        }
        if concrete > 1 {
            self.ranking.alternate(place, Alternation::Converging);
        }
    }

    /// Adds the affixes of a literal collection, one of which the value at a place has to have.
    pub fn insert_affixes(&mut self, place: PlaceId, affixes: Vec<Pattern>, test: Test) {
        let mut concrete = 0;
        let mut known = false;
        let mut seen = Seen::default();
        for other in &self.constraints {
            if other.place == place {
                known = true;
                concrete += usize::from(!other.wanted.is_var());
                if other.test == test {
                    seen.insert(&other.wanted);
                }
            }
        }
        let repeats = usize::from(known && !affixes.is_empty());
        self.ranking.count(place, affixes.len() - repeats);
        for affix in affixes {
            if seen.insert(&affix) {
                concrete += 1;
                let constraint = Constraint::tested(place, affix, test);
                self.constraints.push(constraint);
            }
        }
        if concrete > 1 {
            self.ranking.alternate(place, Alternation::Terminal);
        }
    }

    /// Adds that a collection has to have a key.
    pub fn insert_membership(&mut self, membership: Membership) {
        if !self.memberships.contains(&membership) {
            self.ranking.count(membership.key, 1);
            self.memberships.push(membership);
        }
    }

    /// Adds that one of several paths has to hold.
    pub fn require(&mut self, mut paths: Vec<Path>) {
        if paths.len() > 1 {
            for constraint in paths.iter().flatten() {
                self.ranking.count(constraint.place, 1);
            }
            self.disjunctions.push(paths);
        } else if let Some(path) = paths.pop() {
            for constraint in path {
                self.insert(constraint);
            }
        }
    }

    /// Every way to reach the rule. Too many are given up for the one that always has to hold.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = vec![self.constraints.clone()];
        for alternatives in &self.disjunctions {
            if paths.len() * alternatives.len() > MOST_PATHS {
                return vec![self.constraints.clone()];
            }
            paths = paths
                .iter()
                .flat_map(|path| {
                    let join = |alternative: &Path| [path.as_slice(), alternative].concat();
                    alternatives.iter().map(join)
                })
                .collect();
        }
        paths
    }
}

/// Patterns met before.
#[derive(Default)]
struct Seen {
    ground: HashSet<Value>,
    rest: Vec<Pattern>,
}

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Ground(value) => self.ground.insert(value.clone()),
            other if self.rest.contains(other) => false,
            other => {
                self.rest.push(other.clone());
                true
            }
        }
    }
}

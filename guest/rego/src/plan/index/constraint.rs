//! What a rule asks of a place.

use std::sync::Arc;

use super::place::PlaceId;
use crate::syntax::ast::{Name, Node, Term};
use crate::value::Value;

/// What a rule asks of a place: unless it holds, the rule need not be tried.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// The place.
    pub place: PlaceId,
    /// What is asked for.
    pub wanted: Pattern,
    /// How it is compared.
    pub test: Test,
    /// The delimiters at which a text is split first, for a glob.
    pub split: Option<Name>,
}

/// How a [`Constraint`] compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// The value matches the pattern.
    Equal,
    /// The value is a text that begins so, or a collection with one.
    Prefix,
    /// The value is a text that ends so, or a collection with one.
    Suffix,
    /// The value is a collection that holds it.
    Member,
}

/// What a [`Constraint`] asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// Anything. The variable then stands for the place.
    Var(Name),
    /// This.
    Ground(Value),
    /// A collection with variables in it.
    Open(Node),
}

impl Pattern {
    /// Anything, under no name.
    pub fn anything() -> Self {
        Self::Var(Arc::from("__any__"))
    }

    /// What a term without references asks for.
    pub fn of(term: &Term) -> Self {
        match (&term.node, term.to_value()) {
            (_, Some(value)) => Self::Ground(value),
            (Node::Var(name), None) => Self::Var(name.clone()),
            (node, None) => Self::Open(node.clone()),
        }
    }

    /// Whether anything will do.
    pub const fn is_var(&self) -> bool {
        matches!(self, Self::Var(_))
    }

    /// The value, if it is no collection.
    pub const fn as_scalar(&self) -> Option<&Value> {
        match self {
            Self::Ground(value) if is_scalar(value) => Some(value),
            _ => None,
        }
    }

    /// The items, if this is an array: their values, or `None` where anything will do.
    pub fn array_items(&self) -> Option<Vec<Option<Value>>> {
        let scalar = |value: &Value| is_scalar(value).then(|| value.clone());
        match self {
            Self::Ground(Value::Array(items)) => Some(items.iter().map(scalar).collect()),
            Self::Open(Node::Array(items)) => {
                let item = |item: &Term| item.to_value().as_ref().and_then(scalar);
                Some(items.iter().map(item).collect())
            }
            _ => None,
        }
    }
}

/// Whether a value is no collection.
pub const fn is_scalar(value: &Value) -> bool {
    matches!(
        value,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)
    )
}

impl Constraint {
    /// That the value at a place matches a pattern.
    pub const fn equal(place: PlaceId, wanted: Pattern) -> Self {
        Self {
            place,
            wanted,
            test: Test::Equal,
            split: None,
        }
    }

    /// That it passes another test.
    pub const fn tested(place: PlaceId, wanted: Pattern, test: Test) -> Self {
        Self {
            place,
            wanted,
            test,
            split: None,
        }
    }

    /// Whether it asks for one end of a text.
    pub const fn is_affix(&self) -> bool {
        matches!(self.test, Test::Prefix | Test::Suffix)
    }

    /// Whether it asks for the same at the same place.
    pub fn repeats(&self, other: &Self) -> bool {
        self.place == other.place && self.test == other.test && self.wanted == other.wanted
    }
}

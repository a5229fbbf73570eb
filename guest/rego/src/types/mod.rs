//! Types, as OPA's type checker knows them.
//!
//! A type is bounded in depth and size: what would grow past the bounds is "anything", so that no policy makes
//! the checker deep or slow; it then refuses less, never more.

mod choose;
mod compound;
mod join;
mod order;
mod print;
mod signature;
mod unify;

use std::sync::Arc;

pub use compound::{Array, Object, Set, Union};
pub use signature::{Signature, signature};

use crate::value::Value;

/// What a term can be. Cloning shares.
#[derive(Debug, Clone, Default)]
pub enum Type {
    /// Not known: OPA's nil. In an array, object or set: there is none, as in an empty set.
    #[default]
    Unknown,
    /// `null`.
    Null,
    /// `true`, `false`.
    Boolean,
    /// A number.
    Number,
    /// A text.
    String,
    /// An array.
    Array(Arc<Array>),
    /// An object.
    Object(Arc<Object>),
    /// A set.
    Set(Arc<Set>),
    /// Anything but a function.
    Any,
    /// One of several.
    Union(Arc<Union>),
    /// A function.
    Function(Arc<Signature>),
}

impl Type {
    /// Items with types of their own, then any number of items of one type.
    #[must_use]
    pub fn array(items: Vec<Self>, rest: Self) -> Self {
        Array::new(items, rest).map_or(Self::Any, |array| Self::Array(Arc::new(array)))
    }

    /// Keys with types of their own, then any number of keys of one type with values of another.
    #[must_use]
    pub fn object(fields: Vec<(Value, Self)>, rest: Option<(Self, Self)>) -> Self {
        Object::new(fields, rest).map_or(Self::Any, |object| Self::Object(Arc::new(object)))
    }

    /// Elements of one type.
    #[must_use]
    pub fn set(of: Self) -> Self {
        Set::new(of).map_or(Self::Any, |set| Self::Set(Arc::new(set)))
    }

    /// One of these; anything if there are none. They are no unions themselves.
    #[must_use]
    pub fn union(members: Vec<Self>) -> Self {
        if members.is_empty() || members.contains(&Self::Any) {
            return Self::Any;
        }
        Union::new(members).map_or(Self::Any, |union| Self::Union(Arc::new(union)))
    }

    /// The type of a constant.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            // OPA takes constants through JSON here, where a set is an array.
            Value::Array(items) => Self::array(items.iter().map(Self::of).collect(), Self::Unknown),
            Value::Set(items) => Self::array(items.iter().map(Self::of).collect(), Self::Unknown),
            Value::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::of(value)));
                Self::object(fields.collect(), None)
            }
        }
    }

    /// Whether something is not known in it: OPA's `Nil`. Members of a union do not count.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        matches!(self, Self::Unknown) || self.shape().unknown
    }

    /// Whether there is nothing to choose from: `[]`, `{}`, `set()`.
    #[must_use]
    pub fn is_empty_collection(&self) -> bool {
        match self {
            Self::Array(array) => array.items.is_empty() && array.rest.is_unknown(),
            Self::Object(object) => object.fields.is_empty() && object.rest.is_none(),
            Self::Set(set) => set.of.is_unknown(),
            _ => false,
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// This type, or another where nothing is known.
    #[must_use]
    pub fn known(self) -> Option<Self> {
        (!self.is_unknown()).then_some(self)
    }
}

//! Values: what data, inputs and answers are made of.
//!
//! Ordered as OPA orders them: null, booleans, numbers, strings, arrays, objects, sets; within a kind by
//! content. Cloning shares: a clone of a document costs as much as one of a number.

mod decimal;
mod float;
mod number;
mod object;
mod quote;
mod set;
mod shortest;
mod text;
mod unicode;

use std::sync::Arc;

pub use float::Float;
pub use number::{Number, NumberFault, read_int};
pub use object::Object;
pub use quote::{quote, quote_char};
pub use set::Set;
pub use shortest::go_shortest;
pub use unicode::{is_print, lower, upper};

/// A value of Rego. There is no value for "undefined": that is the absence of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number of any size and precision.
    Number(Number),
    /// A text.
    String(Arc<str>),
    /// Items in order.
    Array(Arc<Vec<Value>>),
    /// Keys of any kind, each with a value.
    Object(Arc<Object>),
    /// Values of any kind, each once.
    Set(Arc<Set>),
}

impl Value {
    /// An object without keys.
    #[must_use]
    pub fn new_object() -> Self {
        Self::from(Object::default())
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The items, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The set, if this is one.
    #[must_use]
    pub fn as_set(&self) -> Option<&Set> {
        match self {
            Self::Set(set) => Some(set),
            _ => None,
        }
    }

    /// What a reference finds at this key: an object's value, an array's item by its index, a set's element
    /// by itself.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        match self {
            Self::Object(object) => object.get(key),
            Self::Array(items) => items.get(key.as_number()?.to_index()?),
            Self::Set(set) => set.get(key),
            _ => None,
        }
    }

    /// As [`get`](Self::get), but a set's element as it was asked for: `{1}[1.0]` is `1.0`, as OPA has it in references.
    #[must_use]
    pub fn find<'v>(&'v self, key: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Set(set) => set.get(key).map(|_| key),
            _ => self.get(key),
        }
    }

    /// The word for its type in messages, as OPA's `type_name`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
        }
    }

    /// Where its kind stands in the order of kinds.
    const fn type_rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::String(_) => Self::STRING_RANK,
            Self::Array(_) => 4,
            Self::Object(_) => 5,
            Self::Set(_) => 6,
        }
    }

    const STRING_RANK: u8 = 3;

    /// Whether this is `false`: the one value that fails as a condition.
    #[must_use]
    pub const fn is_false(&self) -> bool {
        matches!(self, Self::Bool(false))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Number::from(number))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(Number::from(number))
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(Arc::new(items))
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(Arc::new(object))
    }
}

impl From<Set> for Value {
    fn from(set: Set) -> Self {
        Self::Set(Arc::new(set))
    }
}

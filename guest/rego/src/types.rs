//! Types, as OPA's type checker knows them.

use crate::value::Value;

/// What a term can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `null`.
    Null,
    /// `true`, `false`.
    Boolean,
    /// A number.
    Number,
    /// A text.
    String,
    /// Items with types of their own, then any number of items of one type.
    Array(Vec<Type>, Option<Box<Type>>),
    /// Keys with types of their own, sorted, then any number of keys of one type with values of another.
    Object(Vec<(Value, Type)>, Option<Box<(Type, Type)>>),
    /// Elements of one type.
    Set(Box<Type>),
    /// One of these; anything if empty.
    Any(Vec<Type>),
    /// A function.
    Function(Box<Signature>),
}

/// What a function takes and gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// Its arguments.
    pub args: Vec<Type>,
    /// What any number of further arguments must be; only `print` and `concat`-like internals have it.
    pub variadic: Option<Type>,
    /// Its result; absent where it has none (`print`).
    pub result: Option<Type>,
}

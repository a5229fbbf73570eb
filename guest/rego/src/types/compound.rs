//! Types made of types.

use std::sync::OnceLock;

use super::Type;
use crate::value::Value;

/// No type is deeper.
const DEPTH: u32 = 200;
/// No type is made of more.
const SIZE: u32 = 1 << 18;

/// What is known of a type without looking into it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    depth: u32,
    size: u32,
    /// As `Type::has_unknown`.
    pub unknown: bool,
    /// Whether anything at all below is unknown, members of unions and elements of empty sets too.
    pub gaps: bool,
}

impl Shape {
    /// The shape of what holds these, if it is within the bounds.
    fn around<'part>(parts: impl IntoIterator<Item = &'part Type>) -> Option<Self> {
        let mut shape = Self::default();
        for part in parts {
            shape.add(part);
        }
        shape.close()
    }

    fn add(&mut self, part: &Type) {
        let inner = part.shape();
        self.depth = self.depth.max(inner.depth);
        self.size = self.size.saturating_add(inner.size);
        self.unknown |= inner.unknown;
        self.gaps |= inner.gaps;
    }

    const fn close(mut self) -> Option<Self> {
        self.depth += 1;
        self.size += 1;
        if self.depth > DEPTH || self.size > SIZE {
            return None;
        }
        Some(self)
    }
}

impl Type {
    /// What is known without looking into it.
    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Array(array) => array.shape,
            Self::Object(object) => object.shape,
            Self::Set(set) => set.shape,
            Self::Union(union) => union.shape,
            Self::Function(signature) => {
                let mut shape = Shape {
                    size: 1,
                    ..Shape::default()
                };
                for part in signature.args.iter().chain(&signature.result) {
                    shape.add(part);
                }
                shape.unknown |= signature.result.is_none();
                shape
            }
            Self::Unknown => Shape {
                size: 1,
                unknown: true,
                gaps: true,
                ..Shape::default()
            },
            _ => Shape {
                size: 1,
                ..Shape::default()
            },
        }
    }
}

/// What going through something gives, found out once.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    pub keys: OnceLock<Type>,
    pub values: OnceLock<Type>,
}

/// Items with types of their own, then any number of items of one type.
#[derive(Debug, Clone)]
pub struct Array {
    /// The first items.
    pub items: Vec<Type>,
    /// All further items; unknown if there are none.
    pub rest: Type,
    pub(super) shape: Shape,
}

impl Array {
    pub(super) fn new(items: Vec<Type>, rest: Type) -> Option<Self> {
        let shape = Shape::around(items.iter().chain((!rest.is_unknown()).then_some(&rest)))?;
        Some(Self { items, rest, shape })
    }

    /// The type of the item there; unknown if there can be none.
    #[must_use]
    pub fn item(&self, position: usize) -> &Type {
        self.items.get(position).unwrap_or(&self.rest)
    }
}

/// Keys with types of their own, then any number of keys of one type with values of another.
#[derive(Debug, Clone)]
pub struct Object {
    /// Known keys, sorted.
    pub fields: Vec<(Value, Type)>,
    /// All further keys and their values.
    pub rest: Option<(Type, Type)>,
    pub(super) shape: Shape,
    pub(super) choice: Choice,
}

impl Object {
    pub(super) fn new(mut fields: Vec<(Value, Type)>, rest: Option<(Type, Type)>) -> Option<Self> {
        // Of two equal keys the later stays.
        fields.reverse();
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.dedup_by(|(one, _), (other, _)| one == other);
        let types = fields.iter().map(|(_, value)| value);
        let shape = Shape::around(types.chain(rest.iter().flat_map(|(key, value)| [key, value])))?;
        Some(Self {
            fields,
            rest,
            shape,
            choice: Choice::default(),
        })
    }

    /// The type of the values of all further keys; unknown if there are none.
    #[must_use]
    pub fn rest_value(&self) -> &Type {
        self.rest
            .as_ref()
            .map_or(&Type::Unknown, |(_, value)| value)
    }

    /// The type of a known key's value.
    #[must_use]
    pub fn field(&self, key: &Value) -> Option<&Type> {
        let at = self
            .fields
            .binary_search_by(|(field, _)| field.cmp(key))
            .ok()?;
        self.fields.get(at).map(|(_, value)| value)
    }
}

/// Elements of one type.
#[derive(Debug, Clone)]
pub struct Set {
    /// Theirs; unknown if the set is empty.
    pub of: Type,
    pub(super) shape: Shape,
}

impl Set {
    pub(super) fn new(of: Type) -> Option<Self> {
        let shape = Shape::around([&of])?;
        Some(Self { of, shape })
    }
}

/// One of several.
#[derive(Debug, Clone)]
pub struct Union {
    /// Sorted, each once; no unions, no functions.
    pub members: Vec<Type>,
    pub(super) shape: Shape,
    pub(super) choice: Choice,
}

impl Union {
    pub(super) fn new(mut members: Vec<Type>) -> Option<Self> {
        members.sort();
        members.dedup();
        let shape = Shape::around(&members)?;
        Some(Self {
            members,
            shape: Shape {
                unknown: false,
                ..shape
            },
            choice: Choice::default(),
        })
    }

    /// Adds one more. Tells whether the bounds still hold.
    pub(super) fn insert(&mut self, member: Type) -> bool {
        let Err(at) = self.members.binary_search(&member) else {
            return true;
        };
        let inner = member.shape();
        self.shape.depth = self.shape.depth.max(inner.depth + 1);
        self.shape.size = self.shape.size.saturating_add(inner.size);
        self.shape.gaps |= inner.gaps;
        self.choice = Choice::default();
        self.members.insert(at, member);
        self.shape.depth <= DEPTH && self.shape.size <= SIZE
    }
}

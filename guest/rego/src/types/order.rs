//! The order of types: OPA's, by kind and then by content.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Array, Object, Set, Type, Union};

impl Type {
    /// Where its kind stands in the order of kinds.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Null => 1,
            Self::Boolean => 2,
            Self::Number => 3,
            Self::String => 4,
            Self::Array(_) => 5,
            Self::Object(_) => 6,
            Self::Set(_) => 7,
            Self::Any => 8,
            Self::Union(_) => 9,
            Self::Function(_) => 10,
        }
    }
}

impl Ord for Type {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Array(one), Self::Array(other)) => shared(one, other),
            (Self::Object(one), Self::Object(other)) => shared(one, other),
            (Self::Set(one), Self::Set(other)) => shared(one, other),
            (Self::Union(one), Self::Union(other)) => shared(one, other),
            (Self::Function(one), Self::Function(other)) => shared(one, other),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// What is shared is equal: a policy can share much deeper than it can be walked.
fn shared<T: Ord>(one: &Arc<T>, other: &Arc<T>) -> Ordering {
    if Arc::ptr_eq(one, other) {
        return Ordering::Equal;
    }
    one.cmp(other)
}

impl Ord for Array {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = self.rest.cmp(&other.rest);
        rest.then_with(|| self.items.cmp(&other.items))
    }
}

impl Ord for Object {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = self.rest.cmp(&other.rest);
        rest.then_with(|| self.fields.cmp(&other.fields))
    }
}

impl Ord for Set {
    fn cmp(&self, other: &Self) -> Ordering {
        self.of.cmp(&other.of)
    }
}

impl Ord for Union {
    fn cmp(&self, other: &Self) -> Ordering {
        self.members.cmp(&other.members)
    }
}

macro_rules! equal_by_order {
    ($($type:ty),*) => {$(
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }
        impl Eq for $type {}
    )*};
}

equal_by_order!(Type, Array, Object, Set, Union);

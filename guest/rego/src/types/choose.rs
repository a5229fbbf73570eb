//! What references find in a type.

use super::{Object, Type};
use crate::value::Value;

impl Type {
    /// What stands at a constant key; unknown if nothing can: OPA's `Select`.
    #[must_use]
    pub fn select(&self, key: &Value) -> Self {
        match self {
            Self::Array(array) => position(key).map_or(Self::Unknown, |at| array.item(at).clone()),
            Self::Object(object) => object.select(key),
            Self::Set(set) => {
                let element = Self::of(key);
                if set.of.contains(&element) {
                    element
                } else {
                    Self::Unknown
                }
            }
            Self::Any => Self::Any,
            Self::Union(union) => {
                let selected: Vec<_> = union
                    .members
                    .iter()
                    .map(|member| member.select(key))
                    .collect();
                Self::any_of(&selected)
            }
            _ => Self::Unknown,
        }
    }

    /// The keys that going through it gives; unknown if it cannot be gone through: OPA's `Keys`.
    #[must_use]
    pub fn keys(&self) -> Self {
        match self {
            Self::Array(_) => Self::Number,
            Self::Object(object) => object
                .choice
                .keys
                .get_or_init(|| {
                    let fields: Vec<_> =
                        object.fields.iter().map(|(key, _)| Self::of(key)).collect();
                    Self::any_of(fields.iter().chain(object.rest.iter().map(|(key, _)| key)))
                })
                .clone(),
            Self::Set(set) => set.of.clone(),
            Self::Any => Self::Any,
            Self::Union(union) => union
                .choice
                .keys
                .get_or_init(|| {
                    let keys: Vec<_> = union.members.iter().map(Self::keys).collect();
                    Self::any_of(&keys)
                })
                .clone(),
            _ => Self::Unknown,
        }
    }

    /// The values that going through it gives; unknown if it cannot be gone through: OPA's `Values`.
    #[must_use]
    pub fn values(&self) -> Self {
        match self {
            Self::Array(array) => Self::any_of(array.items.iter().chain([&array.rest])),
            Self::Object(object) => object
                .choice
                .values
                .get_or_init(|| {
                    let fields = object.fields.iter().map(|(_, value)| value);
                    Self::any_of(fields.chain([object.rest_value()]))
                })
                .clone(),
            Self::Set(set) => set.of.clone(),
            Self::Any => Self::Any,
            Self::Union(union) => union
                .choice
                .values
                .get_or_init(|| {
                    let values: Vec<_> = union.members.iter().map(Self::values).collect();
                    Self::any_of(&values)
                })
                .clone(),
            _ => Self::Unknown,
        }
    }

    /// Whether it is this type, or has it as a member.
    fn contains(&self, member: &Self) -> bool {
        match self {
            Self::Any => true,
            Self::Union(union) => union.members.binary_search(member).is_ok(),
            _ => self == member,
        }
    }
}

impl Object {
    /// What stands at a constant key; unknown if nothing can.
    #[must_use]
    pub fn select(&self, key: &Value) -> Type {
        if let Some(value) = self.field(key) {
            return value.clone();
        }
        match &self.rest {
            Some((keys, value)) if keys.contains(&Type::of(key)) => value.clone(),
            _ => Type::Unknown,
        }
    }
}

/// The position in an array, if the number is written as one.
fn position(key: &Value) -> Option<usize> {
    // `-0` is written as an integer too.
    let index: i64 = key.as_number()?.to_string().parse().ok()?;
    usize::try_from(index).ok()
}

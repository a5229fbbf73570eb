//! Whether something can be of two types at once.

use std::sync::Arc;

use super::{Array, Object, Type};

/// Two unions of which more pairs would have to be looked at are taken to have something in common.
const PAIRS: usize = 1 << 20;

impl Type {
    /// Whether a value can be of both types: OPA's `unifies`. Of what is not known nothing is said to be.
    #[must_use]
    pub fn unifies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => false,
            (Self::Function(one), Self::Function(other)) => {
                one.args.len() == other.args.len()
                    && one
                        .args
                        .iter()
                        .zip(&other.args)
                        .all(|(one, other)| one.unifies(other))
            }
            (Self::Function(_), _) | (_, Self::Function(_)) => false,
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Union(one), Self::Union(other)) => {
                one.members.len().saturating_mul(other.members.len()) > PAIRS
                    || one
                        .members
                        .iter()
                        .any(|one| other.members.iter().any(|other| one.unifies(other)))
            }
            (Self::Union(union), one) | (one, Self::Union(union)) => {
                union.members.iter().any(|member| member.unifies(one))
            }
            (Self::Array(one), Self::Array(other)) => same(one, other, self) || one.unifies(other),
            (Self::Object(one), Self::Object(other)) => {
                same(one, other, self) || one.unifies(other)
            }
            // The empty set is of every type of sets.
            (Self::Set(one), Self::Set(other)) => {
                one.of.is_unknown() || other.of.is_unknown() || one.of.unifies(&other.of)
            }
            (one, other) => one.rank() == other.rank(),
        }
    }
}

/// Whether these are one and the same, and known in all parts. A policy can share much more than can be walked.
fn same<T>(one: &Arc<T>, other: &Arc<T>, of: &Type) -> bool {
    Arc::ptr_eq(one, other) && !of.shape().gaps
}

impl Array {
    fn unifies(&self, other: &Self) -> bool {
        let items = self.items.len().max(other.items.len());
        (0..items).all(|at| self.item(at).unifies(other.item(at)))
            && (self.rest.is_unknown() || other.rest.is_unknown() || self.rest.unifies(&other.rest))
    }
}

impl Object {
    fn unifies(&self, other: &Self) -> bool {
        let (rest, other_rest) = (self.rest_value(), other.rest_value());
        let open = !rest.is_unknown() || !other_rest.is_unknown();
        let fields = self
            .fields
            .iter()
            .all(|(key, one)| match (one, other.field(key).cloned()) {
                (Type::Unknown, Some(Type::Unknown)) => open,
                (one, Some(other)) => one.unifies(&other),
                (one, None) => unifies_rest(one, &other.select(key), open),
            });
        fields
            && other.fields.iter().all(|(key, one)| {
                self.field(key).is_some() || unifies_rest(one, &self.select(key), open)
            })
            && (rest.is_unknown() || other_rest.is_unknown() || rest.unifies(other_rest))
    }
}

/// Whether a key that only one side knows can be with the other: its further keys may be of other types.
fn unifies_rest(one: &Type, selected: &Type, open: bool) -> bool {
    if selected.is_unknown() {
        open
    } else {
        one.unifies(selected)
    }
}

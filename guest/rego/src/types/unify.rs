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
            (Self::Function(one), Self::Function(other)) => {
                one.args.len() == other.args.len()
                    && one
                        .args
                        .iter()
                        .zip(&other.args)
                        .all(|(one, other)| one.unifies(other))
            }
            (Self::Unknown | Self::Function(_), _) | (_, Self::Unknown | Self::Function(_)) => {
                false
            }
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

#[cfg(test)]
mod tests {
    use super::super::{Type, signature};

    fn of(text: &str) -> Type {
        signature(text).unwrap().args[0].clone()
    }

    #[test]
    fn types_unify_where_a_value_can_have_both() {
        for (one, other, expected) in [
            ("number", "string", false),
            ("any", "string", true),
            ("any<number, string>", "any<null, string>", true),
            ("any<number, string>", "null", false),
            ("array<number>", "array<number, number>", false),
            ("array<number>", "array[number]", true),
            ("array[string]", "array[number]", false),
            ("set", "set[number]", true),
            ("object<a: number>", "object<b: number>", false),
            ("object<a: number>", "object<b: number>[string: any]", true),
            ("object<a: number>", "object[string: string]", false),
            ("object", "object[string: string]", true),
        ] {
            assert_eq!(expected, of(one).unifies(&of(other)), "{one} and {other}");
            assert_eq!(expected, of(other).unifies(&of(one)), "{other} and {one}");
        }
    }

    #[test]
    fn what_is_shared_a_thousand_levels_deep_is_no_work() {
        let (mut one, mut other) = (Type::Number, Type::Number);
        for _ in 0..1000 {
            one = Type::array(vec![one.clone(), one], Type::Unknown);
            other = Type::array(vec![other.clone(), other], Type::Unknown);
        }
        assert!(one.unifies(&other));
        assert_eq!(one, other);
    }
}

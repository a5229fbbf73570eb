//! Types made wider.

use std::mem;
use std::sync::Arc;

use super::{Object, Signature, Type, Union};

impl Type {
    /// What is one or the other: OPA's `Or`.
    ///
    /// A function and anything else make nothing known.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, known) | (known, Self::Unknown) => known,
            (Self::Function(mut one), Self::Function(other)) => {
                if Arc::make_mut(&mut one).join(&other) {
                    Self::Function(one)
                } else {
                    Self::Unknown
                }
            }
            (Self::Function(_), _) | (_, Self::Function(_)) => Self::Unknown,
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Union(one), Self::Union(other)) => one.join(other),
            (Self::Union(mut union), member) | (member, Self::Union(mut union)) => {
                if Arc::make_mut(&mut union).insert(member) {
                    Self::Union(union)
                } else {
                    Self::Any
                }
            }
            (one, other) if one == other => one,
            (one, other) => Self::union(vec![one, other]),
        }
    }

    /// What is one of these: as if joined one after the other.
    #[must_use]
    pub fn any_of<'part>(parts: impl IntoIterator<Item = &'part Self>) -> Self {
        let mut joined = Self::Unknown;
        // Plain types wait, to be sorted together: one by one, many of them would take the square of their number.
        let mut waiting = Vec::new();
        for part in parts {
            match part {
                Self::Unknown => {}
                Self::Any | Self::Union(_) | Self::Function(_) => {
                    joined = joined
                        .or(Self::of_plain(mem::take(&mut waiting)))
                        .or(part.clone());
                }
                _ => waiting.push(part.clone()),
            }
        }
        joined.or(Self::of_plain(mem::take(&mut waiting)))
    }

    /// What is one of these: no unions, no functions.
    fn of_plain(mut members: Vec<Self>) -> Self {
        members.sort();
        members.dedup();
        match members.len() {
            0 | 1 => members.pop().unwrap_or_default(),
            _ => Self::union(members),
        }
    }

    /// What several rules for one document make it: OPA's `mergeTypes`. Sets join their elements, and objects of which
    /// no key is known join keys and values.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, known) | (known, Self::Unknown) => known,
            (Self::Object(one), Self::Object(other))
                if one.fields.is_empty() && other.fields.is_empty() =>
            {
                Self::merge_open(one, other)
            }
            // Taken apart, not copied: a rule of a thousand definitions is as many merges.
            (Self::Set(one), Self::Set(other)) => {
                let (one, other) = (Arc::unwrap_or_clone(one), Arc::unwrap_or_clone(other));
                Self::set(one.of.or(other.of))
            }
            (Self::Union(union), Self::Object(object))
            | (Self::Object(object), Self::Union(union)) => Self::merge_into(union, object),
            (one, other) => one.or(other),
        }
    }

    fn merge_open(one: Arc<Object>, other: Arc<Object>) -> Self {
        if one.rest.is_none() {
            return Self::Object(other);
        }
        if other.rest.is_none() {
            return Self::Object(one);
        }
        let (one, other) = (Arc::unwrap_or_clone(one), Arc::unwrap_or_clone(other));
        let (one, other) = (one.rest.unwrap_or_default(), other.rest.unwrap_or_default());
        let rest = (one.0.or(other.0), one.1.merge(other.1));
        Self::object(Vec::new(), Some(rest))
    }

    /// The union, with an object joined to the first open one in it.
    fn merge_into(mut union: Arc<Union>, object: Arc<Object>) -> Self {
        let open = |member: &Self| match member {
            Self::Object(object) if object.fields.is_empty() => object.rest.clone(),
            _ => None,
        };
        let added = Self::Object(object);
        if let Some((key, value)) = open(&added) {
            let found = union
                .members
                .iter()
                .enumerate()
                .find_map(|(at, member)| Some((at, open(member)?)));
            if let Some((at, (found_key, found_value))) = found {
                let merged =
                    Self::object(Vec::new(), Some((found_key.or(key), found_value.or(value))));
                let union = Arc::make_mut(&mut union);
                union.members.remove(at);
                let members = mem::take(&mut union.members);
                return Self::any_of(&members).or(merged);
            }
        }
        Self::Union(union).or(added)
    }
}

impl Union {
    fn join(self: Arc<Self>, other: Arc<Self>) -> Type {
        let (mut large, small) = if self.members.len() >= other.members.len() {
            (self, other)
        } else {
            (other, self)
        };
        let missing: Vec<_> = small
            .members
            .iter()
            .filter(|member| large.members.binary_search(member).is_err())
            .cloned()
            .collect();
        match missing.len() {
            0 => Type::Union(large),
            1..8 => {
                let union = Arc::make_mut(&mut large);
                if missing.into_iter().all(|member| union.insert(member)) {
                    Type::Union(large)
                } else {
                    Type::Any
                }
            }
            _ => {
                let mut members = Arc::unwrap_or_clone(large).members;
                members.extend(missing);
                Type::union(members)
            }
        }
    }
}

impl Signature {
    /// Takes and gives what the other does, too. Tells whether they have as many arguments.
    fn join(&mut self, other: &Self) -> bool {
        if self.args.len() != other.args.len()
            || self.variadic.is_some() != other.variadic.is_some()
        {
            return false;
        }
        for (arg, other) in self.args.iter_mut().zip(&other.args) {
            *arg = mem::replace(arg, Type::Unknown).or(other.clone());
        }
        for (part, other) in [
            (&mut self.result, &other.result),
            (&mut self.variadic, &other.variadic),
        ] {
            let joined = part.take().unwrap_or(Type::Unknown);
            *part = joined.or(other.clone().unwrap_or(Type::Unknown)).known();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Type, signature};

    fn of(text: &str) -> Type {
        signature(text).unwrap().args[0].clone()
    }

    #[test]
    fn joining_makes_a_union_of_all_that_differs() {
        for (one, other, expected) in [
            ("number", "number", "number"),
            ("number", "string", "any<number, string>"),
            (
                "any<number, string>",
                "any<null, string>",
                "any<null, number, string>",
            ),
            ("any<number, string>", "any", "any"),
            (
                "set[number]",
                "set[string]",
                "any<set[number], set[string]>",
            ),
        ] {
            assert_eq!(expected, of(one).or(of(other)).to_string());
            assert_eq!(expected, of(other).or(of(one)).to_string());
        }
    }

    #[test]
    fn rules_of_one_document_merge_their_sets_and_open_objects() {
        for (one, other, expected) in [
            ("set[number]", "set[string]", "set[any<number, string>]"),
            (
                "object[string: number]",
                "object[number: string]",
                "object[any<number, string>: any<number, string>]",
            ),
            (
                "object<a: null>",
                "object<b: null>",
                "any<object<a: null>, object<b: null>>",
            ),
            (
                "any<null, object[string: number]>",
                "object[string: string]",
                "any<null, object[string: any<number, string>]>",
            ),
        ] {
            assert_eq!(expected, of(one).merge(of(other)).to_string());
            assert_eq!(expected, of(other).merge(of(one)).to_string());
        }
    }

    #[test]
    fn many_are_joined_as_one_by_one() {
        let parts = [
            "number",
            "any<null, string>",
            "number",
            "set[any]",
            "boolean",
        ]
        .map(of);
        let one_by_one = parts.iter().cloned().fold(Type::Unknown, Type::or);
        assert_eq!(one_by_one, Type::any_of(&parts));
        assert_eq!(Type::Unknown, Type::any_of([]));
    }
}

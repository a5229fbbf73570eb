//! Objects.

use std::collections::BTreeMap;

use super::operand::{array, at, object, wrong, wrong_member};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Object, Set, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure(
        "object.union",
        "object[any: any], object[any: any] -> object[any: any]",
        union,
    ),
    Builtin::pure(
        "object.union_n",
        "array[object[any: any]] -> object[any: any]",
        union_n,
    ),
    Builtin::pure(
        "object.remove",
        "object[any: any], any<array[any], object[any: any], set[any]> -> object[any: any]",
        remove,
    ),
    Builtin::pure(
        "object.filter",
        "object[any: any], any<array[any], object[any: any], set[any]> -> object[any: any]",
        filter,
    ),
    Builtin::pure("object.get", "object[any: any], any, any -> any", get),
    Builtin::pure("object.keys", "object[any: any] -> set[any]", keys),
    Builtin::pure(
        "object.subset",
        "any<array[any], object[any: any], set[any]>, any<array[any], object[any: any], set[any]> -> boolean",
        subset,
    ),
];

fn union(operands: &[Value]) -> Answer {
    let (one, other) = (object(operands, 0)?, object(operands, 1)?);
    Ok(Some(if one.is_empty() {
        at(operands, 1).clone()
    } else if other.is_empty() {
        at(operands, 0).clone()
    } else {
        Value::from(merge(one, other))
    }))
}

/// The fields of both. Where both have a key, objects merge, and of everything else the second's value counts.
fn merge(one: &Object, other: &Object) -> Object {
    let merged = one.iter().map(|(key, value)| {
        let value = match (value, other.get(key)) {
            (Value::Object(own), Some(Value::Object(others))) => Value::from(merge(own, others)),
            (_, Some(others)) => others.clone(),
            (own, None) => own.clone(),
        };
        (key.clone(), value)
    });
    let new = other.iter().filter(|(key, _)| !one.contains(key));
    let new = new.map(|(key, value)| (key.clone(), value.clone()));
    merged.chain(new).collect()
}

fn union_n(operands: &[Value]) -> Answer {
    let objects = array(operands, 0)?;
    let mut wanted = Vec::with_capacity(objects.len());
    for value in objects {
        let whole = at(operands, 0);
        wanted.push(
            value
                .as_object()
                .ok_or_else(|| wrong_member(0, "object", whole, value))?,
        );
    }
    if let [only] = objects {
        return Ok(Some(only.clone()));
    }
    let mut merged = Merged::default();
    for object in wanted.into_iter().rev() {
        merged.add_before(object);
    }
    Ok(Some(Value::from(merged.into_object())))
}

/// What the last objects of a list come to, to which the ones before are added.
#[derive(Default)]
struct Merged {
    fields: BTreeMap<Value, Node>,
    /// Something that is no object stood here before: what is added further before does not show.
    frozen: bool,
}

enum Node {
    Leaf(Value),
    Branch(Merged),
}

impl Merged {
    fn add_before(&mut self, object: &Object) {
        for (key, value) in object.iter() {
            match (self.fields.get_mut(key), value) {
                (None, value) => {
                    self.fields.insert(key.clone(), Node::from(value));
                }
                (Some(Node::Branch(branch)), Value::Object(object)) if !branch.frozen => {
                    branch.add_before(object);
                }
                (Some(Node::Branch(branch)), value) => {
                    branch.frozen |= !matches!(value, Value::Object(_));
                }
                (Some(Node::Leaf(_)), _) => {}
            }
        }
    }

    fn into_object(self) -> Object {
        let fields = self.fields.into_iter();
        fields
            .map(|(key, node)| match node {
                Node::Leaf(value) => (key, value),
                Node::Branch(branch) => (key, Value::from(branch.into_object())),
            })
            .collect()
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Object(object) => {
                let mut branch = Merged::default();
                branch.add_before(object);
                Self::Branch(branch)
            }
            other => Self::Leaf(other.clone()),
        }
    }
}

fn remove(operands: &[Value]) -> Answer {
    let object = object(operands, 0)?;
    let keys = Keys::of(operands)?;
    Ok(Some(pick(object, |key| !keys.contains(key))))
}

fn filter(operands: &[Value]) -> Answer {
    let object = object(operands, 0)?;
    let keys = Keys::of(operands)?;
    Ok(Some(pick(object, |key| keys.contains(key))))
}

fn pick(object: &Object, wanted: impl Fn(&Value) -> bool) -> Value {
    let fields = object.iter().filter(|(key, _)| wanted(key));
    let fields = fields.map(|(key, value)| (key.clone(), value.clone()));
    Value::from(fields.collect::<Object>())
}

/// Keys that an operand names: an array's items, a set's elements, an object's keys.
enum Keys<'value> {
    Few(&'value [Value]),
    Many(Set),
    Set(&'value Set),
    Object(&'value Object),
}

impl<'value> Keys<'value> {
    fn of(operands: &'value [Value]) -> Result<Self, BuiltinError> {
        match at(operands, 1) {
            Value::Array(items) if items.len() <= 8 => Ok(Self::Few(items)),
            Value::Array(items) => Ok(Self::Many(items.iter().cloned().collect())),
            Value::Set(set) => Ok(Self::Set(set)),
            Value::Object(object) => Ok(Self::Object(object)),
            other => Err(wrong(1, "one of {object, set, array}", other)),
        }
    }

    fn contains(&self, key: &Value) -> bool {
        match self {
            Self::Few(items) => items.contains(key),
            Self::Many(set) => set.contains(key),
            Self::Set(set) => set.contains(key),
            Self::Object(object) => object.contains(key),
        }
    }
}

/// The value at a key, or along a path of keys if the key is an array; else the default.
fn get(operands: &[Value]) -> Answer {
    let (whole, key, default) = (at(operands, 0), at(operands, 1), at(operands, 2));
    let object = object(operands, 0)?;
    let found = match key {
        Value::Array(path) => path.iter().try_fold(whole, |value, key| value.get(key)),
        key => object.get(key),
    };
    Ok(Some(found.unwrap_or(default).clone()))
}

fn keys(operands: &[Value]) -> Answer {
    let keys: Set = object(operands, 0)?.keys().cloned().collect();
    Ok(Some(Value::from(keys)))
}

fn subset(operands: &[Value]) -> Answer {
    let (whole, part) = (at(operands, 0), at(operands, 1));
    let found = match (whole, part) {
        (Value::Array(whole), Value::Set(part)) => has_all(whole, part),
        (Value::Object(_), Value::Object(_))
        | (Value::Set(_), Value::Set(_))
        | (Value::Array(_), Value::Array(_)) => contains(whole, part),
        _ => {
            return Err(BuiltinError::Type(
                "both arguments object.subset must be of the same type or array and set".into(),
            ));
        }
    };
    Ok(Some(Value::Bool(found)))
}

/// Whether a part is in a whole of the same kind: fields in an object, elements in a set, a run of items in an
/// array.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(key, part)| {
            whole
                .get(key)
                .is_some_and(|whole| whole == part || contains(whole, part))
        }),
        (Value::Set(whole), Value::Set(part)) => part.is_subset(whole),
        (Value::Array(whole), Value::Array(part)) => {
            part.is_empty() || whole.windows(part.len()).any(|run| run == part.as_slice())
        }
        _ => false,
    }
}

/// Whether an array has all elements of a set, as OPA counts: an item given twice counts twice, and an array
/// without items does not even have those of an empty set.
fn has_all(whole: &[Value], part: &Set) -> bool {
    let mut missing = part.len();
    whole.iter().any(|item| {
        missing = missing.saturating_sub(usize::from(part.contains(item)));
        missing == 0
    })
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn what_is_no_object_hides_the_objects_before() {
        let objects = r#"[{"a": {"b": 2}}, {"a": 4}, {"a": {"c": 3}}]"#;
        assert_eq!(call("object.union_n", &[objects]), r#"{"a": {"c": 3}}"#);
        let objects = r#"[{"a": {"b": 2}}, {"a": {"b": 4, "c": 3}}]"#;
        assert_eq!(
            call("object.union_n", &[objects]),
            r#"{"a": {"b": 4, "c": 3}}"#
        );
        assert_eq!(call("object.union_n", &["[{}, 1]"]), "type error");
    }

    #[test]
    fn an_array_is_a_path() {
        let object = r#"{"a": [1, {"b": 2}]}"#;
        assert_eq!(call("object.get", &[object, r#"["a", 1, "b"]"#, "0"]), "2");
        assert_eq!(
            call("object.get", &[object, r#"["a", 1.0, "c"]"#, "0"]),
            "0"
        );
        assert_eq!(call("object.get", &[object, "[]", "0"]), object);
    }

    #[test]
    fn parts_are_found_as_opa_finds_them() {
        let set = |items: &str| format!(r#"{{"set": {items}}}"#);
        assert_eq!(call("object.subset", &["[1, 1]", &set("[1, 2]")]), "true");
        assert_eq!(call("object.subset", &["[]", &set("[]")]), "false");
        assert_eq!(call("object.subset", &["[1, 2, 3]", "[2, 3]"]), "true");
        assert_eq!(call("object.subset", &["[1, 2, 3]", "[1, 3]"]), "false");
        assert_eq!(
            call("object.subset", &[r#"{"a": [1, 2]}"#, r#"{"a": [2]}"#]),
            "true"
        );
        assert_eq!(call("object.subset", &["{}", "[]"]), "type error");
    }
}

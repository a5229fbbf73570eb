//! Finished parts of a YAML document.

use std::collections::BTreeMap;

use sark_policy_rego::{Object, Value};

use crate::scalar::Scalar;
use crate::yaml_error::YamlFault;

/// A finished node.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub content: Content,
    /// Bytes it takes written out, about as in JSON.
    pub weight: u64,
    /// Levels it nests.
    pub height: u32,
    /// Whether, as a key or as a mapping by its keys, it reads unlike it is written: `0x10` is `16`.
    pub respelt: bool,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(Scalar),
    Collection(Value),
}

impl Node {
    pub(crate) fn value(self) -> Result<Value, YamlFault> {
        match self.content {
            Content::Scalar(scalar) => scalar.value().ok_or(YamlFault::NoNumber),
            Content::Collection(value) => Ok(value),
        }
    }

    pub(crate) fn key(self) -> Result<String, YamlFault> {
        match self.content {
            Content::Scalar(scalar) => scalar.key().ok_or(YamlFault::Key("null")),
            Content::Collection(_) => Err(YamlFault::Key("a collection")),
        }
    }
}

/// An object of these fields, and of those of the merged mappings that neither it nor an earlier one has.
pub(crate) fn object(
    mut fields: BTreeMap<String, Value>,
    merged: &[Value],
) -> Result<Value, YamlFault> {
    for value in merged {
        let mappings = match value {
            Value::Array(items) => items.iter().collect(),
            single => vec![single],
        };
        for mapping in mappings {
            let Value::Object(mapping) = mapping else {
                return Err(YamlFault::Merge);
            };
            for (key, value) in mapping.iter() {
                if let Value::String(key) = key {
                    fields
                        .entry(key.to_string())
                        .or_insert_with(|| value.clone());
                }
            }
        }
    }
    let fields = fields
        .into_iter()
        .map(|(key, value)| (Value::from(key), value));
    Ok(Value::from(fields.collect::<Object>()))
}

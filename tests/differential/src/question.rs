//! A policy, and what is asked of it.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// A module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its text.
    pub source: String,
    /// The Rego it is written in: 0 or 1.
    pub version: u32,
}

/// A policy, and what is asked of it: each query for each input. As JSON it is a request to the oracle.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Question {
    /// File name to module.
    pub modules: BTreeMap<String, Source>,
    /// The data: JSON.
    pub data: Option<Box<RawValue>>,
    /// The inputs, each a JSON text. None at all: the queries are asked once, without an input.
    pub inputs: Vec<String>,
    /// References to places in `data`, such as `data.p.allow`.
    pub queries: Vec<String>,
    /// Whether an error of a builtin function ends the evaluation.
    pub strict: bool,
    /// Whether every definition is tried, and not only those that the rule index finds. The component always has its
    /// index.
    pub no_index: bool,
    /// The time, in nanoseconds since the Unix epoch.
    pub now: u64,
    /// Whether values in answers keep sets apart from arrays: a set is `{"$set": […]}`, an object whose keys
    /// are not all texts `{"$object": [[key, value], …]}`.
    pub tagged: bool,
}

impl Question {
    /// One module of Rego v1, one query, one input.
    #[must_use]
    pub fn of_module(module: &str, query: &str, input: &str) -> Self {
        let source = Source {
            source: module.to_owned(),
            version: 1,
        };
        Self {
            modules: BTreeMap::from([("policy.rego".to_owned(), source)]),
            inputs: vec![input.to_owned()],
            queries: vec![query.to_owned()],
            strict: true,
            now: now(),
            ..Self::default()
        }
    }
}

/// The time, in nanoseconds since the Unix epoch.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

/// Reads a field that may be missing; `null` is a value of it.
pub(crate) fn present<'de, D, T>(reader: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(reader).map(Some)
}

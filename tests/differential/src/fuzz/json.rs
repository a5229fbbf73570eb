//! Documents whose numbers keep their notation.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use sark_policy_rego::write_string;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An object.
    pub fn object<K: Into<String>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }

    /// Documents that are a little smaller.
    pub fn smaller(&self) -> Vec<Self> {
        match self {
            Self::Array(items) => {
                let mut found: Vec<Self> = items.clone();
                for at in 0..items.len() {
                    let mut fewer = items.clone();
                    fewer.remove(at);
                    found.push(Self::Array(fewer));
                    for smaller in items[at].smaller() {
                        let mut changed = items.clone();
                        changed[at] = smaller;
                        found.push(Self::Array(changed));
                    }
                }
                found
            }
            Self::Object(fields) => {
                let mut found = Vec::new();
                for (key, value) in fields {
                    let mut fewer = fields.clone();
                    fewer.remove(key);
                    found.push(Self::Object(fewer));
                    for smaller in value.smaller() {
                        let mut changed = fields.clone();
                        changed.insert(key.clone(), smaller);
                        found.push(Self::Object(changed));
                    }
                }
                found
            }
            Self::Number(text) if text != "1" => vec![Self::Number("1".to_owned())],
            Self::Text(text) if text != "a" && !text.is_empty() => vec![Self::text("a")],
            _ => Vec::new(),
        }
    }
}

impl FromIterator<Json> for Json {
    fn from_iter<I: IntoIterator<Item = Json>>(items: I) -> Self {
        Self::Array(items.into_iter().collect())
    }
}

impl Display for Json {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Number(text) => f.write_str(text),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| format!("{}: {value}", quoted(key)));
                write!(f, "{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A text as JSON, which Rego reads as well.
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_string(text, &mut out);
    out
}

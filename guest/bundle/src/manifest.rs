//! `.manifest`: a bundle's revision, roots and Rego versions.
//!
//! As in OPA, unknown keys mean nothing and `null` is as good as absent. A key that differs from a known
//! one in case only is refused: OPA takes it for that one, and we must not widen the roots by not doing so.

use std::collections::BTreeMap;

use sark_policy_rego::{Code, JsonFault, Number, Problem, Value, Version, read_json};

use crate::quote::{one_line, quote};
use crate::roots::Roots;
use crate::versions::Versions;

/// The manifest's place in a bundle.
pub(crate) const PATH: &str = ".manifest";

const KEYS: [&str; 6] = [
    "revision",
    "roots",
    "wasm",
    "rego_version",
    "file_rego_versions",
    "metadata",
];

/// What a manifest says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// Absent if the manifest gives none, or an empty one.
    pub revision: Option<String>,
    pub roots: Roots,
    pub versions: Versions,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(crate) fn read(text: &str, depth: u32) -> Result<Self, Vec<Problem>> {
        let value = read_json(text, depth).map_err(|error| {
            let (code, cure) = match error.fault {
                JsonFault::Syntax(_) => (Code::BundleManifest, "write the manifest as JSON"),
                JsonFault::DuplicateKey(_) => (Code::BundleManifest, "give the key once"),
                JsonFault::TooDeep(_) => (
                    Code::BundleTooLarge,
                    "nest less deeply, or raise the limit `depth`",
                ),
            };
            let message = one_line(&error.to_string());
            vec![Problem::new(code, message, cure).at(PATH, error.row, error.column)]
        })?;
        let mut reader = Reader {
            problems: Vec::new(),
        };
        let manifest = reader.manifest(&value);
        if reader.problems.is_empty() {
            Ok(manifest)
        } else {
            Err(reader.problems)
        }
    }
}

/// Something wrong with the manifest.
pub(crate) fn problem(message: impl Into<String>, cure: impl Into<String>) -> Problem {
    Problem::new(Code::BundleManifest, message, cure).in_file(PATH)
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn manifest(&mut self, value: &Value) -> Manifest {
        let mut manifest = Manifest::default();
        let Some(fields) = self.object("the manifest", value) else {
            return manifest;
        };
        for (key, value) in fields {
            match key {
                _ if value == &Value::Null => {}
                "revision" => {
                    let revision = self.string("`revision`", value);
                    manifest.revision = revision.filter(|revision| !revision.is_empty());
                }
                "roots" => manifest.roots = self.roots(value).unwrap_or_default(),
                "rego_version" => {
                    manifest.versions.default =
                        self.version("`rego_version`", value).unwrap_or_default();
                }
                "file_rego_versions" => manifest.versions.patterns = self.patterns(value),
                "metadata" => {
                    self.object("`metadata`", value);
                }
                // Names policies compiled to wasm, which we neither run nor need.
                "wasm" => {
                    self.array("`wasm`", value);
                }
                _ => self.unknown(key),
            }
        }
        manifest
    }

    fn unknown(&mut self, key: &str) {
        // Both ways: there are letters that only one of them folds, as Go does.
        let folded = key.to_uppercase().to_lowercase();
        if let Some(known) = KEYS.into_iter().find(|known| *known == folded) {
            let message = format!("the key {} is spelt unlike `{known}`", quote(key));
            self.problems
                .push(problem(message, format!("write `{known}`")));
        }
    }

    fn roots(&mut self, value: &Value) -> Option<Roots> {
        let items = self.array("`roots`", value)?;
        let mut names = Vec::new();
        for (n, item) in items.into_iter().enumerate() {
            names.push(self.string(&format!("`roots[{n}]`"), item)?);
        }
        if names.is_empty() {
            let message = "`roots` is empty, so the bundle may hold nothing";
            let cure = "name the roots, or leave `roots` out: then the bundle may hold anything";
            self.problems.push(problem(message, cure));
            return None;
        }
        match Roots::new(&names) {
            Ok(roots) => Some(roots),
            Err((outer, inner)) => {
                let message = format!("the roots {} and {} overlap", quote(&outer), quote(&inner));
                self.problems.push(problem(message, "keep one of them"));
                None
            }
        }
    }

    fn patterns(&mut self, value: &Value) -> BTreeMap<String, Version> {
        let mut patterns = BTreeMap::new();
        for (pattern, value) in self
            .object("`file_rego_versions`", value)
            .unwrap_or_default()
        {
            let what = format!("the version of {}", quote(pattern));
            if let Some(version) = self.version(&what, value) {
                patterns.insert(pattern.to_owned(), version);
            }
        }
        patterns
    }

    fn version(&mut self, what: &str, value: &Value) -> Option<Version> {
        match value.as_number().map(Number::to_i64) {
            Some(Some(0)) => return Some(Version::V0),
            Some(Some(1)) => return Some(Version::V1),
            Some(Some(number)) => {
                let message =
                    format!("{what} is {number}, a Rego version this engine does not know");
                self.problems.push(problem(
                    message,
                    "write 0 or 1, or use an engine that knows it",
                ));
            }
            _ => self.wrong(what, value, "0 or 1"),
        }
        None
    }

    fn string(&mut self, what: &str, value: &Value) -> Option<String> {
        if let Value::String(text) = value {
            return Some(text.to_string());
        }
        self.wrong(what, value, "a string");
        None
    }

    fn array<'value>(&mut self, what: &str, value: &'value Value) -> Option<Vec<&'value Value>> {
        if let Value::Array(items) = value {
            return Some(items.iter().collect());
        }
        self.wrong(what, value, "an array");
        None
    }

    fn object<'value>(
        &mut self,
        what: &str,
        value: &'value Value,
    ) -> Option<Vec<(&'value str, &'value Value)>> {
        if let Value::Object(fields) = value {
            let fields = fields.iter();
            return Some(
                fields
                    .filter_map(|(key, value)| Some((key.as_str()?, value)))
                    .collect(),
            );
        }
        self.wrong(what, value, "an object");
        None
    }

    fn wrong(&mut self, what: &str, value: &Value, wanted: &str) {
        let is = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) | Value::Set(_) => "an array",
            Value::Object(_) => "an object",
        };
        let message = format!("{what} is {is}, not {wanted}");
        self.problems
            .push(problem(message, format!("write {wanted}")));
    }
}

//! A case of the corpus: modules, data and an input, and what OPA makes of them.

use std::collections::BTreeMap;

use sark_policy::{Bundle, PolicyHost, Settings};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::host::settings;
use crate::outcome::Outcome;

/// One case, as its file has it. `tests/corpus/README.md` explains the fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique over all files.
    pub name: String,
    /// The dialect of Rego; 1 if absent.
    #[serde(default = "version_1")]
    pub version: u32,
    /// Whether an error of a builtin function fails the evaluation; true if absent.
    #[serde(default = "yes")]
    pub strict: bool,
    /// File name to source.
    pub modules: BTreeMap<String, String>,
    /// The bundle's data.
    pub data: Option<Value>,
    /// What is asked for.
    pub entrypoint: String,
    /// The input; `{}` if absent.
    #[serde(default = "empty_object")]
    pub input: Value,
    /// What OPA says.
    pub want: Want,
    /// What our engine says instead.
    pub differs: Option<String>,
}

/// What OPA says.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Want {
    /// This value.
    Result {
        /// The value.
        result: Value,
    },
    /// No value.
    Undefined {
        /// Always true.
        undefined: bool,
    },
    /// Evaluation fails.
    Error {
        /// OPA's code.
        error: String,
    },
    /// The bundle is not activated.
    Refused {
        /// OPA's code.
        refused: String,
        /// Where the first error is.
        file: String,
        /// Its row, 1 is the first.
        row: u32,
    },
}

fn version_1() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn empty_object() -> Value {
    json!({})
}

impl Case {
    /// What our engine makes of it.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let settings = Settings {
            strict_builtin_errors: self.strict,
            ..settings()
        };
        let host = self
            .bundle()
            .and_then(|bundle| PolicyHost::open(bundle, settings));
        let decided = host.and_then(|host| host.decide(&self.entrypoint, &self.input));
        Outcome::of(decided)
    }

    fn bundle(&self) -> Result<Bundle, sark_policy::Error> {
        let mut files = self.modules.clone();
        if self.version != 1 {
            let manifest = json!({"rego_version": self.version});
            files.insert(".manifest".to_owned(), manifest.to_string());
        }
        if let Some(data) = &self.data {
            files.insert("data.json".to_owned(), data.to_string());
        }
        Bundle::of_files(
            files
                .iter()
                .map(|(path, contents)| (path.as_str(), contents.as_str())),
        )
    }
}

//! The corpus' cases: `tests/corpus/README.md` explains them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sark_policy_rego::Path as Place;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{Answer, Outcome};
use crate::official::shortened;
use crate::question::{Question, Source, now, present};

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusCase {
    /// Unique over all files.
    pub name: String,
    /// Its file, without the extension.
    #[serde(skip)]
    pub group: String,
    #[serde(default = "version_1")]
    version: u32,
    #[serde(default = "yes")]
    strict: bool,
    modules: BTreeMap<String, String>,
    data: Option<Value>,
    entrypoint: String,
    #[serde(default, deserialize_with = "present")]
    input: Option<Value>,
    want: Want,
    #[serde(rename = "differs")]
    _differs: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Want {
    Result {
        result: Value,
    },
    Undefined {
        undefined: bool,
    },
    Error {
        error: String,
    },
    Refused {
        refused: String,
        file: String,
        row: u32,
    },
}

fn version_1() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// All cases of the corpus, file by file.
///
/// # Panics
///
/// The corpus cannot be read.
#[must_use]
pub fn corpus() -> Vec<CorpusCase> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    let entries = fs::read_dir(folder).expect("the corpus is there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "yaml"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a text");
        let found: Vec<CorpusCase> = yaml_serde::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let group = file.file_stem().unwrap_or_default().to_string_lossy();
        cases.extend(found.into_iter().map(|case| CorpusCase {
            group: group.clone().into_owned(),
            ..case
        }));
    }
    cases
}

impl CorpusCase {
    /// As a question with one input and one query.
    #[must_use]
    pub fn question(&self) -> Question {
        let version = self.version;
        let modules = self.modules.iter().map(|(file, source)| {
            let source = source.clone();
            (file.clone(), Source { source, version })
        });
        let data = self.data.as_ref().map(serde_json::value::to_raw_value);
        let query = Place::parse(&self.entrypoint).map(|path| path.to_reference());
        Question {
            modules: modules.collect(),
            data: data.and_then(Result::ok),
            inputs: vec![
                self.input
                    .as_ref()
                    .map_or("{}".to_owned(), Value::to_string),
            ],
            queries: vec![query.unwrap_or_default()],
            strict: self.strict,
            no_index: false,
            now: now(),
            ..Question::default()
        }
    }

    /// Whether an answer is what the case wants.
    ///
    /// # Errors
    ///
    /// What it wants instead, in words.
    pub fn judge(&self, answer: &Answer) -> Result<(), String> {
        let wanted = match (answer, &self.want) {
            (Answer::Refused(problems), Want::Refused { refused, file, row }) => problems
                .iter()
                .any(|p| p.code == *refused && p.file == *file && p.row == *row),
            (answer, want) => match (answer.only(), want) {
                (Some(Outcome::Value(text)), Want::Result { result }) => {
                    serde_json::from_str(text).is_ok_and(|found| same(&found, result))
                }
                (Some(Outcome::Undefined), Want::Undefined { undefined }) => *undefined,
                (Some(Outcome::Failed { code, .. }), Want::Error { error }) => code == error,
                _ => false,
            },
        };
        if wanted {
            return Ok(());
        }
        Err(format!(
            "got {}, want {}",
            shortened(&answer.to_string()),
            shortened(&format!("{:?}", self.want))
        ))
    }
}

/// Whether two values are the same, numbers as the corpus has them: as floats.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let found = |key| other.get(key);
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| found(key).is_some_and(|found| same(value, found)))
        }
        _ => one == other,
    }
}

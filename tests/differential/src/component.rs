//! The component in its Rust host.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use sark_policy::{Bundle, Error, PolicyHost, Settings};
use serde_json::json;

use crate::answer::{Answer, Outcome, Problem};
use crate::engine::Engine;
use crate::question::Question;

/// The input that stands for none.
const NO_INPUT: &str = "undefined";

/// The component in its Rust host: a host for each question, on one compiled component.
///
/// The time is the machine's, whatever the question says, and values are plain JSON.
#[derive(Debug, Default)]
pub struct Component;

impl Engine for Component {
    fn ask(&mut self, question: &Question) -> Answer {
        let settings = Settings {
            shards: NonZeroUsize::MIN,
            deadline: Duration::from_secs(20),
            activation_deadline: Duration::from_secs(20),
            cache_ttl: Duration::ZERO,
            depth: 256,
            strict_builtin_errors: question.strict,
            ..Settings::default()
        };
        let host = bundle(question).and_then(|bundle| PolicyHost::open(bundle, settings));
        match host {
            Ok(host) => decide(&host, question),
            Err(Error::BundleRefused { problems }) => {
                Answer::Refused(problems.into_iter().map(Problem::from).collect())
            }
            Err(error) => Answer::Broken(error.to_string()),
        }
    }
}

fn bundle(question: &Question) -> Result<Bundle, Error> {
    let versions: BTreeMap<String, u32> = question
        .modules
        .iter()
        .map(|(file, module)| (format!("/{file}"), module.version))
        .collect();
    let manifest = json!({"revision": "1", "file_rego_versions": versions}).to_string();
    let mut files = vec![(".manifest", manifest.as_str())];
    if let Some(data) = &question.data {
        files.push(("data.json", data.get()));
    }
    let modules = question.modules.iter();
    files.extend(modules.map(|(file, module)| (file.as_str(), module.source.as_str())));
    Bundle::of_files(files)
}

fn decide(host: &PolicyHost, question: &Question) -> Answer {
    let mut inputs: Vec<&str> = question.inputs.iter().map(String::as_str).collect();
    if inputs.is_empty() {
        inputs.push(NO_INPUT);
    }
    let mut rows = Vec::new();
    for input in inputs {
        let mut row = Vec::new();
        for query in &question.queries {
            row.push(match host.decide_json(query, input) {
                Ok(decision) => decision
                    .result()
                    .map_or(Outcome::Undefined, |text| Outcome::Value(text.to_owned())),
                // What can never be there is not there now.
                Err(Error::UnknownEntrypoint { .. }) => Outcome::Undefined,
                Err(Error::EvaluationFailed { problem }) => Outcome::Failed {
                    code: problem.code,
                    message: problem.message,
                },
                Err(error) => return Answer::Broken(error.to_string()),
            });
        }
        rows.push(row);
    }
    Answer::Decided(rows)
}

impl From<sark_policy::Problem> for Problem {
    fn from(problem: sark_policy::Problem) -> Self {
        Self {
            code: problem.code,
            message: problem.message,
            file: problem.file,
            row: problem.row,
            column: problem.column,
        }
    }
}

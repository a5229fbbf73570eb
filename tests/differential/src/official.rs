//! OPA's official cases, as the oracle tells them: its program reads them from OPA's Go module, and says them as
//! bundle, entry point, input and answer.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::process::{Command, Stdio};

use sark_policy_rego::{Object, Value, read_json};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Answer, Outcome};
use crate::oracle::oracle_program;
use crate::question::{Question, Source, now};

/// Levels of nesting in what a case wants.
const DEPTH: u32 = 256;

/// One of OPA's cases.
#[derive(Debug, Deserialize)]
pub struct OfficialCase {
    /// Unique in its set.
    pub name: String,
    /// The folder it comes from.
    pub group: String,
    modules: BTreeMap<String, Source>,
    data: Option<Box<RawValue>>,
    input: Option<String>,
    entrypoint: String,
    variable: Option<String>,
    strict: bool,
    sort_bindings: bool,
    want: Want,
}

#[derive(Debug, Deserialize)]
struct Want {
    refused: Option<String>,
    code: Option<String>,
    error: Option<String>,
    bindings: Option<Box<RawValue>>,
}

/// In one line, not too long.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 240;
    let line = text.replace('\n', " ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The cases of a set, `v1` or `v0`.
///
/// # Errors
///
/// The oracle is not there, or fails.
pub fn official_cases(set: &str) -> io::Result<Vec<OfficialCase>> {
    let output = Command::new(oracle_program())
        .args(["cases", set])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other("the oracle does not tell its cases"));
    }
    let lines = output.stdout.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(|line| Ok(serde_json::from_slice(line)?))
        .collect()
}

impl OfficialCase {
    /// As a question with one input and one query.
    #[must_use]
    pub fn question(&self) -> Question {
        Question {
            modules: self.modules.clone(),
            data: self.data.clone(),
            inputs: self.input.iter().cloned().collect(),
            queries: vec![self.entrypoint.clone()],
            strict: self.strict,
            no_index: false,
            now: now(),
            ..Question::default()
        }
    }

    /// Whether OPA itself refuses this case as a bundle.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.want.refused.is_some()
    }

    /// Whether an answer is what the case wants.
    ///
    /// # Errors
    ///
    /// What it wants instead, in words.
    pub fn judge(&self, answer: &Answer) -> Result<(), String> {
        if self.is_wanted(answer) {
            return Ok(());
        }
        Err(format!(
            "got {}, want {}",
            shortened(&answer.to_string()),
            shortened(&self.want.to_string())
        ))
    }

    fn is_wanted(&self, answer: &Answer) -> bool {
        if let Some(code) = &self.want.refused {
            return matches!(answer, Answer::Refused(problems) if problems.iter().any(|p| p.code == *code));
        }
        match (answer.only(), &self.want) {
            (
                Some(Outcome::Failed { code, .. }),
                Want {
                    code: Some(want), ..
                },
            ) => code == want,
            (Some(Outcome::Failed { .. }), Want { error, .. }) => error.is_some(),
            (
                Some(found),
                Want {
                    bindings: Some(bindings),
                    ..
                },
            ) => self
                .found(found)
                .is_some_and(|found| Some(found) == self.wanted(bindings)),
            _ => false,
        }
    }

    fn wanted(&self, bindings: &RawValue) -> Option<BTreeSet<Value>> {
        let value = read_json(bindings.get(), DEPTH).ok()?;
        Some(value.as_array()?.iter().map(|b| self.sorted(b)).collect())
    }

    /// The bindings that an outcome stands for.
    fn found(&self, outcome: &Outcome) -> Option<BTreeSet<Value>> {
        let value = match outcome {
            Outcome::Value(text) => read_json(text, DEPTH).ok()?,
            Outcome::Undefined => return Some(BTreeSet::new()),
            Outcome::Failed { .. } => return None,
        };
        match &self.variable {
            Some(variable) => {
                let bound = Object::from_iter([(Value::from(variable.as_str()), value)]);
                Some(BTreeSet::from([self.sorted(&Value::from(bound))]))
            }
            None => Some(value.as_array()?.iter().map(|b| self.sorted(b)).collect()),
        }
    }

    /// A binding, its arrays sorted if the case asks for that.
    fn sorted(&self, binding: &Value) -> Value {
        let Some(object) = binding.as_object().filter(|_| self.sort_bindings) else {
            return binding.clone();
        };
        let sorted = object.iter().map(|(name, value)| {
            let mut items = value.as_array().map(<[Value]>::to_vec);
            if let Some(items) = &mut items {
                items.sort();
            }
            (name.clone(), items.map_or(value.clone(), Value::from))
        });
        Value::from(sorted.collect::<Object>())
    }
}

impl std::fmt::Display for Want {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self {
                refused: Some(code),
                ..
            } => write!(f, "refused: {code}"),
            Self {
                code: Some(code), ..
            } => f.write_str(code),
            Self {
                error: Some(text), ..
            } => write!(f, "an error ({text})"),
            Self {
                bindings: Some(bindings),
                ..
            } => f.write_str(bindings.get()),
            _ => f.write_str("nothing"),
        }
    }
}

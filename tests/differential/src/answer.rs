//! What an engine makes of a question.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::question::present;

/// What an engine makes of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Line", into = "Line")]
pub enum Answer {
    /// It is a policy; the outcomes are query by query, for each input.
    Decided(Vec<Vec<Outcome>>),
    /// It is no policy, for these reasons.
    Refused(Vec<Problem>),
    /// The engine broke down: it crashed, hung, or did not understand.
    Broken(String),
}

/// What a query comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A value, as JSON.
    Value(String),
    /// No value.
    Undefined,
    /// An error.
    Failed {
        /// Its code.
        code: String,
        /// Its text: never compared.
        message: String,
    },
}

/// Why a module is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// OPA's code.
    pub code: String,
    /// The text: never compared.
    pub message: String,
    /// The file.
    pub file: String,
    /// The row; 1 is the first, 0 means none.
    pub row: u32,
    /// The column; 1 is the first, 0 means none.
    pub column: u32,
}

impl Answer {
    /// The builtin functions for whose absence a policy was refused, each once; none if there is any other reason.
    #[must_use]
    pub fn missing_builtins(&self) -> Vec<String> {
        let Self::Refused(problems) = self else {
            return Vec::new();
        };
        let name = |message: &str| {
            let (name, rest) = message.strip_prefix("function `")?.split_once('`')?;
            rest.starts_with(" is not available here")
                .then(|| name.to_owned())
        };
        let names = problems.iter().map(|problem| name(&problem.message));
        let mut names: Vec<String> = names.collect::<Option<_>>().unwrap_or_default();
        names.sort();
        names.dedup();
        names
    }

    /// The outcome of a question with one input and one query.
    #[must_use]
    pub fn only(&self) -> Option<&Outcome> {
        match self {
            Self::Decided(outcomes) => outcomes.first()?.first(),
            _ => None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decided(outcomes) => {
                let texts = outcomes.iter().flatten().map(ToString::to_string);
                f.write_str(&texts.collect::<Vec<_>>().join(" · "))
            }
            Self::Refused(problems) => {
                f.write_str("refused:")?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, " {problem}"))
            }
            Self::Broken(how) => write!(f, "broken: {how}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(text) => f.write_str(text),
            Self::Undefined => f.write_str("undefined"),
            Self::Failed { code, message } => write!(f, "{code} ({message})"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {} ({})",
            self.file, self.row, self.column, self.code, self.message
        )
    }
}

/// An answer as a line of JSON, as the oracle writes it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Line {
    results: Vec<Vec<Found>>,
    problems: Vec<Problem>,
    failure: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Found {
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    value: Option<Box<RawValue>>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    message: String,
}

impl From<Line> for Answer {
    fn from(line: Line) -> Self {
        if !line.failure.is_empty() {
            return Self::Broken(line.failure);
        }
        if !line.problems.is_empty() {
            return Self::Refused(line.problems);
        }
        let rows = line.results.into_iter();
        Self::Decided(
            rows.map(|row| row.into_iter().map(Outcome::from).collect())
                .collect(),
        )
    }
}

impl From<Answer> for Line {
    fn from(answer: Answer) -> Self {
        let mut line = Self::default();
        match answer {
            Answer::Broken(how) => line.failure = how,
            Answer::Refused(problems) => line.problems = problems,
            Answer::Decided(rows) => {
                let rows = rows.into_iter();
                let found = rows.map(|row| row.into_iter().map(Found::from).collect());
                line.results = found.collect();
            }
        }
        line
    }
}

impl From<Found> for Outcome {
    fn from(found: Found) -> Self {
        match found.value {
            Some(value) => Self::Value(value.get().to_owned()),
            None if found.error.is_empty() => Self::Undefined,
            None => Self::Failed {
                code: found.error,
                message: found.message,
            },
        }
    }
}

impl From<Outcome> for Found {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Value(text) => Self {
                value: RawValue::from_string(text).ok(),
                ..Self::default()
            },
            Outcome::Undefined => Self::default(),
            Outcome::Failed { code, message } => Self {
                value: None,
                error: code,
                message,
            },
        }
    }
}

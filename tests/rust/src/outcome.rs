//! What a decision came to, in the corpus' words.

use std::fmt;

use sark_policy::{Decision, Error, Problem};
use serde_json::Value;

use crate::case::Want;

/// What a decision came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A value.
    Result(Value),
    /// No value.
    Undefined,
    /// Undecided: the evaluation failed, the input was refused, or the entry point is unknown.
    Failed(Problem),
    /// The bundle was not activated.
    Refused(Vec<Problem>),
    /// Something that no case asks for.
    Unexpected(String),
}

impl Outcome {
    /// Reads what a host returned.
    #[must_use]
    pub fn of(decided: Result<Decision, Error>) -> Self {
        match decided {
            Ok(decision) => match decision.read() {
                Ok(Some(value)) => Self::Result(value),
                Ok(None) => Self::Undefined,
                Err(error) => Self::Unexpected(error.to_string()),
            },
            Err(Error::BundleRefused { problems }) => Self::Refused(problems),
            Err(
                Error::UnknownEntrypoint { problem }
                | Error::InputRefused { problem }
                | Error::EvaluationFailed { problem },
            ) => Self::Failed(problem),
            Err(other) => Self::Unexpected(other.to_string()),
        }
    }

    /// Whether this is what a case wants.
    #[must_use]
    pub fn is(&self, want: &Want) -> bool {
        match (self, want) {
            (Self::Result(value), Want::Result { result }) => same(value, result),
            (Self::Undefined, Want::Undefined { undefined }) => *undefined,
            (Self::Failed(problem), Want::Error { error }) => problem.code == *error,
            (Self::Refused(problems), Want::Refused { refused, file, row }) => {
                problems.iter().any(|problem| {
                    problem.code == *refused && problem.file == *file && problem.row == *row
                })
            }
            _ => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result(value) => write!(f, "{value}"),
            Self::Undefined => f.write_str("undefined"),
            Self::Failed(problem) => write!(f, "{problem}"),
            Self::Refused(problems) => {
                f.write_str("refused:")?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, " {problem}"))
            }
            Self::Unexpected(what) => write!(f, "unexpected: {what}"),
        }
    }
}

/// Whether two values are the same, numbers by value: `1` is `1.0`.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|found| same(value, found)))
        }
        _ => one == other,
    }
}

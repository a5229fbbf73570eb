//! What an engine makes of a question.

use std::fmt;

use serde::Deserialize;

/// What an engine makes of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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

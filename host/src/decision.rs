//! A decision, and what explains it.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Error, Problem};

/// One decision: the value of an entry point for an input, by one revision of the policy.
#[derive(Debug, Clone)]
pub struct Decision {
    pub(crate) made: Arc<Made>,
    pub(crate) cached: bool,
}

/// What every copy of a decision shares.
#[derive(Debug)]
pub(crate) struct Made {
    /// `{"result":…}`, or `{}`.
    pub answer: Box<str>,
    pub id: DecisionId,
    pub revision: Arc<str>,
    pub entrypoint: Arc<str>,
    pub at: SystemTime,
}

impl Decision {
    /// The value as JSON, or `None` where the entry point is undefined for this input.
    #[must_use]
    pub fn result(&self) -> Option<&str> {
        self.made.answer.strip_prefix(RESULT)?.strip_suffix('}')
    }

    /// Whether there is a value. An undefined decision is neither `false` nor an error.
    #[must_use]
    pub fn defined(&self) -> bool {
        self.result().is_some()
    }

    /// The whole answer, as OPA's REST API would give it: `{"result":…}`, or `{}` where undefined.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.made.answer
    }

    /// The value, read into a type of yours; `None` where undefined.
    ///
    /// # Errors
    ///
    /// The value is not of that type.
    pub fn read<'d, T: serde::Deserialize<'d>>(&'d self) -> Result<Option<T>, serde_json::Error> {
        self.result().map(serde_json::from_str).transpose()
    }

    /// Whether the answer came from the cache: an identical question was decided before, by the same
    /// revision, no longer ago than the cache's time to live.
    #[must_use]
    pub fn cached(&self) -> bool {
        self.cached
    }

    /// The revision of the policy that decided.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.made.revision
    }

    /// Names the evaluation that decided; a cached answer carries the id of the one it came from.
    #[must_use]
    pub fn decision_id(&self) -> DecisionId {
        self.made.id
    }

    /// What explains the decision.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics<'_> {
        Diagnostics {
            entrypoint: &self.made.entrypoint,
            made_at: self.made.at,
            deterministic: self.made.id.number % 2 == 1,
        }
    }
}

/// What explains a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics<'d> {
    /// The entry point, as the caller named it.
    pub entrypoint: &'d str,
    /// When the evaluation was made, by the host's clock: a cached answer's age.
    pub made_at: SystemTime,
    /// Whether the evaluation used neither the clock nor chance: then the same question to the same revision
    /// has the same answer at any time, whether or not the engine caches it. Else it held when it was made.
    pub deterministic: bool,
}

/// Names one evaluation, over all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecisionId {
    /// Random, one an instance.
    pub(crate) instance: u64,
    /// Rises with the instance's evaluations. Odd if the decision holds for its question.
    pub(crate) number: u64,
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.instance, self.number)
    }
}

const RESULT: &str = "{\"result\":";

/// The error that an answer stands for, if it is one.
pub(crate) fn failure(answer: &str) -> Option<Error> {
    #[derive(serde::Deserialize)]
    struct Failed {
        error: Problem,
    }
    if answer.starts_with(RESULT) || answer == "{}" {
        return None;
    }
    // INVARIANT: the guest writes no other answer; if one could not be read, it would still be an error.
    Some(match serde_json::from_str(answer) {
        Ok(Failed { error }) => Error::of_problem(error),
        Err(source) => Error::Trapped {
            source: source.into(),
        },
    })
}

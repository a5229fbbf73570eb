//! Everything that can go wrong, named for the event.
//!
//! Every error of a decision means the same to a caller: undecided, so deny.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// Something wrong in a bundle, an input or an evaluation: what, where, and the cure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// A stable word, OPA's own where OPA has one: `rego_parse_error`, `eval_conflict_error`.
    pub code: String,
    /// What happened: one line.
    pub message: String,
    /// The file in the bundle, `input` for the input, or empty.
    pub file: String,
    /// First row is 1; 0 where no row is to blame.
    pub row: u32,
    /// First column is 1; 0 where no column is to blame.
    pub column: u32,
    /// What would put it right: one line.
    pub cure: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            f.write_str(&self.file)?;
            for number in [self.row, self.column] {
                if number > 0 {
                    write!(f, ":{number}")?;
                }
            }
            f.write_str(": ")?;
        }
        write!(f, "{}: {}; {}", self.code, self.message, self.cure)
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A bundle's file or folder cannot be read.
    #[error("cannot read the bundle `{}`", path.display())]
    BundleUnreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A bundle exceeds its limit as it is handed over.
    #[error(
        "the bundle has {size} bytes, more than {limit}; shrink it, or raise `Settings::bundle`"
    )]
    BundleTooLarge {
        /// Its size, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A bundle is not sound. What was current stays current.
    #[error("the bundle was refused: {}", Lines(problems))]
    BundleRefused {
        /// Everything found, at least one.
        problems: Vec<Problem>,
    },
    /// Nothing in the bundle can ever be at this entry point.
    #[error("{problem}")]
    UnknownEntrypoint {
        /// Which, and what there is.
        problem: Problem,
    },
    /// An input cannot be written as JSON.
    #[error("the input cannot be written as JSON")]
    InputNotSerializable {
        /// Why.
        source: serde_json::Error,
    },
    /// An input is not JSON, or exceeds a limit.
    #[error("the input was refused: {problem}")]
    InputRefused {
        /// Why.
        problem: Problem,
    },
    /// The policy failed on this input.
    #[error("the evaluation failed: {problem}")]
    EvaluationFailed {
        /// Where and why.
        problem: Problem,
    },
    /// A call took too long and was ended; its instance is built afresh.
    #[error(
        "the deadline of {limit:?} elapsed; simplify the policy for such inputs, or raise the deadline"
    )]
    DeadlineElapsed {
        /// The deadline.
        limit: Duration,
    },
    /// A call needed too much memory and was ended; its instance is built afresh.
    #[error(
        "the memory limit of {limit} bytes was exhausted; simplify the policy for such inputs, or raise `memory`"
    )]
    MemoryExhausted {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A call nested too deep and was ended; its instance is built afresh.
    #[error("the stack was exhausted; make the policy recurse less deep on such inputs")]
    StackExhausted,
    /// A call hit a fault of the component and was ended; its instance is built afresh.
    #[error("the component trapped; please report the input that makes it do so")]
    Trapped {
        /// What the engine says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The shard was busy until the deadline.
    #[error("no instance was free within {waited:?}; raise `shards`, or shed load before")]
    Saturated {
        /// How long the call waited.
        waited: Duration,
    },
    /// There is no earlier generation.
    #[error("there is no earlier generation to go back to; activate a bundle instead")]
    NothingToRollBack,
    /// The host was closed.
    #[error("the host is closed; open another one")]
    Closed,
    /// A setting is out of range.
    #[error("setting `{name}`: {message}")]
    BadSetting {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The component cannot be compiled or instantiated here.
    #[error("the sandbox is not available")]
    SandboxUnavailable {
        /// What the engine says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A path cannot be watched.
    #[error("cannot watch `{}`", path.display())]
    WatchFailed {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: notify::Error,
    },
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

struct Lines<'p>(&'p [Problem]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [only] => write!(f, "{only}"),
            several => several
                .iter()
                .try_for_each(|problem| write!(f, "\n  {problem}")),
        }
    }
}

impl Error {
    /// The error of a call that the engine ended.
    pub(crate) fn of_trap(trap: wasmtime::Error, limits: &Limits) -> Self {
        use wasmtime::Trap;
        match trap.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => Self::DeadlineElapsed {
                limit: limits.deadline,
            },
            // The guest's own stack lies below its memory, so running over it leaves the memory.
            Some(Trap::StackOverflow | Trap::MemoryOutOfBounds) => Self::StackExhausted,
            _ if limits.memory_refused => Self::MemoryExhausted {
                limit: limits.memory,
            },
            _ => Self::Trapped {
                source: trap.into_boxed_dyn_error(),
            },
        }
    }

    pub(crate) fn unavailable(source: wasmtime::Error) -> Self {
        Self::SandboxUnavailable {
            source: source.into_boxed_dyn_error(),
        }
    }

    /// The error of a decision that the guest could not make.
    pub(crate) fn of_problem(problem: Problem) -> Self {
        match problem.code.as_str() {
            "unknown_entrypoint" => Self::UnknownEntrypoint { problem },
            "input_parse_error" | "input_too_large" | "input_too_deep" => {
                Self::InputRefused { problem }
            }
            _ => Self::EvaluationFailed { problem },
        }
    }
}

/// What a call may use, and whether it asked for more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub deadline: Duration,
    pub memory: usize,
    pub memory_refused: bool,
}

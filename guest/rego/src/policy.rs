//! A compiled policy: modules and data that were checked together, ready to decide.

use crate::module::Module;
use crate::path::Path;
use crate::problem::{Code, Problem};
use crate::value::Value;

/// The number of an entry point in its policy.
pub type EntrypointId = usize;

/// How a policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether an error of a builtin function ends the evaluation. Else the call is undefined, as by OPA's
    /// default.
    pub strict_builtin_errors: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict_builtin_errors: true,
        }
    }
}

/// What an evaluation came to. The three are never mixed up: an undefined value is not `false`, and an
/// error is neither.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The value asked for.
    Value(Value),
    /// There is no value.
    Undefined,
    /// The evaluation failed: undecided.
    Failed(Problem),
}

/// An outcome, and whether the same question has the same answer at another time.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// What it came to.
    pub outcome: Outcome,
    /// False if a builtin was used whose answer depends on more than its operands: the clock, chance.
    pub repeatable: bool,
}

/// A compiled policy.
#[derive(Debug)]
pub struct Policy {
    rules: Vec<Path>,
}

impl Policy {
    /// Checks and compiles modules against their data, with the default options.
    ///
    /// # Errors
    ///
    /// As [`Policy::compile_with`].
    pub fn compile(modules: &[Module], data: Value) -> Result<Self, Vec<Problem>> {
        Self::compile_with(modules, data, Options::default())
    }

    /// Checks and compiles modules against their data.
    ///
    /// # Errors
    ///
    /// Every problem found.
    pub fn compile_with(
        _modules: &[Module],
        _data: Value,
        _options: Options,
    ) -> Result<Self, Vec<Problem>> {
        let message = "the evaluator is being built";
        Err(vec![Problem::new(Code::RegoCompile, message, "wait")])
    }

    /// Every rule that can be asked for, sorted.
    pub fn rules(&self) -> impl Iterator<Item = &Path> {
        self.rules.iter()
    }

    /// The packages, each with the file that declares it.
    pub fn packages(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.rules.iter().map(|path| (path, ""))
    }

    /// The number of an entry point. Numbers are dense, start at 0 and never change.
    ///
    /// # Errors
    ///
    /// `unknown_entrypoint` when nothing can ever be at this path.
    pub fn resolve(&mut self, text: &str) -> Result<EntrypointId, Problem> {
        let message = format!("entry point `{text}` does not exist");
        Err(Problem::new(Code::UnknownEntrypoint, message, "wait"))
    }

    /// Evaluates an entry point for an input, or for none at all (`input` is undefined), at the time `now`, in
    /// nanoseconds since the Unix epoch.
    pub fn evaluate(
        &mut self,
        _entrypoint: EntrypointId,
        _now: u64,
        _input: Option<Value>,
    ) -> Evaluation {
        Evaluation {
            outcome: Outcome::Undefined,
            repeatable: true,
        }
    }
}

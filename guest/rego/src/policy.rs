//! A compiled policy: modules and data that were checked together, ready to decide.

use std::sync::Arc;

use regorus::{Engine, PolicyLengthConfig};

use crate::builtins::{self, Moment};
use crate::checks;
use crate::declarations::Declarations;
use crate::entrypoint::{Entrypoint, EntrypointId};
use crate::fault;
use crate::module::{Module, Version};
use crate::path::Path;
use crate::problem::{Code, Problem};
use crate::value::Value;

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
pub struct Policy {
    engine: Engine,
    /// The engine as compiled. regorus can be left in a broken state by an error, so an engine that
    /// raised one is replaced by a copy of this.
    pristine: Engine,
    moment: Arc<Moment>,
    data: Value,
    declarations: Declarations,
    entrypoints: Vec<Entrypoint>,
}

impl Policy {
    /// Checks and compiles modules against their data.
    ///
    /// # Errors
    ///
    /// Every problem found: syntax by module, unknown functions, rules that collide with data.
    pub fn compile(modules: &[Module], data: Value) -> Result<Self, Vec<Problem>> {
        let moment = Arc::new(Moment::default());
        let mut engine = read_modules(modules)?;
        let declarations = Declarations::of(engine.get_modules());
        let problems = checks::problems(engine.get_modules(), &declarations, &data);
        if !problems.is_empty() {
            return Err(problems);
        }
        prepare(&mut engine, &moment, data.clone())
            .map_err(|error| vec![fault::of_compiler(&error)])?;
        Ok(Self {
            pristine: engine.clone(),
            engine,
            moment,
            data,
            declarations,
            entrypoints: Vec::new(),
        })
    }

    /// Every rule that can be asked for, sorted.
    pub fn rules(&self) -> impl Iterator<Item = &Path> {
        self.declarations.rules.keys()
    }

    /// The packages, each with the file that declares it.
    pub fn packages(&self) -> impl Iterator<Item = (&Path, &str)> {
        let packages = self.declarations.packages.iter();
        packages.map(|(path, declared)| (path, declared.file.as_str()))
    }

    /// The number of an entry point. Numbers are dense, start at 0 and never change.
    ///
    /// # Errors
    ///
    /// `unknown_entrypoint` when nothing can ever be at this path.
    pub fn resolve(&mut self, text: &str) -> Result<EntrypointId, Problem> {
        let path = Path::parse(text).ok_or_else(|| {
            Problem::new(
                Code::UnknownEntrypoint,
                format!("`{text}` is not a path"),
                "write it as `mcp/gateway/result` or `data.mcp.gateway.result`",
            )
        })?;
        if let Some(known) = self.entrypoints.iter().position(|e| *e.path() == path) {
            return Ok(known);
        }
        let entrypoint = Entrypoint::find(path, &self.declarations, &self.data)?;
        self.entrypoints.push(entrypoint);
        Ok(self.entrypoints.len() - 1)
    }

    /// Evaluates an entry point for an input at the time `now`, in nanoseconds since the Unix epoch.
    pub fn evaluate(&mut self, entrypoint: EntrypointId, now: u64, input: Value) -> Evaluation {
        let Some(entrypoint) = self.entrypoints.get(entrypoint) else {
            return Evaluation {
                outcome: Outcome::Failed(Problem::new(
                    Code::UnknownEntrypoint,
                    format!("entry point number {entrypoint} was never given out"),
                    "resolve the entry point on this instance first",
                )),
                repeatable: true,
            };
        };
        self.moment.begin(now);
        self.engine.set_input(input);
        let outcome = match entrypoint.evaluate(&mut self.engine) {
            Ok(Value::Undefined) => Outcome::Undefined,
            Ok(value) => Outcome::Value(value),
            Err(error) => {
                self.engine = self.pristine.clone();
                Outcome::Failed(fault::of_evaluation(&error))
            }
        };
        Evaluation {
            outcome,
            repeatable: !self.moment.was_unrepeatable(),
        }
    }
}

fn read_modules(modules: &[Module]) -> Result<Engine, Vec<Problem>> {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    // The bundle's own limits hold; these would only refuse long lines and large files.
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: std::num::NonZeroU32::MAX,
        max_file_bytes: std::num::NonZeroUsize::MAX,
        max_lines: std::num::NonZeroUsize::MAX,
    });
    let mut problems = Vec::new();
    for module in modules {
        engine.set_rego_v0(module.version == Version::V0);
        if let Err(error) = engine.add_policy(module.path.clone(), module.source.clone()) {
            problems.push(fault::of_parser(&error, &module.path));
        }
    }
    if problems.is_empty() {
        Ok(engine)
    } else {
        Err(problems)
    }
}

fn prepare(engine: &mut Engine, moment: &Arc<Moment>, data: Value) -> anyhow::Result<()> {
    builtins::install(engine, moment)?;
    engine.add_data(data)?;
    engine.set_input(Value::new_object());
    engine.eval_query("true".to_owned(), false)?;
    Ok(())
}

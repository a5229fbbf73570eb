//! A compiled policy: modules and data that were checked together, ready to decide.

use crate::compile::{self, Compiled};
use crate::entrypoint::{self, EntrypointId};
use crate::eval::{Finished, Machine, Memory};
use crate::explain::{self, RuleIndex};
use crate::module::Module;
use crate::path::Path;
use crate::plan::Planner;
use crate::plan::program::Program;
use crate::plan::step::DataStep;
use crate::problem::{Code, Problem};
use crate::rules::Rules;
use crate::syntax;
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

/// How a policy is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether the error of a builtin function fails the decision. Else the call is undefined, as is OPA's
    /// default.
    pub strict_builtin_errors: bool,
    /// Whether the rule index says which definitions can hold for an input, and that one is enough where all give
    /// one value. Without it each is tried to its end: for comparisons, as with OPA's `rego.EvalRuleIndexing(false)`
    /// and `rego.EvalEarlyExit(false)`.
    pub rule_indexing: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict_builtin_errors: true,
            rule_indexing: true,
        }
    }
}

/// A compiled policy.
#[derive(Debug)]
pub struct Policy {
    compiled: Compiled,
    program: Program,
    rules: Rules,
    data: Value,
    options: Options,
    entrypoints: Vec<(Path, DataStep)>,
    memory: Memory,
}

impl Policy {
    /// Checks and compiles modules against their data.
    ///
    /// # Errors
    ///
    /// Every problem found: the syntax errors of all modules, or else what the first check found wrong that
    /// found anything.
    pub fn compile(modules: &[Module], data: Value) -> Result<Self, Vec<Problem>> {
        Self::compile_with(modules, data, Options::default())
    }

    /// As [`compile`](Self::compile), to be evaluated in another way.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    pub fn compile_with(
        modules: &[Module],
        data: Value,
        options: Options,
    ) -> Result<Self, Vec<Problem>> {
        let compiled = compile::compile(parse(modules)?, &data)?;
        let program = Planner::plan(&compiled, data.clone(), &[])?;
        Ok(Self {
            rules: Rules::of(&compiled),
            compiled,
            program,
            data,
            options,
            entrypoints: Vec::new(),
            memory: Memory::default(),
        })
    }

    /// Every rule that can be asked for, sorted.
    pub fn rules(&self) -> impl Iterator<Item = &Path> {
        self.rules.documents.iter()
    }

    /// The packages, each with the file that declares it.
    pub fn packages(&self) -> impl Iterator<Item = (&Path, &str)> {
        let packages = self.rules.packages.iter();
        packages.map(|(path, file)| (path, file.as_str()))
    }

    /// What the rule index can tell apart, of each path that has several definitions; sorted.
    #[must_use]
    pub fn explain_index(&self) -> Vec<RuleIndex> {
        explain::explain(&self.compiled)
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
        let known = self
            .entrypoints
            .iter()
            .position(|(known, _)| *known == path);
        if let Some(known) = known {
            return Ok(known);
        }
        entrypoint::check(&path, &self.rules, &self.data)?;
        self.plan_for(&path)?;
        let place = entrypoint::place(&path, &self.program);
        self.entrypoints.push((path, place));
        Ok(self.entrypoints.len() - 1)
    }

    /// Evaluates an entry point for an input at the time `now`, in nanoseconds since the Unix epoch.
    /// Without an input, `input` is undefined.
    pub fn evaluate(
        &mut self,
        entrypoint: EntrypointId,
        now: u64,
        input: impl Into<Option<Value>>,
    ) -> Evaluation {
        let mut evaluations = self.evaluate_each(&[entrypoint], now, input);
        evaluations.pop().unwrap_or_else(|| unknown(entrypoint))
    }

    /// Evaluates several entry points for one input, as [`evaluate`](Self::evaluate) does each: what happens to one
    /// does not touch the others.
    pub fn evaluate_each(
        &mut self,
        entrypoints: &[EntrypointId],
        now: u64,
        input: impl Into<Option<Value>>,
    ) -> Vec<Evaluation> {
        let memory = std::mem::take(&mut self.memory);
        let mut machine = Machine::new(&self.program, memory, self.options, now, input.into());
        let evaluate = |entrypoint: &EntrypointId| match self.entrypoints.get(*entrypoint) {
            Some((_, place)) => machine.decide(place).into(),
            None => unknown(*entrypoint),
        };
        let evaluations = entrypoints.iter().map(evaluate).collect();
        self.memory = machine.finish();
        evaluations
    }

    /// Plans the bodies that an entry point needs beside those that the rules need: where it asks for one key
    /// of many.
    fn plan_for(&mut self, path: &Path) -> Result<(), Problem> {
        if self.program.has_plan_for(&entrypoint::hops(path)) {
            return Ok(());
        }
        let paths = self.entrypoints.iter().map(|(path, _)| path);
        let wanted: Vec<_> = paths.chain([path]).map(entrypoint::hops).collect();
        let planned = Planner::plan(&self.compiled, self.data.clone(), &wanted);
        self.program = planned.map_err(|problems| {
            let first = problems.into_iter().next();
            first.unwrap_or_else(|| Problem::new(Code::RegoCompile, "no plan", "report this"))
        })?;
        for (path, place) in &mut self.entrypoints {
            *place = entrypoint::place(path, &self.program);
        }
        Ok(())
    }
}

impl From<Finished> for Evaluation {
    fn from(finished: Finished) -> Self {
        Self {
            outcome: match finished.outcome {
                Ok(Some(value)) => Outcome::Value(value),
                Ok(None) => Outcome::Undefined,
                Err(problem) => Outcome::Failed(*problem),
            },
            repeatable: !finished.unrepeatable,
        }
    }
}

fn unknown(entrypoint: EntrypointId) -> Evaluation {
    Evaluation {
        outcome: Outcome::Failed(Problem::new(
            Code::UnknownEntrypoint,
            format!("entry point number {entrypoint} was never given out"),
            "resolve the entry point on this instance first",
        )),
        repeatable: true,
    }
}

fn parse(modules: &[Module]) -> Result<Vec<syntax::ast::Module>, Vec<Problem>> {
    let mut parsed = Vec::with_capacity(modules.len());
    let mut problems = Vec::new();
    // In the order of their paths, as OPA goes through them: it decides which of two rules comes first.
    let mut sorted: Vec<_> = modules.iter().collect();
    sorted.sort_by(|one, other| one.path.cmp(&other.path));
    for (number, module) in sorted.into_iter().enumerate() {
        match syntax::parse(module, u32::try_from(number).unwrap_or(u32::MAX)) {
            Ok(module) => parsed.push(module),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(parsed)
    } else {
        Err(problems)
    }
}

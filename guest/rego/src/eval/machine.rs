//! The machine that runs a plan for one decision.

use super::flow::Flow;
use super::limits::Limits;
use super::memo::Memo;
use super::world::World;
use crate::builtins::Context;
use crate::plan::index::Selected;
use crate::plan::program::Program;
use crate::plan::step::{DataStep, Slot};
use crate::policy::Options;
use crate::problem::{Code, Problem};
use crate::value::Value;

/// Where a decision's value comes to lie.
pub const RESULT: Slot = 0;

/// Runs a plan for one decision.
pub struct Machine<'p> {
    pub(super) program: &'p Program,
    pub(super) memory: Memory,
    pub(super) world: Box<World<'p>>,
    pub(super) context: Context,
    pub(super) limits: Limits,
    pub(super) options: Options,
    /// The first error of a builtin function. Evaluation goes on, as in OPA, but the decision fails.
    pub(super) failure: Option<Box<Problem>>,
}

/// What one decision leaves to the next: buffers, emptied.
#[derive(Debug, Default)]
pub struct Memory {
    /// The frames of slots, one above the other.
    pub(super) stack: Vec<Value>,
    /// Operands of calls that are being made.
    pub(super) operands: Vec<Value>,
    pub(super) selections: Vec<Selected>,
    pub(super) memos: Vec<Memo>,
    pub(super) builtins: Context,
}

/// What an evaluation came to.
#[derive(Debug)]
pub struct Finished {
    /// The value, its absence, or an error.
    pub outcome: Result<Option<Value>, Box<Problem>>,
    /// Whether an answer depended on more than operands and input.
    pub unrepeatable: bool,
}

impl<'p> Machine<'p> {
    /// A machine for decisions on one input at a moment, in nanoseconds since the Unix epoch.
    pub fn new(
        program: &'p Program,
        mut memory: Memory,
        options: Options,
        now: u64,
        input: Option<Value>,
    ) -> Self {
        let memo = memory.memos.pop().unwrap_or_default();
        let mut context = std::mem::take(&mut memory.builtins);
        context.begin(now);
        Self {
            program,
            memory,
            world: Box::new(World {
                input,
                memo,
                ..World::default()
            }),
            context,
            limits: Limits::new(),
            options,
            failure: None,
        }
    }

    /// Decides: the value at a place in data. Several may be asked for, one after the other; each answers as if it was
    /// the only one. What one has found out the others do not know: it may have looked no further than it had to, where
    /// another would have met a conflict.
    pub fn decide(&mut self, place: &'p DataStep) -> Finished {
        self.limits = Limits::new();
        self.memory.stack.push(Value::Null);
        let mut found = None;
        let ran = self.data(place, 0, &mut |m| {
            found = Some(m.slot(0, RESULT).clone());
            Ok(Flow::Next)
        });
        self.memory.stack.clear();
        self.memory.operands.clear();
        self.world.memo.clear();
        let failure = self.failure.take();
        let unrepeatable = self.context.unrepeatable;
        self.context.begin(self.context.now);
        let outcome = match (failure, ran) {
            // OPA tells of the first builtin error, whatever else went wrong; a limit is ours.
            (_, Err(problem)) if problem.code == Code::EvalCancel => Err(problem),
            (Some(problem), _) if self.options.strict_builtin_errors => Err(problem),
            (_, Err(problem)) => Err(problem),
            (_, Ok(_)) => Ok(found),
        };
        Finished {
            outcome,
            unrepeatable,
        }
    }

    /// What is left for the next decisions.
    pub fn finish(mut self) -> Memory {
        self.memory.memos.push(self.world.memo);
        self.memory.builtins = self.context;
        self.memory
    }
}

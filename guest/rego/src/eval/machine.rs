//! The machine that runs a plan for one decision.

use super::flow::Flow;
use super::limits::Limits;
use super::memo::Memo;
use super::world::World;
use crate::builtins::Context;
use crate::plan::index::Selected;
use crate::plan::program::Program;
use crate::plan::step::{DataStep, Slot};
use crate::problem::Problem;
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
    /// Whether a builtin function's error ends in an error; else the call is undefined.
    pub(super) strict: bool,
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

/// What a decision came to.
#[derive(Debug)]
pub struct Finished {
    /// The value, its absence, or an error.
    pub outcome: Result<Option<Value>, Box<Problem>>,
    /// Whether an answer depended on more than operands and input.
    pub unrepeatable: bool,
    /// For the next decision.
    pub memory: Memory,
}

impl<'p> Machine<'p> {
    /// A machine for a decision at a moment, in nanoseconds since the Unix epoch.
    pub fn new(program: &'p Program, mut memory: Memory, now: u64, strict: bool) -> Self {
        let memo = memory.memos.pop().unwrap_or_default();
        let mut context = std::mem::take(&mut memory.builtins);
        context.begin(now);
        Self {
            program,
            memory,
            world: Box::new(World {
                memo,
                ..World::default()
            }),
            context,
            limits: Limits::new(),
            strict,
            failure: None,
        }
    }

    /// Decides: the value at a place in data, for an input.
    pub fn decide(mut self, place: &'p DataStep, input: Option<Value>) -> Finished {
        self.world.input = input;
        self.memory.stack.push(Value::Null);
        let mut found = None;
        let ran = self.data(place, 0, &mut |m| {
            found = Some(m.slot(0, RESULT).clone());
            Ok(Flow::Next)
        });
        let outcome = match (self.failure.take(), ran) {
            // OPA tells of the first builtin error, whatever else went wrong; a limit is ours.
            (_, Err(problem)) if problem.code == crate::problem::Code::EvalCancel => Err(problem),
            (Some(problem), _) if self.strict => Err(problem),
            (_, Err(problem)) => Err(problem),
            (_, Ok(_)) => Ok(found),
        };
        let mut memory = self.memory;
        memory.stack.clear();
        memory.operands.clear();
        self.world.memo.clear();
        memory.memos.push(self.world.memo);
        let unrepeatable = self.context.unrepeatable;
        memory.builtins = self.context;
        Finished {
            outcome,
            unrepeatable,
            memory,
        }
    }
}

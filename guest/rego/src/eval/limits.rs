//! What bounds one decision.
//!
//! The host bounds time and memory too, but from outside: it can only end the whole instance. These limits
//! end a decision with an error that says why, and the instance lives on.

use crate::problem::{Code, Problem};

/// Most instructions of one decision: some seconds.
const STEPS: u64 = 100_000_000;
/// Most values that one decision may gather in collections.
const VALUES: u64 = 2_000_000;
/// Room for what nests, in hundreds of bytes of stack about: it is what the hosts give a call, less a fifth.
const ROOM: u32 = 8_000;
/// What a rule, a function, or a level of `walk` takes of it.
pub const RULE: u32 = 11;
/// What a condition takes of it that runs what follows it inside.
pub const CONDITION: u32 = 19;

/// What is left of a decision's limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    steps: u64,
    values: u64,
    room: u32,
}

impl Limits {
    /// All of it.
    pub const fn new() -> Self {
        Self {
            steps: STEPS,
            values: VALUES,
            room: ROOM,
        }
    }

    /// Spends instructions.
    #[inline]
    pub fn step(&mut self, count: u64) -> Result<(), Box<Problem>> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => exceeded(&format!("it takes more than {STEPS} steps")),
        }
    }

    /// Spends values.
    pub fn gather(&mut self, count: usize) -> Result<(), Box<Problem>> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match self.values.checked_sub(count) {
            Some(left) => {
                self.values = left;
                Ok(())
            }
            None => exceeded(&format!("it gathers more than {VALUES} values")),
        }
    }

    /// Goes a level down that takes this much room.
    #[inline]
    pub fn enter(&mut self, room: u32) -> Result<(), Box<Problem>> {
        match self.room.checked_sub(room) {
            Some(left) => {
                self.room = left;
                Ok(())
            }
            None => exceeded("rules and conditions are nested too deep"),
        }
    }

    /// Comes up from it.
    #[inline]
    pub const fn leave(&mut self, room: u32) {
        self.room += room;
    }
}

#[cold]
fn exceeded(what: &str) -> Result<(), Box<Problem>> {
    Err(Box::new(Problem::new(
        Code::EvalCancel,
        format!("the decision was given up: {what}"),
        "make the policy do less for this input, or refuse such inputs before",
    )))
}

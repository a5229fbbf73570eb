//! How evaluation goes on.

use crate::eval::Machine;
use crate::problem::Problem;
use crate::value::Value;

/// What a solution's continuation says to the one who found the solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Look for the next solution.
    Next,
    /// Who asked has enough; but whether the value found is the only one must still be made sure of.
    Enough,
    /// Stop looking.
    Stop,
}

/// What is known of a value before what follows it runs.
#[derive(Debug)]
pub enum Settled {
    /// It has to be looked for together with what follows.
    Later,
    /// The value, if there is one.
    Now(Option<Value>),
}

/// What running something comes to. An error ends the decision.
pub type Ran = Result<Flow, Box<Problem>>;

/// What is run for each solution.
pub type Sink<'s, 'p> = &'s mut dyn FnMut(&mut Machine<'p>) -> Ran;

/// What is run for each value.
pub type Taker<'s, 'p> = &'s mut dyn FnMut(&mut Machine<'p>, Value) -> Ran;

/// Remembers, while all solutions are gone through, that who asked has enough.
#[derive(Debug, Clone, Copy)]
pub struct Loop(Flow);

impl Loop {
    /// Nobody has said anything.
    pub const fn new() -> Self {
        Self(Flow::Next)
    }

    /// Takes note; true if the loop must end now.
    pub const fn ends(&mut self, flow: Flow) -> bool {
        match flow {
            Flow::Next => false,
            Flow::Enough => {
                self.0 = Flow::Enough;
                false
            }
            Flow::Stop => {
                self.0 = Flow::Stop;
                true
            }
        }
    }

    /// What the loop comes to.
    pub const fn flow(self) -> Flow {
        self.0
    }
}

//! What rules see: input, data and functions. `with` makes another world out of one.

use super::memo::Memo;
use crate::builtins::Builtin;
use crate::plan::program::SetId;
use crate::plan::step::{Callee, Place};
use crate::value::Value;

/// What rules see.
#[derive(Debug, Default)]
pub struct World<'p> {
    /// The input; absent where there is none.
    pub input: Option<Value>,
    /// What stands over the base document.
    pub data: Option<Value>,
    /// The places in data that are replaced: no rule and no base document is seen at or below them.
    pub replaced: Vec<Box<[Value]>>,
    /// The functions that are replaced; later ones count first.
    pub mocks: Vec<(Callee, Mock<'p>)>,
    /// What was evaluated in this world.
    pub memo: Memo,
}

/// What stands in a function's place.
#[derive(Debug, Clone)]
pub enum Mock<'p> {
    /// A value, whatever the arguments.
    Value(Value),
    /// What lies at a place when the function is called.
    Place(&'p Place),
    /// A builtin function.
    Builtin(&'static Builtin),
    /// A function of the policy.
    Rules(SetId),
}

impl<'p> World<'p> {
    /// Whether a place in data is replaced: it lies at or below a target of `with`.
    pub fn is_replaced(&self, path: &[Value]) -> bool {
        self.replaced.iter().any(|target| path.starts_with(target))
    }

    /// What stands in a function's place.
    pub fn mock(&self, callee: Callee) -> Option<Mock<'p>> {
        let mut mocks = self.mocks.iter().rev();
        mocks
            .find(|(mocked, _)| *mocked == callee)
            .map(|(_, mock)| mock.clone())
    }
}

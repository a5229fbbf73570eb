//! Calls of the policy's functions.

use super::flow::{Ran, Settled, Sink};
use super::machine::Machine;
use crate::plan::step::{ApplyStep, Callee, Pattern};
use crate::problem::Problem;

impl<'p> Machine<'p> {
    /// A call, with what runs for its value.
    pub(super) fn apply(&mut self, apply: &'p ApplyStep, base: usize, sink: Sink<'_, 'p>) -> Ran {
        let start = self.memory.operands.len();
        for arg in &apply.args {
            let arg = self.build(arg, base);
            self.memory.operands.push(arg);
        }
        let ran = if let Some(mock) = self.world.mock(Callee::Rules(apply.set)) {
            let at = crate::syntax::ast::Location::default();
            self.call_mock(&mock, start, &apply.result, base, at, sink)
        } else {
            let args = self.memory.operands.get(start..).unwrap_or_default();
            if let Some(value) = self.world.memo.call(apply.set, args).cloned() {
                self.take(value, &apply.result, base, sink)
            } else {
                let wanted = match &apply.result {
                    Pattern::Same(build) => Some(self.build(build, base)),
                    _ => None,
                };
                self.definitions(apply.set, start, wanted.as_ref(), &mut |m, value| {
                    m.take(value, &apply.result, base, sink)
                })
            }
        };
        self.memory.operands.truncate(start);
        ran
    }

    /// The value of a call, if it can be found before what follows it.
    pub(super) fn settled_apply(
        &mut self,
        apply: &'p ApplyStep,
        base: usize,
    ) -> Result<Settled, Box<Problem>> {
        if !self.world.mocks.is_empty() || matches!(apply.result, Pattern::Same(_)) {
            return Ok(Settled::Later);
        }
        let start = self.memory.operands.len();
        for arg in &apply.args {
            let arg = self.build(arg, base);
            self.memory.operands.push(arg);
        }
        let args = self.memory.operands.get(start..).unwrap_or_default();
        let found = match self.world.memo.call(apply.set, args).cloned() {
            value @ Some(_) => Settled::Now(value),
            None => self.settled(apply.set, start)?,
        };
        self.memory.operands.truncate(start);
        Ok(found)
    }
}

//! Calls of builtin functions.

use super::flow::{Flow, Ran, Sink};
use super::machine::Machine;
use super::world::Mock;
use crate::builtins::{Builtin, BuiltinError, Run};
use crate::plan::step::{Build, CallStep, Callee, Pattern, Place};
use crate::problem::{Code, Problem};
use crate::syntax::ast::Location;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// The answer of a builtin function that no mock stands for and that has one answer at most.
    #[inline]
    pub(super) fn call(&mut self, call: &CallStep, base: usize) -> Option<Value> {
        if let (Run::Comparison(compare), [left, right]) = (call.builtin.run, &*call.args) {
            return Some(Value::Bool(self.compare(compare, left, right, base)));
        }
        let start = self.memory.operands.len();
        for arg in &call.args {
            let arg = self.build(arg, base);
            self.memory.operands.push(arg);
        }
        let answer = self.answer(call.builtin, start, call.at);
        self.memory.operands.truncate(start);
        answer
    }

    #[inline]
    fn compare(
        &self,
        compare: fn(&Value, &Value) -> bool,
        left: &Build,
        right: &Build,
        base: usize,
    ) -> bool {
        match (self.peek(left, base), self.peek(right, base)) {
            (Some(left), Some(right)) => compare(left, right),
            _ => compare(&self.build(left, base), &self.build(right, base)),
        }
    }

    /// A call that a mock may stand for, or that may have many answers.
    pub(super) fn open_call(&mut self, call: &'p CallStep, base: usize, sink: Sink<'_, 'p>) -> Ran {
        match self.world.mock(Callee::Builtin(call.builtin)) {
            Some(Mock::Value(value)) => self.take(value, &call.result, base, sink),
            Some(mock) => {
                let start = self.memory.operands.len();
                for arg in &call.args {
                    let arg = self.build(arg, base);
                    self.memory.operands.push(arg);
                }
                let ran = self.call_mock(&mock, start, &call.result, base, call.at, sink);
                self.memory.operands.truncate(start);
                ran
            }
            None if matches!(call.builtin.run, Run::Relation) => {
                let Some(start) = call.args.first() else {
                    return Ok(Flow::Next);
                };
                let start = self.build(start, base);
                self.walk_relation(&start, &call.result, base, sink)
            }
            None => match self.call(call, base) {
                Some(value) => self.take(value, &call.result, base, sink),
                None => Ok(Flow::Next),
            },
        }
    }

    /// Calls the function that a mock puts in another's place. While it runs, nothing is mocked.
    pub(super) fn call_mock(
        &mut self,
        mock: &Mock<'p>,
        start: usize,
        result: &'p Pattern,
        base: usize,
        at: Location,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        match mock {
            Mock::Value(value) => self.take(value.clone(), result, base, sink),
            // Where no one asks for the value, OPA does not look at it either.
            Mock::Place(_) if matches!(result, Pattern::Truthy) => sink(self),
            Mock::Place(Place::Input(keys)) => {
                let input = self.world.input.as_ref();
                let found = input.and_then(|input| self.look_up(input, keys, base));
                match found {
                    Some(value) => self.take(value, result, base, sink),
                    None => Ok(Flow::Next),
                }
            }
            Mock::Place(Place::Data(data)) => self.data_at(data, result, base, sink),
            Mock::Builtin(builtin) if matches!(builtin.run, Run::Relation) => {
                let value = self.memory.operands.get(start).cloned();
                match value {
                    Some(value) => self.walk_relation(&value, result, base, sink),
                    None => Ok(Flow::Next),
                }
            }
            Mock::Builtin(builtin) => match self.answer(builtin, start, at) {
                Some(value) => self.take(value, result, base, sink),
                None => Ok(Flow::Next),
            },
            Mock::Rules(set) => {
                let mut hidden = std::mem::take(&mut self.world.mocks);
                let ran = self.definitions(*set, start, None, &mut |m, value| {
                    std::mem::swap(&mut m.world.mocks, &mut hidden);
                    let ran = m.take(value, result, base, sink);
                    std::mem::swap(&mut m.world.mocks, &mut hidden);
                    ran
                });
                self.world.mocks = hidden;
                ran
            }
        }
    }

    /// Runs the sink if a value matches.
    pub(super) fn take(
        &mut self,
        value: Value,
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        if self.matches(result, value, base) {
            sink(self)
        } else {
            Ok(Flow::Next)
        }
    }

    fn answer(&mut self, builtin: &Builtin, start: usize, at: Location) -> Option<Value> {
        let operands = self.memory.operands.get(start..).unwrap_or_default();
        let answer = match builtin.run {
            Run::Contextual(run) => run(&mut self.context, operands),
            Run::Refused(why) => Err(BuiltinError::Failed(why.to_owned())),
            run => run.pure(operands).unwrap_or(Ok(None)),
        };
        match answer {
            Ok(value) => value,
            Err(error) => {
                // Evaluation goes on, as OPA's does; of several errors the first one counts.
                if self.failure.is_none() {
                    self.failure = Some(Box::new(self.failed(builtin, error, at)));
                }
                None
            }
        }
    }

    #[cold]
    fn failed(&self, builtin: &Builtin, error: BuiltinError, at: Location) -> Problem {
        let (code, what, cure) = match error {
            BuiltinError::Type(what) => (
                Code::EvalType,
                what,
                "check the type of the operand before the call, for example with `is_string`",
            ),
            BuiltinError::Failed(what) => (
                Code::EvalBuiltin,
                what,
                "check the operands before the call, so that it cannot fail on this input",
            ),
            BuiltinError::Conflict(what) => (
                Code::EvalConflict,
                what,
                "make sure that only one value can be true at a time",
            ),
        };
        let message = format!("{}: {what}", builtin.name);
        self.place(Problem::new(code, message, cure), at)
    }

    /// A problem at a place in the sources.
    pub(super) fn place(&self, problem: Problem, at: Location) -> Problem {
        let file = usize::try_from(at.module)
            .ok()
            .and_then(|module| self.program.files.get(module));
        problem.at(file.map_or("", String::as_str), at.row, at.column)
    }
}

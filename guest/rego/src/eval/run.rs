//! Running instructions.

use super::flow::{Flow, Ran, Settled, Sink};
use super::limits;
use super::machine::Machine;
use crate::builtins::Run;
use crate::plan::step::{EveryStep, Root, Step};
use crate::problem::Problem;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Runs instructions in the frame at `base`, and the sink for each solution.
    pub(super) fn run(&mut self, mut steps: &'p [Step], base: usize, sink: Sink<'_, 'p>) -> Ran {
        while let Some((step, rest)) = steps.split_first() {
            self.limits.step(1)?;
            steps = rest;
            let holds = match step {
                Step::Fail => false,
                Step::Unify(build, pattern) => {
                    let value = self.build(build, base);
                    self.matches(pattern, value, base)
                }
                Step::Path(root, keys, pattern) => {
                    let found = match root {
                        Root::Input => {
                            let input = self.world.input.as_ref();
                            input.and_then(|input| self.look_up(input, keys, base))
                        }
                        Root::Value(build) => {
                            let start = self.build(build, base);
                            self.look_up(&start, keys, base)
                        }
                    };
                    found.is_some_and(|value| self.matches(pattern, value, base))
                }
                Step::Walk(root, hops, pattern) => {
                    let start = match root {
                        Root::Input => self.world.input.clone(),
                        Root::Value(build) => Some(self.build(build, base)),
                    };
                    let Some(start) = start else {
                        return Ok(Flow::Next);
                    };
                    return self.nested(|m| {
                        m.walk(start, hops, pattern, base, &mut |m| m.run(rest, base, sink))
                    });
                }
                Step::Parts(parts) => {
                    return self.nested(|m| m.parts(parts, base, &mut |m| m.run(rest, base, sink)));
                }
                Step::Data(data) => match self.settled_data(data, base)? {
                    Settled::Now(found) => {
                        found.is_some_and(|value| self.matches(&data.result, value, base))
                    }
                    Settled::Later => {
                        return self
                            .nested(|m| m.data(data, base, &mut |m| m.run(rest, base, sink)));
                    }
                },
                Step::Call(call) => {
                    if matches!(call.builtin.run, Run::Relation) || !self.world.mocks.is_empty() {
                        return self
                            .nested(|m| m.open_call(call, base, &mut |m| m.run(rest, base, sink)));
                    }
                    match self.call(call, base) {
                        Some(value) => self.matches(&call.result, value, base),
                        None => false,
                    }
                }
                Step::Apply(apply) => match self.settled_apply(apply, base)? {
                    Settled::Now(found) => {
                        found.is_some_and(|value| self.matches(&apply.result, value, base))
                    }
                    Settled::Later => {
                        return self
                            .nested(|m| m.apply(apply, base, &mut |m| m.run(rest, base, sink)));
                    }
                },
                Step::Collect(collect) if !self.may_match(collect, base) => false,
                Step::Collect(collect) => {
                    let value = self.nested(|m| m.collect(collect, base))?;
                    self.matches(&collect.result, value, base)
                }
                Step::Not(block) => !self.nested(|m| m.has_solution(block, base))?,
                Step::And(left, right) => {
                    self.nested(|m| m.has_one(left, base))?
                        && self.nested(|m| m.has_one(right, base))?
                }
                Step::Or(left, right) => {
                    self.nested(|m| m.has_one(left, base))?
                        || self.nested(|m| m.has_one(right, base))?
                }
                Step::Every(every) => self.nested(|m| m.every(every, base))?,
                Step::With(with) => {
                    return self.nested(|m| m.with(with, base, &mut |m| m.run(rest, base, sink)));
                }
            };
            if !holds {
                return Ok(Flow::Next);
            }
        }
        sink(self)
    }

    /// Runs something one level down.
    #[inline]
    pub(super) fn nested<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<T, Box<Problem>>,
    ) -> Result<T, Box<Problem>> {
        self.limits.enter(limits::CONDITION)?;
        let ran = run(self);
        self.limits.leave(limits::CONDITION);
        ran
    }

    /// Whether a block has a solution. All are looked for, as OPA does for `not`: their errors count.
    fn has_solution(&mut self, block: &'p [Step], base: usize) -> Result<bool, Box<Problem>> {
        let mut found = false;
        self.run(block, base, &mut |_| {
            found = true;
            Ok(Flow::Next)
        })?;
        Ok(found)
    }

    /// Whether a block has a solution. The first is enough.
    fn has_one(&mut self, block: &'p [Step], base: usize) -> Result<bool, Box<Problem>> {
        let mut found = false;
        self.run(block, base, &mut |_| {
            found = true;
            Ok(Flow::Stop)
        })?;
        Ok(found)
    }

    fn every(&mut self, every: &'p EveryStep, base: usize) -> Result<bool, Box<Problem>> {
        let domain = self.build(&every.domain, base);
        if !matches!(domain, Value::Array(_) | Value::Set(_) | Value::Object(_)) {
            return Ok(false);
        }
        let mut all = true;
        self.run(&every.items, base, &mut |m| {
            all = m.has_one(&every.body, base)?;
            Ok(if all { Flow::Next } else { Flow::Stop })
        })?;
        Ok(all)
    }
}

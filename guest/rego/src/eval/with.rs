//! `with`: a block in another world.

use super::flow::{Ran, Sink};
use super::machine::Machine;
use super::world::{Mock, World};
use crate::plan::step::{Callee, Change, WithStep};
use crate::value::{Object, Value};

impl<'p> Machine<'p> {
    /// Runs a block in another world, and the sink in this one for each of its solutions.
    pub(super) fn with(&mut self, step: &'p WithStep, base: usize, sink: Sink<'_, 'p>) -> Ran {
        let mut other = self.changed(step, base);
        std::mem::swap(&mut self.world, &mut other);
        let ran = self.run(&step.body, base, &mut |m| {
            std::mem::swap(&mut m.world, &mut other);
            let ran = sink(m);
            std::mem::swap(&mut m.world, &mut other);
            ran
        });
        std::mem::swap(&mut self.world, &mut other);
        other.memo.clear();
        self.memory.memos.push(other.memo);
        ran
    }

    /// This world, changed.
    fn changed(&mut self, step: &'p WithStep, base: usize) -> Box<World<'p>> {
        let mut other = World {
            input: self.world.input.clone(),
            data: self.world.data.clone(),
            replaced: self.world.replaced.clone(),
            mocks: self.world.mocks.clone(),
            memo: self.memory.memos.pop().unwrap_or_default(),
        };
        for change in &step.changes {
            match change {
                Change::Input(path, value) => {
                    let value = self.build(value, base);
                    other.input = Some(put(other.input.take(), path, value));
                }
                Change::Data(path, value) => {
                    let value = self.build(value, base);
                    other.data = Some(put(other.data.take(), path, value));
                    other.replaced.push(path.clone());
                }
                Change::Value(callee, value) => {
                    let value = self.build(value, base);
                    other.mocks.push((*callee, Mock::Value(value)));
                }
                Change::Place(callee, place) => {
                    other.mocks.push((*callee, Mock::Place(place)));
                }
                Change::Function(callee, Callee::Builtin(builtin)) => {
                    other.mocks.push((*callee, Mock::Builtin(builtin)));
                }
                Change::Function(callee, Callee::Rules(set)) => {
                    other.mocks.push((*callee, Mock::Rules(*set)));
                }
            }
        }
        Box::new(other)
    }
}

/// A document with another value at a path. What is no object on the way there becomes one.
fn put(document: Option<Value>, path: &[Value], value: Value) -> Value {
    let Some((key, rest)) = path.split_first() else {
        return value;
    };
    let mut fields = match document {
        Some(Value::Object(fields)) => std::sync::Arc::unwrap_or_clone(fields),
        _ => Object::default(),
    };
    let below = fields.remove(key);
    fields.insert(key.clone(), put(below, rest, value));
    Value::from(fields)
}

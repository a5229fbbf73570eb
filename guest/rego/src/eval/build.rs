//! Making values.

use super::machine::Machine;
use crate::plan::step::{Build, Slot};
use crate::value::{Object, Set, Value};

impl Machine<'_> {
    /// The value that is made here, in the frame at `base`.
    #[inline]
    pub(super) fn build(&self, build: &Build, base: usize) -> Value {
        match build {
            Build::Const(value) => value.clone(),
            Build::Slot(slot) => self.slot(base, *slot).clone(),
            collection => self.build_collection(collection, base),
        }
    }

    /// The same where it is at hand, and need not be made.
    #[inline]
    pub(super) fn peek<'v>(&'v self, build: &'v Build, base: usize) -> Option<&'v Value> {
        match build {
            Build::Const(value) => Some(value),
            Build::Slot(slot) => Some(self.slot(base, *slot)),
            Build::Array(_) | Build::Object(_) | Build::Set(_) => None,
        }
    }

    fn build_collection(&self, build: &Build, base: usize) -> Value {
        let all = |items: &[Build]| -> Vec<Value> {
            items.iter().map(|item| self.build(item, base)).collect()
        };
        match build {
            Build::Array(items) => Value::from(all(items)),
            Build::Set(items) => Value::from(all(items).into_iter().collect::<Set>()),
            Build::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (self.build(key, base), self.build(value, base)));
                Value::from(fields.collect::<Object>())
            }
            Build::Const(value) => value.clone(),
            Build::Slot(slot) => self.slot(base, *slot).clone(),
        }
    }

    /// The value behind these keys, below a value.
    pub(super) fn look_up(&self, start: &Value, keys: &[Build], base: usize) -> Option<Value> {
        let mut value = start;
        for (at, key) in keys.iter().enumerate() {
            value = match key {
                Build::Const(key) => value.find(key)?,
                Build::Slot(slot) => value.find(self.slot(base, *slot))?,
                built => {
                    let built = self.build(built, base);
                    let rest = keys.get(at + 1..).unwrap_or_default();
                    return self.look_up(value.find(&built)?, rest, base);
                }
            };
        }
        Some(value.clone())
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a frame has as many slots as its rule's plan says"
    )]
    #[inline]
    pub(super) fn slot(&self, base: usize, slot: Slot) -> &Value {
        &self.memory.stack[base + slot]
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a frame has as many slots as its rule's plan says"
    )]
    #[inline]
    pub(super) fn bind(&mut self, base: usize, slot: Slot, value: Value) {
        self.memory.stack[base + slot] = value;
    }
}

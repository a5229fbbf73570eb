//! The variables of one definition: where they lie, and which have a value at the point that is planned.

use std::collections::HashMap;

use super::step::{Build, Slot};
use crate::syntax::ast::Name;
use crate::value::Value;

/// The variables of a definition.
#[derive(Debug, Default)]
pub struct Scope {
    slots: HashMap<Name, Slot>,
    count: usize,
    bound: Bound,
    /// Sets and objects that are written out with variables, by the variables that they are given to.
    written: HashMap<Slot, Build>,
    /// Values that are the same in every decision, by the variables that they are given to.
    known: HashMap<Slot, Value>,
}

/// Which variables have a value.
#[derive(Debug, Default, Clone)]
pub struct Bound(Vec<bool>);

impl Scope {
    /// How many slots are needed.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Where a variable that has a value lies.
    pub fn bound(&self, name: &Name) -> Option<Slot> {
        let slot = *self.slots.get(name)?;
        let bound = self.bound.0.get(slot).copied().unwrap_or_default();
        bound.then_some(slot)
    }

    /// Where a variable lies, whether or not it has a value here.
    pub fn slot(&self, name: &Name) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    /// Gives a variable its value from here on.
    pub fn bind(&mut self, name: &Name) -> Slot {
        let slot = if let Some(slot) = self.slots.get(name) {
            *slot
        } else {
            let slot = self.make();
            self.slots.insert(name.clone(), slot);
            slot
        };
        self.mark(slot);
        self.written.remove(&slot);
        self.known.remove(&slot);
        slot
    }

    /// What a variable was given, if that is a set or object written out with variables.
    pub fn written(&self, slot: Slot) -> Option<&Build> {
        self.written.get(&slot)
    }

    /// Notes what a variable is given.
    pub fn note_written(&mut self, slot: Slot, build: &Build) {
        if matches!(build, Build::Set(_) | Build::Object(_)) {
            self.written.insert(slot, build.clone());
        }
    }

    /// The value of a variable, if it is the same in every decision.
    pub fn known(&self, slot: Slot) -> Option<&Value> {
        self.known.get(&slot)
    }

    /// Notes the value that a variable has in every decision.
    pub fn note_known(&mut self, slot: Slot, value: &Value) {
        self.known.insert(slot, value.clone());
    }

    /// A slot that no variable has.
    pub fn temporary(&mut self) -> Slot {
        let slot = self.make();
        self.mark(slot);
        slot
    }

    /// Which variables have a value now.
    pub fn remember(&self) -> Bound {
        self.bound.clone()
    }

    /// Takes back what was bound since.
    pub fn restore(&mut self, bound: Bound) {
        self.bound = bound;
    }

    fn make(&mut self) -> Slot {
        let slot = self.count;
        self.count += 1;
        slot
    }

    fn mark(&mut self, slot: Slot) {
        if self.bound.0.len() <= slot {
            self.bound.0.resize(slot + 1, false);
        }
        if let Some(bound) = self.bound.0.get_mut(slot) {
            *bound = true;
        }
    }
}

//! What was evaluated before in the same decision and world.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::plan::program::SetId;
use crate::plan::step::CorrelatedStep;
use crate::value::Value;

/// Values of rules, by set.
#[derive(Debug, Default)]
pub struct Memo {
    /// INVARIANT: only sets in `touched` have an entry.
    sets: Vec<Entry>,
    touched: Vec<SetId>,
    keyed: HashMap<(SetId, Vec<Value>), Value>,
    calls: HashMap<(SetId, Vec<Argument>), Value>,
    /// Comprehensions by the step that makes them, each by the variables around it.
    correlated: HashMap<*const CorrelatedStep, HashMap<Vec<Value>, Value>>,
}

/// What is known of a set's value.
#[derive(Debug, Default, Clone)]
pub enum Entry {
    /// Nothing.
    #[default]
    Unknown,
    /// There is none.
    Undefined,
    /// This is it.
    Value(Value),
}

impl Memo {
    /// What is known of a set's value.
    pub fn get(&self, set: SetId) -> &Entry {
        self.sets.get(set).unwrap_or(&Entry::Unknown)
    }

    /// Keeps what a set came to.
    pub fn put(&mut self, set: SetId, entry: Entry) {
        if self.sets.len() <= set {
            self.sets.resize(set + 1, Entry::Unknown);
        }
        if let Some(kept) = self.sets.get_mut(set) {
            *kept = entry;
            self.touched.push(set);
        }
    }

    /// What a set of many values has at these keys.
    pub fn keyed(&self, set: SetId, keys: &[Value]) -> Option<&Value> {
        if self.keyed.is_empty() {
            return None;
        }
        self.keyed.get(&(set, keys.to_vec()))
    }

    /// Keeps what a set of many values has at these keys.
    pub fn put_keyed(&mut self, set: SetId, keys: &[Value], value: Value) {
        self.keyed.insert((set, keys.to_vec()), value);
    }

    /// What a function gave for these arguments.
    pub fn call(&self, set: SetId, args: &[Value]) -> Option<&Value> {
        if self.calls.is_empty() {
            return None;
        }
        self.calls.get(&(set, arguments(args)))
    }

    /// Keeps what a function gave for these arguments.
    pub fn put_call(&mut self, set: SetId, args: &[Value], value: Value) {
        self.calls.insert((set, arguments(args)), value);
    }

    /// What a comprehension makes for all values of the variables around it.
    pub fn correlated(&self, step: &CorrelatedStep) -> Option<&HashMap<Vec<Value>, Value>> {
        self.correlated.get(&std::ptr::from_ref(step))
    }

    /// Keeps what a comprehension makes.
    pub fn put_correlated(&mut self, step: &CorrelatedStep, made: HashMap<Vec<Value>, Value>) {
        self.correlated.insert(std::ptr::from_ref(step), made);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for set in self.touched.drain(..) {
            if let Some(entry) = self.sets.get_mut(set) {
                *entry = Entry::Unknown;
            }
        }
        self.keyed.clear();
        self.calls.clear();
        self.correlated.clear();
    }
}

fn arguments(args: &[Value]) -> Vec<Argument> {
    args.iter().cloned().map(Argument).collect()
}

/// An argument of a call. A collection is only ever found again as itself: comparing it by content could cost
/// more than the call.
#[derive(Debug, Clone)]
struct Argument(Value);

impl PartialEq for Argument {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Value::Array(one), Value::Array(other)) => Arc::ptr_eq(one, other),
            (Value::Object(one), Value::Object(other)) => Arc::ptr_eq(one, other),
            (Value::Set(one), Value::Set(other)) => Arc::ptr_eq(one, other),
            (one, other) => one == other,
        }
    }
}

impl Eq for Argument {}

impl Hash for Argument {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Array(items) => Arc::as_ptr(items).hash(state),
            Value::Object(fields) => Arc::as_ptr(fields).hash(state),
            Value::Set(items) => Arc::as_ptr(items).hash(state),
            scalar => scalar.hash(state),
        }
    }
}

//! What a builtin function may know beside its operands.

use std::collections::HashMap;

use crate::value::Value;

/// The decision a call is part of.
#[derive(Debug, Default)]
pub struct Context {
    /// The decision's moment, in nanoseconds since the Unix epoch.
    pub now: u64,
    /// Whether an answer was given that depends on more than operands and input.
    pub unrepeatable: bool,
    /// What `rand.intn` chose, by its operands: the same within one decision.
    pub chosen: HashMap<(String, u64), Value>,
    /// What `uuid.rfc4122` made, by its operand: the same within one decision.
    pub uuids: HashMap<Value, Value>,
}

impl Context {
    /// Forgets the decision before: another one begins, at this moment.
    pub fn begin(&mut self, now: u64) {
        self.now = now;
        self.unrepeatable = false;
        self.chosen.clear();
        self.uuids.clear();
    }
}

//! What a builtin function may know beside its operands.

/// The decision a call is part of.
#[derive(Debug, Default)]
pub struct Context {
    /// The decision's moment, in nanoseconds since the Unix epoch.
    pub now: u64,
    /// Whether an answer was given that depends on more than operands and input.
    pub unrepeatable: bool,
}

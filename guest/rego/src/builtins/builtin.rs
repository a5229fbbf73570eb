//! One builtin function.

use super::{Answer, BuiltinError, Context};
use crate::value::Value;

/// A builtin function: its name, its types, and its code.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// OPA's name: `json.marshal`, `plus`.
    pub name: &'static str,
    /// OPA's declaration, written `string, array[any] -> boolean`; see `signature`.
    pub declaration: &'static str,
    /// The code.
    pub run: Run,
}

/// How a builtin function is run.
#[derive(Clone, Copy)]
pub enum Run {
    /// Its answer depends on its operands alone.
    Pure(fn(&[Value]) -> Answer),
    /// It needs the decision's moment, chance or caches, and says itself whether that makes its answer
    /// unrepeatable.
    Contextual(fn(&mut Context, &[Value]) -> Answer),
    /// It answers with any number of values, one after the other (`walk`). The evaluator plays it.
    Relation,
    /// It is not there, or does not answer exactly as OPA: a policy that uses it is refused. Says why.
    Refused(&'static str),
}

impl BuiltinError {
    /// OPA's words for an operand of a wrong type.
    #[must_use]
    pub fn operand(position: usize, expected: &str, got: &Value) -> Self {
        Self::Type(format!(
            "operand {position} must be {expected} but got {}",
            got.type_name()
        ))
    }
}

//! Operands, taken as the kind a builtin function wants, with OPA's errors where they are another.

use super::BuiltinError;
pub use crate::value::read_int;
use crate::value::{Number, Object, Set, Value};

/// The operand at an index, counted from 0; the type checker has seen to it that it is there.
pub fn at(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Null)
}

/// The operand as a text.
pub fn text(args: &[Value], index: usize) -> Result<&str, BuiltinError> {
    let operand = at(args, index);
    operand
        .as_str()
        .ok_or_else(|| wrong(index, "string", operand))
}

/// The operand as an object.
pub fn object(args: &[Value], index: usize) -> Result<&Object, BuiltinError> {
    let operand = at(args, index);
    operand
        .as_object()
        .ok_or_else(|| wrong(index, "object", operand))
}

/// The operand as the items of an array.
pub fn array(args: &[Value], index: usize) -> Result<&[Value], BuiltinError> {
    let operand = at(args, index);
    operand
        .as_array()
        .ok_or_else(|| wrong(index, "array", operand))
}

/// The operand as a set.
pub fn set(args: &[Value], index: usize) -> Result<&Set, BuiltinError> {
    let operand = at(args, index);
    operand.as_set().ok_or_else(|| wrong(index, "set", operand))
}

/// The operand as a number.
pub fn number(args: &[Value], index: usize) -> Result<&Number, BuiltinError> {
    let operand = at(args, index);
    operand
        .as_number()
        .ok_or_else(|| wrong(index, "number", operand))
}

/// The operand as an integer of 64 bits.
pub fn int(args: &[Value], index: usize) -> Result<i64, BuiltinError> {
    to_int(number(args, index)?).ok_or_else(|| not_an_integer(index))
}

/// The error for a number with a fraction, or wider than 64 bits, counted from 0.
#[cold]
pub fn not_an_integer(index: usize) -> BuiltinError {
    BuiltinError::Type(format!(
        "operand {} must be integer number but got floating-point number",
        index + 1
    ))
}

/// The items of an array or a set, in their order; `None` for every other kind.
pub fn items(collection: &Value) -> Option<&[Value]> {
    match collection {
        Value::Array(items) => Some(items),
        Value::Set(set) => Some(set.as_slice()),
        _ => None,
    }
}

/// The array or set at an index, counted from 0, has a member of a wrong kind.
#[cold]
pub fn wrong_member(index: usize, expected: &str, whole: &Value, got: &Value) -> BuiltinError {
    let (position, whole, got) = (index + 1, whole.type_name(), got.type_name());
    BuiltinError::Type(format!(
        "operand {position} must be {whole} of {expected}s but got {whole} containing {got}"
    ))
}

/// The error for an operand of a wrong kind, counted from 0.
#[cold]
pub fn wrong(index: usize, expected: &str, got: &Value) -> BuiltinError {
    BuiltinError::operand(index + 1, expected, got)
}

/// The integer a number is written as: `12`, `12.0`, never `1e1`. OPA's `Number.Int`.
pub fn to_int(number: &Number) -> Option<i64> {
    number.to_i64()
}

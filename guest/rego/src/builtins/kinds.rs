//! What kind a value is of.

#![expect(
    clippy::unnecessary_wraps,
    reason = "they answer as every builtin function does"
)]

use super::operand::at;
use super::{Answer, Builtin};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("is_number", "any -> boolean", is_number),
    Builtin::pure("is_string", "any -> boolean", is_string),
    Builtin::pure("is_boolean", "any -> boolean", is_boolean),
    Builtin::pure("is_array", "any -> boolean", is_array),
    Builtin::pure("is_set", "any -> boolean", is_set),
    Builtin::pure("is_object", "any -> boolean", is_object),
    Builtin::pure("is_null", "any -> boolean", is_null),
    Builtin::pure("type_name", "any -> string", type_name),
];

fn is_number(operands: &[Value]) -> Answer {
    truth(matches!(at(operands, 0), Value::Number(_)))
}

fn is_string(operands: &[Value]) -> Answer {
    truth(matches!(at(operands, 0), Value::String(_)))
}

fn is_boolean(operands: &[Value]) -> Answer {
    truth(matches!(at(operands, 0), Value::Bool(_)))
}

fn is_array(operands: &[Value]) -> Answer {
    truth(matches!(at(operands, 0), Value::Array(_)))
}

fn is_set(operands: &[Value]) -> Answer {
    truth(matches!(at(operands, 0), Value::Set(_)))
}

fn is_object(operands: &[Value]) -> Answer {
    truth(matches!(at(operands, 0), Value::Object(_)))
}

fn is_null(operands: &[Value]) -> Answer {
    truth(matches!(at(operands, 0), Value::Null))
}

fn type_name(operands: &[Value]) -> Answer {
    Ok(Some(Value::from(at(operands, 0).type_name())))
}

fn truth(truth: bool) -> Answer {
    Ok(Some(Value::Bool(truth)))
}

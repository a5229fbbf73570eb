//! The operator `in`.

#![expect(
    clippy::unnecessary_wraps,
    reason = "they answer as every builtin function does"
)]

use super::operand::at;
use super::{Answer, Builtin};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("internal.member_2", "any, any -> boolean", member).infix("in"),
    Builtin::pure("internal.member_3", "any, any, any -> boolean", member_at).infix("in"),
];

/// `x in xs`.
fn member(operands: &[Value]) -> Answer {
    let wanted = at(operands, 0);
    Ok(Some(Value::Bool(match at(operands, 1) {
        Value::Set(set) => set.contains(wanted),
        Value::Array(items) => items.contains(wanted),
        Value::Object(object) => object.values().any(|value| value == wanted),
        _ => false,
    })))
}

/// `k, x in xs`: in a set, an element stands at itself.
fn member_at(operands: &[Value]) -> Answer {
    let (key, wanted, collection) = (at(operands, 0), at(operands, 1), at(operands, 2));
    Ok(Some(Value::Bool(match collection {
        Value::Set(set) => key == wanted && set.contains(key),
        other => other.get(key) == Some(wanted),
    })))
}

//! Comparisons.

#![expect(
    clippy::unnecessary_wraps,
    reason = "they answer as every builtin function does"
)]

use super::operand::at;
use super::{Answer, Builtin};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("eq", "any, any -> boolean", equal).infix("="),
    Builtin::pure("assign", "any, any -> boolean", equal).infix(":="),
    Builtin::pure("gt", "any, any -> boolean", gt).infix(">"),
    Builtin::pure("gte", "any, any -> boolean", gte).infix(">="),
    Builtin::pure("lt", "any, any -> boolean", lt).infix("<"),
    Builtin::pure("lte", "any, any -> boolean", lte).infix("<="),
    Builtin::pure("neq", "any, any -> boolean", neq).infix("!="),
    Builtin::pure("equal", "any, any -> boolean", equal).infix("=="),
];

fn equal(operands: &[Value]) -> Answer {
    Ok(Some(Value::Bool(at(operands, 0) == at(operands, 1))))
}

fn neq(operands: &[Value]) -> Answer {
    Ok(Some(Value::Bool(at(operands, 0) != at(operands, 1))))
}

fn gt(operands: &[Value]) -> Answer {
    Ok(Some(Value::Bool(at(operands, 0) > at(operands, 1))))
}

fn gte(operands: &[Value]) -> Answer {
    Ok(Some(Value::Bool(at(operands, 0) >= at(operands, 1))))
}

fn lt(operands: &[Value]) -> Answer {
    Ok(Some(Value::Bool(at(operands, 0) < at(operands, 1))))
}

fn lte(operands: &[Value]) -> Answer {
    Ok(Some(Value::Bool(at(operands, 0) <= at(operands, 1))))
}

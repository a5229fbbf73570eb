//! Comparisons.

use super::Builtin;
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::comparison("eq", "any, any -> boolean", Value::eq).infix("="),
    Builtin::comparison("assign", "any, any -> boolean", Value::eq).infix(":="),
    Builtin::comparison("gt", "any, any -> boolean", Value::gt).infix(">"),
    Builtin::comparison("gte", "any, any -> boolean", Value::ge).infix(">="),
    Builtin::comparison("lt", "any, any -> boolean", Value::lt).infix("<"),
    Builtin::comparison("lte", "any, any -> boolean", Value::le).infix("<="),
    Builtin::comparison("neq", "any, any -> boolean", Value::ne).infix("!="),
    Builtin::comparison("equal", "any, any -> boolean", Value::eq).infix("=="),
];

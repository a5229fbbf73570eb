//! Prints and traces, which are not shown.

use super::operand::text;
use super::{Answer, Builtin};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("trace", "string -> boolean", trace),
    Builtin::pure("print", "...any", silent),
    Builtin::pure("internal.print", "array[set[any]]", silent),
    Builtin::pure("internal.test_case", "array[any]", silent),
];

fn trace(operands: &[Value]) -> Answer {
    text(operands, 0)?;
    Ok(Some(Value::Bool(true)))
}

/// Goes on without a result, whatever the operands.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
const fn silent(_: &[Value]) -> Answer {
    Ok(Some(Value::Bool(true)))
}

//! Template strings.

use std::fmt::Write as _;

use super::operand::array;
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "strings.render_template",
        "string, object[string: any] -> string",
        "it is not there yet",
    ),
    Builtin::pure(
        "internal.template_string",
        "array[any] -> string",
        template_string,
    ),
];

/// What `$"a {x}"` became: its parts, each expression as a set of the one value it has, or none.
fn template_string(operands: &[Value]) -> Answer {
    let parts = array(operands, 0)?;
    let mut out = String::new();
    for part in parts {
        match part {
            Value::Set(set) => match set.as_slice() {
                [] => out.push_str("<undefined>"),
                [only] => push(only, &mut out),
                _ => {
                    return Err(BuiltinError::Conflict(
                        "template-strings must not produce multiple outputs".into(),
                    ));
                }
            },
            Value::Array(_) | Value::Object(_) => {
                return Err(BuiltinError::Failed(format!(
                    "illegal argument type: {}",
                    part.type_name()
                )));
            }
            scalar => push(scalar, &mut out),
        }
    }
    Ok(Some(Value::from(out)))
}

fn push(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        other => {
            // Writing to a text cannot fail.
            let _ = write!(out, "{other}");
        }
    }
}

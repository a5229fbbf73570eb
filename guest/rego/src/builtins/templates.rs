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

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn texts_stand_plain_and_all_else_as_a_policy_writes_it() {
        let parts = r#"["a ", {"set": ["b"]}, {"set": []}, {"set": [["c", 1.50]]}, null]"#;
        let whole = r#""a b<undefined>[\"c\", 1.50]null""#;
        assert_eq!(call("internal.template_string", &[parts]), whole);
    }
}

//! `json.*`.

mod filter;
mod patch;
mod paths;
mod read;
mod schema;
mod tree;
mod write;

pub use read::{Reading, read};
pub use write::{to_json, to_pretty_json};

use super::operand::{at, object, text};
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("json.marshal", "any -> string", marshal),
    Builtin::pure("json.marshal_with_options", "any, object<indent: string, prefix: string, pretty: boolean>[string: any] -> string", marshal_with_options),
    Builtin::pure("json.unmarshal", "string -> any", unmarshal),
    Builtin::pure("json.is_valid", "string -> boolean", is_valid),
    Builtin::pure("json.filter", "object[any: any], any<array[any<string, array[any]>], set[any<string, array[any]>]> -> object[any: any]", filter::filter),
    Builtin::pure("json.remove", "object[any: any], any<array[any<string, array[any]>], set[any<string, array[any]>]> -> object[any: any]", filter::remove),
    Builtin::pure("json.patch", "any, array[object<op: string, path: any>[any: any]] -> any", patch::patch),
    Builtin::pure("json.verify_schema", "any<string, object[any: any]> -> array<boolean, any<null, string>>", schema::verify_schema).unrepeatable(),
    Builtin::pure("json.match_schema", "any<string, object[any: any]>, any<string, object[any: any]> -> array<boolean, array[object<desc: string, error: string, field: string, type: string>]>", schema::match_schema).unrepeatable(),
];

/// How deep a document may nest that a policy reads from a text. Values deeper than this could exhaust the stack
/// when they are compared or written.
pub const MAX_DEPTH: u32 = 512;

/// `json.marshal`.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub fn marshal(args: &[Value]) -> Answer {
    Ok(Some(Value::from(to_json(at(args, 0)))))
}

/// `json.marshal_with_options`: `pretty`, `indent`, `prefix`; one of the latter two implies the first.
pub fn marshal_with_options(args: &[Value]) -> Answer {
    let (mut prefix, mut indent, mut pretty, mut implied) = ("", "\t", None, false);
    for (key, value) in object(args, 1)?.iter() {
        match (key.as_str(), value) {
            (Some("prefix"), Value::String(text)) => {
                prefix = text;
                implied = true;
            }
            (Some("indent"), Value::String(text)) => {
                indent = text;
                implied = true;
            }
            (Some("pretty"), Value::Bool(wanted)) => pretty = Some(*wanted),
            (Some(key @ ("prefix" | "indent" | "pretty")), value) => {
                return Err(BuiltinError::Type(format!(
                    "operand 2 key {key} must not be of type {}",
                    value.type_name()
                )));
            }
            _ => {
                return Err(BuiltinError::Type(
                    "operand 2 object contained unknown key".into(),
                ));
            }
        }
    }
    let value = at(args, 0);
    let json = if pretty.unwrap_or(implied) {
        to_pretty_json(value, prefix, indent)
    } else {
        to_json(value)
    };
    Ok(Some(Value::from(json)))
}

/// `json.unmarshal`.
pub fn unmarshal(args: &[Value]) -> Answer {
    read(text(args, 0)?, Reading::Document).map(Some)
}

/// `json.is_valid`.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub fn is_valid(args: &[Value]) -> Answer {
    let valid = at(args, 0).as_str().is_some_and(read::is_valid);
    Ok(Some(Value::from(valid)))
}

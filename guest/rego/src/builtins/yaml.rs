//! YAML texts.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("yaml.marshal", "any -> string", "it is not there yet"),
    Builtin::refused("yaml.unmarshal", "string -> any", "it is not there yet"),
    Builtin::refused("yaml.is_valid", "string -> boolean", "it is not there yet"),
];

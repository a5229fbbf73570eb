//! What kind a value is of.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("is_number", "any -> boolean", "it is not there yet"),
    Builtin::refused("is_string", "any -> boolean", "it is not there yet"),
    Builtin::refused("is_boolean", "any -> boolean", "it is not there yet"),
    Builtin::refused("is_array", "any -> boolean", "it is not there yet"),
    Builtin::refused("is_set", "any -> boolean", "it is not there yet"),
    Builtin::refused("is_object", "any -> boolean", "it is not there yet"),
    Builtin::refused("is_null", "any -> boolean", "it is not there yet"),
    Builtin::refused("type_name", "any -> string", "it is not there yet"),
];

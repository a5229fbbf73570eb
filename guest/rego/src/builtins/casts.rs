//! Numbers out of texts, and casts.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "to_number",
        "any<null, boolean, number, string> -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "cast_object",
        "any -> object[any: any]",
        "it is not there yet",
    )
    .deprecated(),
    Builtin::refused("cast_null", "any -> null", "it is not there yet").deprecated(),
    Builtin::refused("cast_boolean", "any -> boolean", "it is not there yet").deprecated(),
    Builtin::refused("cast_string", "any -> string", "it is not there yet").deprecated(),
    Builtin::refused("cast_set", "any -> set[any]", "it is not there yet").deprecated(),
    Builtin::refused("cast_array", "any -> array[any]", "it is not there yet").deprecated(),
];

//! What a policy knows of itself.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "rego.parse_module",
        "string, string -> object[string: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "rego.metadata.chain",
        "-> array[any]",
        "it is not there yet",
    ),
    Builtin::refused("rego.metadata.rule", "-> any", "it is not there yet"),
];

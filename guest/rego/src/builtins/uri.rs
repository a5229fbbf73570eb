//! URIs.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "uri.parse",
        "string -> object[string: string]",
        "it is not there yet",
    ),
    Builtin::refused("uri.is_valid", "string -> boolean", "it is not there yet"),
];

//! Glob patterns.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "glob.match",
        "string, any<null, array[string]>, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused("glob.quote_meta", "string -> string", "it is not there yet"),
];

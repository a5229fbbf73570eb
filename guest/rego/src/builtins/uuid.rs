//! UUIDs.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("uuid.rfc4122", "string -> string", "it is not there yet").unrepeatable(),
    Builtin::refused(
        "uuid.parse",
        "string -> object[string: any]",
        "it is not there yet",
    ),
];

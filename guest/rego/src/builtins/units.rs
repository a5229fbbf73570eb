//! Amounts with units.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("units.parse", "string -> number", "it is not there yet"),
    Builtin::refused(
        "units.parse_bytes",
        "string -> number",
        "it is not there yet",
    ),
];

//! Semantic versions.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("semver.is_valid", "any -> boolean", "it is not there yet"),
    Builtin::refused(
        "semver.compare",
        "string, string -> number",
        "it is not there yet",
    ),
];

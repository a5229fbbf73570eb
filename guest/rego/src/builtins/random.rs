//! Chance.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[Builtin::refused(
    "rand.intn",
    "string, number -> number",
    "it is not there yet",
)
.unrepeatable()];

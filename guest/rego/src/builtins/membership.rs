//! The operator `in`.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "internal.member_2",
        "any, any -> boolean",
        "it is not there yet",
    )
    .infix("in"),
    Builtin::refused(
        "internal.member_3",
        "any, any, any -> boolean",
        "it is not there yet",
    )
    .infix("in"),
];

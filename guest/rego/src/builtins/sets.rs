//! Sets.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "and",
        "set[any], set[any] -> set[any]",
        "it is not there yet",
    )
    .infix("&"),
    Builtin::refused(
        "or",
        "set[any], set[any] -> set[any]",
        "it is not there yet",
    )
    .infix("|"),
    Builtin::refused(
        "set_diff",
        "set[any], set[any] -> set[any]",
        "it is not there yet",
    )
    .deprecated(),
    Builtin::refused(
        "intersection",
        "set[set[any]] -> set[any]",
        "it is not there yet",
    ),
    Builtin::refused("union", "set[set[any]] -> set[any]", "it is not there yet"),
];

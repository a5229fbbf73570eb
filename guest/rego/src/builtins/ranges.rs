//! Ranges of integers.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "numbers.range",
        "number, number -> array[number]",
        "it is not there yet",
    ),
    Builtin::refused(
        "numbers.range_step",
        "number, number, number -> array[number]",
        "it is not there yet",
    ),
];

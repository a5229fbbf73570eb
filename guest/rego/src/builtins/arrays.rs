//! Arrays.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "array.concat",
        "array[any], array[any] -> array[any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "array.flatten",
        "array[any] -> array[any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "array.slice",
        "array[any], number, number -> array[any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "array.reverse",
        "array[any] -> array[any]",
        "it is not there yet",
    ),
];

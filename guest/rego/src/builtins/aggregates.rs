//! Sums, extremes and order of collections.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "count",
        "any<string, array[any], object[any: any], set[any]> -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "sum",
        "any<array[number], set[number]> -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "product",
        "any<array[number], set[number]> -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "max",
        "any<array[any], set[any]> -> any",
        "it is not there yet",
    ),
    Builtin::refused(
        "min",
        "any<array[any], set[any]> -> any",
        "it is not there yet",
    ),
    Builtin::refused(
        "any",
        "any<array[any], set[any]> -> boolean",
        "it is not there yet",
    )
    .deprecated(),
    Builtin::refused(
        "all",
        "any<array[any], set[any]> -> boolean",
        "it is not there yet",
    )
    .deprecated(),
    Builtin::refused(
        "sort",
        "any<array[any], set[any]> -> array[any]",
        "it is not there yet",
    ),
];

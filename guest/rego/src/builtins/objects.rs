//! Objects.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "object.union",
        "object[any: any], object[any: any] -> object[any: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "object.union_n",
        "array[object[any: any]] -> object[any: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "object.remove",
        "object[any: any], any<array[any], object[any: any], set[any]> -> object[any: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "object.filter",
        "object[any: any], any<array[any], object[any: any], set[any]> -> object[any: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "object.get",
        "object[any: any], any, any -> any",
        "it is not there yet",
    ),
    Builtin::refused(
        "object.keys",
        "object[any: any] -> set[any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "object.subset",
        "any<array[any], object[any: any], set[any]>, any<array[any], object[any: any], set[any]> -> boolean",
        "it is not there yet",
    ),
];

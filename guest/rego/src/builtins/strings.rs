//! Texts.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "strings.any_prefix_match",
        "any<string, array[string], set[string]>, any<string, array[string], set[string]> -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "strings.any_suffix_match",
        "any<string, array[string], set[string]>, any<string, array[string], set[string]> -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "concat",
        "string, any<array[string], set[string]> -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "format_int",
        "number, number -> string",
        "it is not there yet",
    ),
    Builtin::refused("indexof", "string, string -> number", "it is not there yet"),
    Builtin::refused(
        "indexof_n",
        "string, string -> array[number]",
        "it is not there yet",
    ),
    Builtin::refused(
        "substring",
        "string, number, number -> string",
        "it is not there yet",
    ),
    Builtin::refused("lower", "string -> string", "it is not there yet"),
    Builtin::refused("upper", "string -> string", "it is not there yet"),
    Builtin::refused(
        "contains",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "strings.count",
        "string, string -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "startswith",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "endswith",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "split",
        "string, string -> array[string]",
        "it is not there yet",
    ),
    Builtin::refused(
        "strings.split_n",
        "string, string, number -> array[string]",
        "it is not there yet",
    ),
    Builtin::refused(
        "replace",
        "string, string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "strings.replace_n",
        "object[string: string], string -> string",
        "it is not there yet",
    ),
    Builtin::refused("trim", "string, string -> string", "it is not there yet"),
    Builtin::refused(
        "trim_left",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "trim_prefix",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "trim_right",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "trim_suffix",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused("trim_space", "string -> string", "it is not there yet"),
    Builtin::refused(
        "sprintf",
        "string, array[any] -> string",
        "it is not there yet",
    ),
    Builtin::refused("strings.reverse", "string -> string", "it is not there yet"),
];

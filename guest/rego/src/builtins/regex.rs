//! Regular expressions.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("regex.is_valid", "string -> boolean", "it is not there yet"),
    Builtin::refused(
        "regex.match",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "re_match",
        "string, string -> boolean",
        "it is not there yet",
    )
    .deprecated(),
    Builtin::refused(
        "regex.split",
        "string, string -> array[string]",
        "it is not there yet",
    ),
    Builtin::refused(
        "regex.globs_match",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "regex.template_match",
        "string, string, string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "regex.find_n",
        "string, string, number -> array[string]",
        "it is not there yet",
    ),
    Builtin::refused(
        "regex.find_all_string_submatch_n",
        "string, string, number -> array[array[string]]",
        "it is not there yet",
    ),
    Builtin::refused(
        "regex.replace",
        "string, string, string -> string",
        "it is not there yet",
    ),
];

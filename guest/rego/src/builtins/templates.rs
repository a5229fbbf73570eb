//! Template strings.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "strings.render_template",
        "string, object[string: any] -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "internal.template_string",
        "array[any] -> string",
        "it is not there yet",
    ),
];

//! HTTP requests.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[Builtin::refused(
    "http.send",
    "object[string: any] -> object[any: any]",
    "a decision makes no requests",
)
.unrepeatable()];

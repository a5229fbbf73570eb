//! Requests to cloud providers.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[Builtin::refused(
    "providers.aws.sign_req",
    "object[string: any], object[string: any], number -> object[any: any]",
    "it is not there yet",
)];

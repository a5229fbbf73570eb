//! What runs the policy.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[Builtin::refused(
    "opa.runtime",
    "-> object[string: any]",
    "it is not there yet",
)
.unrepeatable()];

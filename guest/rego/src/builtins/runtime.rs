//! `opa.runtime`: what the surroundings are.

use super::{Answer, Builtin};
use crate::value::Value;

pub const BUILTINS: &[Builtin] =
    &[Builtin::pure("opa.runtime", "-> object[string: any]", opa_runtime).unrepeatable()];

/// `opa.runtime`: the guest has neither configuration nor environment, as OPA's own library answers.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub fn opa_runtime(_args: &[Value]) -> Answer {
    Ok(Some(Value::new_object()))
}

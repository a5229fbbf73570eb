//! `opa.runtime` and `time.now_ns`: what the surroundings are.

use super::{Answer, Builtin, Context};
use crate::value::{Number, Value};

pub const BUILTINS: &[Builtin] =
    &[Builtin::pure("opa.runtime", "-> object[string: any]", opa_runtime).unrepeatable()];

/// `opa.runtime`: the guest has neither configuration nor environment, as OPA's own library answers.
pub fn opa_runtime(_args: &[Value]) -> Answer {
    Ok(Some(Value::new_object()))
}

/// `time.now_ns`: one moment for the whole decision.
pub fn now(context: &mut Context, _args: &[Value]) -> Answer {
    context.unrepeatable = true;
    let now = match i64::try_from(context.now) {
        Ok(now) => Value::from(now),
        Err(_) => Number::parse(&context.now.to_string()).map_or(Value::Null, Value::Number),
    };
    Ok(Some(now))
}

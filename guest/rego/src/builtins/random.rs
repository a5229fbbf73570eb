//! `rand.intn`.

use super::operand::{int, text};
use super::{Answer, Builtin, BuiltinError, Context};
use crate::value::Value;

pub const BUILTINS: &[Builtin] =
    &[Builtin::contextual("rand.intn", "string, number -> number", intn).unrepeatable()];

/// `rand.intn`: an integer from 0 up to but not including the second operand's magnitude. The same operands give
/// the same integer within one decision.
pub fn intn(context: &mut Context, args: &[Value]) -> Answer {
    let (name, limit) = (text(args, 0)?, int(args, 1)?);
    let limit = limit.unsigned_abs();
    if limit == 0 {
        return Ok(Some(Value::from(0_i64)));
    }
    context.unrepeatable = true;
    let key = (name.to_owned(), limit);
    if let Some(chosen) = context.chosen.get(&key) {
        return Ok(Some(chosen.clone()));
    }
    let chosen = Value::from(i64::try_from(below(limit)?).unwrap_or(i64::MAX));
    context.chosen.insert(key, chosen.clone());
    Ok(Some(chosen))
}

/// A number below the limit, each as likely as the other.
fn below(limit: u64) -> Result<u64, BuiltinError> {
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let mut bytes = [0; 8];
        super::fill_randomly(&mut bytes)?;
        let number = u64::from_le_bytes(bytes);
        if number < fair {
            return Ok(number % limit);
        }
    }
}

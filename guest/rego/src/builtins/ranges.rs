//! `numbers.range` and `numbers.range_step`.

use super::operand::{at, wrong};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Number, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("numbers.range", "number, number -> array[number]", range),
    Builtin::pure(
        "numbers.range_step",
        "number, number, number -> array[number]",
        range_step,
    ),
];

/// A policy must not fill the memory with one call.
const MAX_NUMBERS: u128 = 1 << 20;

/// `numbers.range`: from one integer to another, both included, up or down.
pub fn range(args: &[Value]) -> Answer {
    let (from, to) = (integer(args, 0)?, integer(args, 1)?);
    numbers(from, to, 1)
}

/// `numbers.range_step`.
pub fn range_step(args: &[Value]) -> Answer {
    let (from, to, step) = (integer(args, 0)?, integer(args, 1)?, integer(args, 2)?);
    if step <= 0 {
        return Err(BuiltinError::Failed(
            "step must be a positive integer".into(),
        ));
    }
    numbers(from, to, step)
}

fn numbers(from: i128, to: i128, step: i128) -> Answer {
    let (step, distance) = (step.unsigned_abs(), from.abs_diff(to));
    let count = distance / step + 1;
    if count > MAX_NUMBERS {
        return Err(BuiltinError::Failed(format!(
            "a range of more than {MAX_NUMBERS} numbers"
        )));
    }
    let mut next = from;
    let mut items = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    for _ in 0..count {
        items.push(match i64::try_from(next) {
            Ok(small) => Value::from(small),
            Err(_) => Number::parse(&next.to_string()).map_or(Value::Null, Value::Number),
        });
        next = if from <= to {
            next.saturating_add_unsigned(step)
        } else {
            next.saturating_sub_unsigned(step)
        };
    }
    Ok(Some(Value::from(items)))
}

/// The operand as an integer, however it is written: `1e3` is one.
fn integer(args: &[Value], index: usize) -> Result<i128, BuiltinError> {
    let operand = at(args, index);
    let Value::Number(number) = operand else {
        return Err(wrong(index, "integer", operand));
    };
    match number.to_i64() {
        Some(small) => Ok(small.into()),
        None => read_integer(&number.to_string(), index),
    }
}

fn read_integer(text: &str, index: usize) -> Result<i128, BuiltinError> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_end_matches('0');
    let no_integer = || {
        let position = index + 1;
        BuiltinError::Type(format!(
            "operand {position} must be integer number but got floating-point number"
        ))
    };
    if !trimmed.contains(|c: char| ('1'..='9').contains(&c)) {
        return Ok(0);
    }
    let exponent: i64 = exponent.parse().map_err(|_| no_integer())?;
    let zeros = i64::try_from(digits.len() - trimmed.len()).unwrap_or(i64::MAX);
    let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let shift = exponent.saturating_sub(places).saturating_add(zeros);
    let shift = u32::try_from(shift).map_err(|_| no_integer())?;
    let too_large = || BuiltinError::Failed("a range of integers beyond 127 bits".into());
    let scale = 10_i128.checked_pow(shift).ok_or_else(too_large)?;
    let value: i128 = trimmed.parse().map_err(|_| too_large())?;
    value.checked_mul(scale).ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_may_be_written_with_point_or_exponent() {
        assert_eq!(read_integer("1e3", 0), Ok(1000));
        assert_eq!(read_integer("1.50e1", 0), Ok(15));
        assert_eq!(read_integer("-20.0", 0), Ok(-20));
        assert_eq!(read_integer("0e999", 0), Ok(0));
        assert!(matches!(read_integer("1.5", 0), Err(BuiltinError::Type(_))));
        assert!(matches!(
            read_integer("1e-1", 0),
            Err(BuiltinError::Type(_))
        ));
    }

    #[test]
    fn range_limit_obeyed() {
        assert!(numbers(1, 1 << 20, 1).is_ok());
        assert!(numbers(0, i64::MAX.into(), 1 << 60).is_ok());
    }

    #[test]
    fn range_limit_violated() {
        assert!(numbers(0, 1 << 20, 1).is_err());
    }
}

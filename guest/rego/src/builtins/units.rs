//! Amounts with units: `10KB`, `200m`.

use num_bigint::{BigInt, BigUint, Sign};

use super::arithmetic::{integer, too_big};
use super::operand::text;
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Float, Number, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("units.parse", "string -> number", parse),
    Builtin::pure("units.parse_bytes", "string -> number", parse_bytes),
];

/// OPA stops at a million.
const MOST_TENS: u32 = 200_000;

/// 0.001 as the float that OPA multiplies with: its mantissa, and its exponent below 0.
const MILLI: (u64, u32) = (0x0010_624d_d2f1_a9fc, 62);

fn parse(operands: &[Value]) -> Answer {
    let text = text(operands, 0)?.replace('"', "");
    let (amount, unit) = amount_and_unit(&text)?;
    let mut chars = unit.chars();
    let first = chars.next();
    // A first letter tells `m` and `M` apart; the case of the others is the same.
    let rest = chars.as_str().to_lowercase();
    let factor = match (first, rest.as_str()) {
        (Some('m'), "") => None,
        (None, _) => Some(1),
        (Some('M'), "") => Some(power(1_000, 2)),
        (Some(prefix), "") => decimal(prefix),
        (Some(prefix), "i") => binary(prefix),
        _ => return Err(failed("unit not recognized")),
    };
    if factor.is_none() && !(first == Some('m') && rest.is_empty()) {
        return Err(failed("unit not recognized"));
    }
    let (digits, tens) = rational(amount).ok_or_else(no_number)?;
    let (factor, halves) = match factor {
        Some(factor) => (factor, 0),
        None => MILLI,
    };
    written_out(&(digits * factor), tens, halves)
}

/// Writes `digits * 10^tens / 2^halves` with ten digits behind the point, halves away from zero; without a point
/// if it is an integer.
fn written_out(digits: &BigInt, tens: i32, halves: u32) -> Answer {
    const BEHIND: u32 = 10;
    let ten = |power: u32| BigUint::from(10_u8).pow(power);
    let mut above = digits.magnitude().clone();
    let mut below = BigUint::from(1_u8) << halves;
    if tens >= 0 {
        above *= ten(tens.unsigned_abs());
    } else {
        below *= ten(tens.unsigned_abs());
    }
    let sign = if digits.sign() == Sign::Minus {
        "-"
    } else {
        ""
    };
    if &above % &below == BigUint::ZERO {
        return integer(BigInt::from_biguint(digits.sign(), above / below));
    }
    let doubled = ((above * ten(BEHIND)) << 1_u8) + &below;
    let rounded = (doubled / (below << 1_u8)).to_string();
    let width = 11;
    let padded = format!("{rounded:0>width$}");
    let (whole, behind) = padded
        .split_at_checked(padded.len() - 10)
        .unwrap_or((&padded, ""));
    let number = Number::parse(&format!("{sign}{whole}.{behind}")).ok_or_else(too_big)?;
    Ok(Some(Value::from(number)))
}

fn parse_bytes(operands: &[Value]) -> Answer {
    let text = text(operands, 0)?.to_lowercase().replace('"', "");
    let (amount, unit) = amount_and_unit(&text)?;
    let factor = match unit.strip_suffix('b').unwrap_or(unit).as_bytes() {
        [] if unit.is_empty() => Some(1),
        [prefix] => decimal(char::from(*prefix)),
        [prefix, b'i'] => binary(char::from(*prefix)),
        _ => None,
    };
    let factor = factor.ok_or_else(|| failed("byte unit not recognized"))?;
    let factor = i64::try_from(factor).unwrap_or(i64::MAX);
    // OPA reads the amount with its exponent, whatever its size.
    let amount = Number::read_unbounded(amount).ok_or_else(no_number)?;
    let bytes = amount.to_float().mul(Float::from(factor));
    integer(bytes.truncate().ok_or_else(too_big)?)
}

/// What an amount's prefix multiplies it with.
fn decimal(prefix: char) -> Option<u64> {
    Some(power(1_000, step(prefix)?))
}

/// What an amount's prefix multiplies it with, if an `i` follows it.
fn binary(prefix: char) -> Option<u64> {
    Some(power(1_024, step(prefix)?))
}

fn step(prefix: char) -> Option<u32> {
    let step = "kmgtpe".find(prefix.to_ascii_lowercase())?;
    u32::try_from(step + 1).ok()
}

const fn power(base: u64, step: u32) -> u64 {
    base.pow(step)
}

/// An amount as digits and a power of ten. `None` if it is no number, or one of too many digits.
fn rational(amount: &str) -> Option<(BigInt, i32)> {
    let (mantissa, exponent) = match amount.find(['e', 'E']) {
        Some(at) => (
            amount.get(..at)?,
            amount.get(at + 1..)?.parse::<i32>().ok()?,
        ),
        None => (amount, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let tens = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    if tens.unsigned_abs() > MOST_TENS {
        return None;
    }
    Some((digits.parse().ok()?, tens))
}

/// Where the number ends and the unit begins.
fn amount_and_unit(text: &str) -> Result<(&str, &str), BuiltinError> {
    const MOST_EXPONENT_DIGITS: usize = 6;
    if text.contains(' ') {
        return Err(failed("spaces not allowed in resource strings"));
    }
    let bytes = text.as_bytes();
    let digit_at = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = text.len();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let sign_next = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => {}
            b'e' | b'E' if digit_at(at + 1) || sign_next => {
                at += usize::from(sign_next);
                let digits = bytes.iter().skip(at + 1);
                let digits = digits.take_while(|byte| byte.is_ascii_digit()).count();
                if digits > MOST_EXPONENT_DIGITS {
                    return Err(failed("exponent too large"));
                }
            }
            _ => {
                end = at;
                break;
            }
        }
        at += 1;
    }
    let (amount, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    if amount.is_empty() {
        return Err(failed("no amount provided"));
    }
    Ok((amount, unit))
}

#[cold]
fn failed(why: &str) -> BuiltinError {
    BuiltinError::Failed(why.into())
}

#[cold]
fn no_number() -> BuiltinError {
    failed("could not parse amount to a number")
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn amounts_are_exact() {
        assert_eq!(call("units.parse", &[r#""1.5Gi""#]), "1610612736");
        assert_eq!(call("units.parse", &[r#""200m""#]), "0.2000000000");
        assert_eq!(call("units.parse", &[r#""0.001m""#]), "0.0000010000");
        assert_eq!(call("units.parse", &[r#""1e3k""#]), "1000000");
        assert_eq!(call("units.parse_bytes", &[r#""1.5KiB""#]), "1536");
        assert_eq!(call("units.parse_bytes", &[r#""0.3""#]), "0");
    }

    #[test]
    fn what_is_no_amount_fails() {
        for text in [
            r#""""#,
            r#""k""#,
            r#""1 k""#,
            r#""1kb""#,
            r#""1.2.3""#,
            r#""1e1000000""#,
        ] {
            assert_eq!(call("units.parse", &[text]), "builtin error", "{text}");
        }
        assert_eq!(call("units.parse", &["1"]), "type error");
    }
}

//! Arithmetic on numbers.
//!
//! As OPA has it: integers exactly at any size; everything else as floats with a mantissa of 64 bits, whose
//! answers are written in the shortest way. Where OPA would compute an answer of millions of digits, the call
//! fails here.

use num_bigint::BigInt;

use super::operand::{at, number, wrong};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Float, Number, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("plus", "number, number -> number", plus).infix("+"),
    Builtin::pure(
        "minus",
        "any<number, set[any]>, any<number, set[any]> -> any<number, set[any]>",
        minus,
    )
    .infix("-"),
    Builtin::pure("mul", "number, number -> number", mul).infix("*"),
    Builtin::pure("div", "number, number -> number", div).infix("/"),
    Builtin::pure("ceil", "number -> number", ceil),
    Builtin::pure("floor", "number -> number", floor),
    Builtin::pure("round", "number -> number", round),
    Builtin::pure("abs", "number -> number", abs),
    Builtin::pure("rem", "number, number -> number", rem).infix("%"),
];

/// Integers with more bits than this are not multiplied or shifted into being.
pub(super) const MOST_BITS: u64 = 1 << 20;

fn plus(operands: &[Value]) -> Answer {
    let (one, other) = (number(operands, 0)?, number(operands, 1)?);
    compute(
        one,
        other,
        i64::checked_add,
        |one, other| one + other,
        Float::add,
    )
}

fn minus(operands: &[Value]) -> Answer {
    match (at(operands, 0), at(operands, 1)) {
        (Value::Number(one), Value::Number(other)) => compute(
            one,
            other,
            i64::checked_sub,
            |one, other| one - other,
            Float::sub,
        ),
        (Value::Set(one), Value::Set(other)) => Ok(Some(Value::from(one.difference(other)))),
        (Value::Set(_), other @ Value::Number(_)) => Err(wrong(1, "set", other)),
        (Value::Number(_) | Value::Set(_), other) => Err(wrong(1, "number", other)),
        (other, _) => Err(wrong(0, "one of {number, set}", other)),
    }
}

fn mul(operands: &[Value]) -> Answer {
    let (one, other) = (number(operands, 0)?, number(operands, 1)?);
    compute(
        one,
        other,
        i64::checked_mul,
        |one, other| one * other,
        Float::mul,
    )
}

fn div(operands: &[Value]) -> Answer {
    let (one, other) = (number(operands, 0)?, number(operands, 1)?);
    if let (Some(one), Some(other)) = (one.to_i64(), other.to_i64())
        && one != 0
        && one.checked_rem(other) == Some(0)
        && let Some(quotient) = one.checked_div(other)
    {
        return Ok(Some(Value::from(quotient)));
    }
    let divisor = other.to_float();
    if divisor.is_zero() {
        return Err(BuiltinError::Failed("divide by zero".into()));
    }
    float(one.to_float().div(divisor), 64)
}

fn rem(operands: &[Value]) -> Answer {
    let (one, other) = (number(operands, 0)?, number(operands, 1)?);
    let by_zero = || BuiltinError::Failed("modulo by zero".into());
    if let (Some(one), Some(other)) = (one.to_i64(), other.to_i64()) {
        if other == 0 {
            return Err(by_zero());
        }
        // The one overflow there is divides by -1.
        return Ok(Some(Value::from(one.checked_rem(other).unwrap_or(0))));
    }
    let (Some(one), Some(other)) = (exact_integer(one)?, exact_integer(other)?) else {
        return Err(BuiltinError::Failed(
            "modulo on floating-point number".into(),
        ));
    };
    if other == BigInt::ZERO {
        return Err(by_zero());
    }
    integer(one % other)
}

fn abs(operands: &[Value]) -> Answer {
    let operand = number(operands, 0)?;
    match operand.to_i64().and_then(i64::checked_abs) {
        Some(int) => Ok(Some(Value::from(int))),
        None => float(operand.to_float().abs(), 64),
    }
}

fn round(operands: &[Value]) -> Answer {
    to_whole(operands, Float::round)
}

fn ceil(operands: &[Value]) -> Answer {
    to_whole(operands, Float::ceil)
}

fn floor(operands: &[Value]) -> Answer {
    to_whole(operands, Float::floor)
}

fn to_whole(operands: &[Value], whole: fn(Float) -> Option<BigInt>) -> Answer {
    let operand = number(operands, 0)?;
    match operand.to_i64() {
        Some(int) => Ok(Some(Value::from(int))),
        None => integer(whole(operand.to_float()).ok_or_else(too_big)?),
    }
}

/// In 64 bits if they hold it; else exactly, if both are integers; else as floats.
fn compute(
    one: &Number,
    other: &Number,
    small: fn(i64, i64) -> Option<i64>,
    exact: fn(BigInt, BigInt) -> BigInt,
    as_float: fn(Float, Float) -> Float,
) -> Answer {
    if let (Some(one), Some(other)) = (one.to_i64(), other.to_i64())
        && let Some(int) = small(one, other)
    {
        return Ok(Some(Value::from(int)));
    }
    match (exact_integer(one)?, exact_integer(other)?) {
        (Some(one), Some(other)) => {
            if one.bits() + other.bits() > MOST_BITS {
                return Err(too_big());
            }
            integer(exact(one, other))
        }
        _ => float(as_float(one.to_float(), other.to_float()), 64),
    }
}

/// The integer of any notation that a number is, if it is one. Fails if it has too many digits.
pub(super) fn exact_integer(number: &Number) -> Result<Option<BigInt>, BuiltinError> {
    if number.is_too_wide() {
        return Err(too_big());
    }
    Ok(number.to_integer())
}

/// An integer as an answer.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub(super) fn integer(int: BigInt) -> Answer {
    Ok(Some(Value::from(Number::from(int))))
}

/// A float as an answer, with a mantissa of `bits` bits.
pub(super) fn float(float: Float, bits: u32) -> Answer {
    let number = Number::from_float(float, bits).ok_or_else(too_big)?;
    Ok(Some(Value::from(number)))
}

/// The answer would have hundreds of thousands of digits.
#[cold]
pub(super) fn too_big() -> BuiltinError {
    BuiltinError::Failed("number too big".into())
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn integers_stay_exact() {
        assert_eq!(
            call("plus", &["9223372036854775807", "1"]),
            "9223372036854775808"
        );
        assert_eq!(
            call("plus", &["1e30", "1"]),
            "1000000000000000000000000000001"
        );
        assert_eq!(
            call("mul", &["4294967296", "4294967296"]),
            "18446744073709551616"
        );
        assert_eq!(call("rem", &["-7", "3"]), "-1");
        assert_eq!(call("rem", &["5.0", "3"]), "2");
        assert_eq!(call("rem", &["10", "18446744073709551616"]), "10");
    }

    #[test]
    fn fractions_have_64_bits_and_the_shortest_notation() {
        assert_eq!(call("plus", &["0.1", "0.2"]), "0.3");
        assert_eq!(call("div", &["10", "3"]), "3.3333333333333333333");
        assert_eq!(call("div", &["10", "4"]), "2.5");
        assert_eq!(call("plus", &["1234567.5", "0"]), "1.2345675e+06");
        assert_eq!(call("mul", &["1e-7", "1"]), "1e-07");
        assert_eq!(
            call("plus", &["12345678901234567890.5", "0.25"]),
            "12345678901234567890"
        );
        assert_eq!(
            call("mul", &["1e-400", "1e-400"]),
            "9.999999999999999999e-801"
        );
    }

    #[test]
    fn a_zero_may_have_a_sign() {
        assert_eq!(call("mul", &["0", "-1.5"]), "-0");
        assert_eq!(call("div", &["0", "-3"]), "-0");
        assert_eq!(call("plus", &["-0", "0"]), "0");
    }

    #[test]
    fn rounding_has_opas_corners() {
        assert_eq!(call("round", &["2.5"]), "3");
        assert_eq!(call("round", &["-2.5"]), "-3");
        assert_eq!(call("ceil", &["-0.5"]), "1");
        assert_eq!(call("floor", &["-0.5"]), "0");
        assert_eq!(call("floor", &["-1.5"]), "-2");
        assert_eq!(
            call("round", &["12345678901234567890123"]),
            "12345678901234567889920"
        );
        assert_eq!(
            call("abs", &["-12345678901234567890123"]),
            "12345678901234567890000"
        );
    }

    #[test]
    fn failures_are_typed() {
        assert_eq!(call("div", &["1", "0.0"]), "builtin error");
        assert_eq!(call("rem", &["1", "0"]), "builtin error");
        assert_eq!(call("rem", &["1.5", "1"]), "builtin error");
        assert_eq!(call("plus", &["1", "null"]), "type error");
        assert_eq!(call("minus", &["1", r#"{"set": [1]}"#]), "type error");
        assert_eq!(
            call("minus", &[r#"{"set": [1, 2]}"#, r#"{"set": [1.0]}"#]),
            "{2}"
        );
    }

    #[test]
    fn an_answer_of_endless_digits_is_refused() {
        assert_eq!(call("bits.lsh", &["1", "99999999999"]), "builtin error");
        assert_eq!(call("mul", &["1.5e30000", "1.5e30000"]).len(), 60_001);
    }
}

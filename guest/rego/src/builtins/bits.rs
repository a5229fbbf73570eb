//! Bits of integers of any size, in two's complement.

use num_bigint::{BigInt, Sign};

use super::arithmetic::{MOST_BITS, exact_integer, integer, too_big};
use super::operand::{at, wrong};
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("bits.or", "number, number -> number", or),
    Builtin::pure("bits.and", "number, number -> number", and),
    Builtin::pure("bits.negate", "number -> number", negate),
    Builtin::pure("bits.xor", "number, number -> number", xor),
    Builtin::pure("bits.lsh", "number, number -> number", lsh),
    Builtin::pure("bits.rsh", "number, number -> number", rsh),
];

fn or(operands: &[Value]) -> Answer {
    integer(int(operands, 0)? | int(operands, 1)?)
}

fn and(operands: &[Value]) -> Answer {
    integer(int(operands, 0)? & int(operands, 1)?)
}

fn negate(operands: &[Value]) -> Answer {
    integer(!int(operands, 0)?)
}

fn xor(operands: &[Value]) -> Answer {
    integer(int(operands, 0)? ^ int(operands, 1)?)
}

fn lsh(operands: &[Value]) -> Answer {
    let (bits, by) = (int(operands, 0)?, shift(operands)?);
    if bits == BigInt::ZERO {
        return integer(bits);
    }
    if bits.bits().saturating_add(by) > MOST_BITS {
        return Err(too_big());
    }
    integer(bits << by)
}

fn rsh(operands: &[Value]) -> Answer {
    let (bits, by) = (int(operands, 0)?, shift(operands)?);
    integer(if by >= bits.bits() {
        // All that is left is the sign.
        BigInt::from(if bits.sign() == Sign::Minus { -1 } else { 0 })
    } else {
        bits >> by
    })
}

/// By how many bits, of which OPA looks at the lowest 64 only.
fn shift(operands: &[Value]) -> Result<u64, BuiltinError> {
    let by = int(operands, 1)?;
    if by.sign() == Sign::Minus {
        return Err(BuiltinError::Type(
            "operand 2 must be an unsigned integer number but got a negative integer".into(),
        ));
    }
    Ok(by.iter_u64_digits().next().unwrap_or(0))
}

fn int(operands: &[Value], index: usize) -> Result<BigInt, BuiltinError> {
    let operand = at(operands, index);
    let number = operand
        .as_number()
        .ok_or_else(|| wrong(index, "integer", operand))?;
    exact_integer(number)?.ok_or_else(|| super::operand::not_an_integer(index))
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn integers_have_as_many_bits_as_they_need() {
        assert_eq!(call("bits.lsh", &["1", "70"]), "1180591620717411303424");
        assert_eq!(call("bits.rsh", &["-1", "100"]), "-1");
        assert_eq!(
            call("bits.and", &["-2", "18446744073709551617"]),
            "18446744073709551616"
        );
        assert_eq!(call("bits.negate", &["1e3"]), "-1001");
        assert_eq!(call("bits.xor", &["5", "3.0"]), "6");
        assert_eq!(call("bits.or", &["1.5", "1"]), "type error");
        assert_eq!(call("bits.lsh", &["1", "-1"]), "type error");
    }
}

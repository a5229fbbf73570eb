//! Binary floating-point numbers with a mantissa of 64 bits.
//!
//! OPA computes with Go's `big.Float`, which has 64 bits unless told otherwise; every operation rounds to the
//! nearest, ties to even. The order of zeros and signs is Go's too: `0 * -1.5` is `-0`.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};

use super::decimal::{Decimal, as_i64};
use super::shortest::Shortest;

/// The widest exponent an answer may have, in bits. OPA has no bound here, and would compute for minutes.
const MOST_BITS: u64 = 1 << 20;

/// `mantissa * 2^(exponent - 64)`, the mantissa's highest bit set; or zero, which has a mantissa of 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Float {
    negative: bool,
    mantissa: u64,
    exponent: i64,
}

impl Float {
    pub const ZERO: Self = Self::zero(false);
    pub const ONE: Self = Self::new(false, 1 << 63, 1);
    const HALF: Self = Self::new(false, 1 << 63, 0);

    const fn new(negative: bool, mantissa: u64, exponent: i64) -> Self {
        Self {
            negative,
            mantissa,
            exponent,
        }
    }

    const fn zero(negative: bool) -> Self {
        Self::new(negative, 0, 0)
    }

    /// Reads a decimal as Go does: exact while the power of five has no more than 128 bits, and from then on
    /// with Go's roundings on the way.
    pub(super) fn read(decimal: &Decimal<'_>) -> Self {
        let Some(top) = decimal.top() else {
            return Self::zero(decimal.negative);
        };
        let power = decimal
            .exponent
            .saturating_sub(as_i64(decimal.fraction.len()));
        let small =
            decimal.whole.len() + decimal.fraction.len() <= 19 && power.unsigned_abs() <= 27;
        let float = if small {
            read_small(decimal, power)
        } else if top.unsigned_abs() <= MOST_BITS {
            read_large(decimal)
        } else {
            // Past every bound: the exponent alone says so.
            Self::new(false, 1 << 63, top.saturating_mul(3))
        };
        Self {
            negative: decimal.negative,
            ..float
        }
    }

    /// Whether its exponent is within OPA's bounds for a number that is read.
    pub fn is_acceptable(&self) -> bool {
        self.exponent.unsigned_abs() <= 100_000
    }

    pub const fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    pub fn is_integer(&self) -> bool {
        let bits = 64 - i64::from(self.mantissa.trailing_zeros());
        self.mantissa == 0 || (self.exponent > 0 && bits <= self.exponent)
    }

    /// Whether it is `mantissa * 2^(exponent - 64)`.
    pub(super) const fn is(&self, mantissa: u64, exponent: i64) -> bool {
        self.mantissa == mantissa && self.exponent == exponent
    }

    pub fn neg(self) -> Self {
        Self {
            negative: !self.negative,
            ..self
        }
    }

    pub fn abs(self) -> Self {
        Self {
            negative: false,
            ..self
        }
    }

    pub fn add(self, other: Self) -> Self {
        if self.is_zero() && other.is_zero() {
            return Self::zero(self.negative && other.negative);
        }
        if self.is_zero() {
            return other;
        }
        if other.is_zero() {
            return self;
        }
        let (large, small) = if self.compare_magnitude(&other).is_lt() {
            (other, self)
        } else {
            (self, other)
        };
        let apart = large.exponent - small.exponent;
        let wide = u128::from(large.mantissa) << 63;
        let (narrow, lost) = shift_right(u128::from(small.mantissa) << 63, apart);
        let sum = if self.negative == other.negative {
            wide + narrow
        } else {
            wide - narrow - u128::from(lost)
        };
        if sum == 0 {
            return Self::ZERO;
        }
        // The sum's lowest bit is worth 2^(exponent - 127).
        round(large.negative, sum, large.exponent - 127, lost)
    }

    pub fn sub(self, other: Self) -> Self {
        if self.is_zero() && other.is_zero() {
            return Self::zero(self.negative && !other.negative);
        }
        self.add(other.neg())
    }

    pub fn mul(self, other: Self) -> Self {
        let negative = self.negative != other.negative;
        if self.is_zero() || other.is_zero() {
            return Self::zero(negative);
        }
        let product = u128::from(self.mantissa) * u128::from(other.mantissa);
        round(
            negative,
            product,
            self.exponent + other.exponent - 128,
            false,
        )
    }

    /// The quotient, where `divisor` is not zero; zero where it is.
    pub fn div(self, divisor: Self) -> Self {
        let negative = self.negative != divisor.negative;
        if self.is_zero() || divisor.is_zero() {
            return Self::zero(negative);
        }
        let (quotient, lost) = quotient(u128::from(self.mantissa), divisor.mantissa);
        round(
            negative,
            quotient,
            self.exponent - divisor.exponent - 65,
            lost,
        )
    }

    /// Without its last bits, down to a mantissa of `bits` bits, to the nearest and ties to even.
    pub fn rounded_to(self, bits: u32) -> Self {
        if self.is_zero() {
            return self;
        }
        let cut = 64_u32.saturating_sub(bits);
        let (mantissa, exponent) = nearest(u128::from(self.mantissa), cut, false);
        // A carry out of the highest bit leaves one bit more.
        round(
            self.negative,
            mantissa,
            self.exponent - 64 + exponent,
            false,
        )
    }

    /// Its integer part. `None` if that is too wide.
    pub fn truncate(&self) -> Option<BigInt> {
        if self.is_zero() || self.exponent <= 0 {
            return Some(BigInt::ZERO);
        }
        if self.exponent.unsigned_abs() > MOST_BITS {
            return None;
        }
        let magnitude = BigUint::from(self.mantissa);
        let magnitude = match u64::try_from(self.exponent - 64) {
            Ok(up) => magnitude << up,
            Err(_) => magnitude >> (64 - self.exponent).unsigned_abs(),
        };
        let sign = if self.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        Some(BigInt::from_biguint(sign, magnitude))
    }

    /// The nearest integer, halves away from zero.
    pub fn round(self) -> Option<BigInt> {
        let half = if self.negative {
            Self::HALF.neg()
        } else {
            Self::HALF
        };
        self.add(half).truncate()
    }

    /// OPA's `ceil`, which is 1 for numbers between -1 and 0.
    pub fn ceil(self) -> Option<BigInt> {
        let whole = self.truncate()?;
        let up = !self.is_integer() && whole.sign() != Sign::Minus;
        Some(if up { whole + 1 } else { whole })
    }

    /// OPA's `floor`, which is 0 for numbers between -1 and 0.
    pub fn floor(self) -> Option<BigInt> {
        let whole = self.truncate()?;
        let down = !self.is_integer() && whole.sign() == Sign::Minus;
        Some(if down { whole - 1 } else { whole })
    }

    /// The shortest decimal that reads back as this number with a mantissa of `bits` bits, in Go's notation:
    /// integers written out, others with an exponent below 0.0001 and from a million on. `None` if it is too
    /// wide.
    pub fn to_text(self, bits: u32) -> Option<String> {
        if self.exponent.unsigned_abs() > MOST_BITS {
            return None;
        }
        let sign = if self.negative { "-" } else { "" };
        if self.is_zero() {
            return Some(format!("{sign}0"));
        }
        let decimal = Shortest::of(self.mantissa, self.exponent, bits);
        Some(if self.is_integer() {
            decimal.written_out(sign)
        } else {
            decimal.written_shorter(sign)
        })
    }

    /// The shortest decimal that reads back as this number, as Go's `%g`: with an exponent below 0.0001 and from a
    /// million on.
    pub fn to_shortest_text(self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.is_zero() {
            return format!("{sign}0");
        }
        Shortest::of(self.mantissa, self.exponent, 64).written_shorter(sign)
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        self.exponent
            .cmp(&other.exponent)
            .then(self.mantissa.cmp(&other.mantissa))
    }
}

impl From<i64> for Float {
    fn from(int: i64) -> Self {
        if int == 0 {
            return Self::ZERO;
        }
        round(int < 0, u128::from(int.unsigned_abs()), 0, false)
    }
}

/// Up to 19 digits and a power of ten up to 27: 128 bits hold all steps.
fn read_small(decimal: &Decimal<'_>, power: i64) -> Float {
    let mantissa = decimal.digits().fold(0_u64, |mantissa, digit| {
        mantissa * 10 + u64::from(digit - b'0')
    });
    let five = 5_u64.pow(u32::try_from(power.unsigned_abs()).unwrap_or(0));
    if power >= 0 {
        round(false, u128::from(mantissa) * u128::from(five), power, false)
    } else {
        let (up, over) = (mantissa.leading_zeros(), five.leading_zeros());
        let (quotient, lost) = quotient(u128::from(mantissa << up), five << over);
        let exponent = i64::from(over) - i64::from(up) - 65 + power;
        round(false, quotient, exponent, lost)
    }
}

fn read_large(decimal: &Decimal<'_>) -> Float {
    let (mantissa, power) = decimal.mantissa();
    let (five, five_exponent) = power_of_five(power.unsigned_abs());
    if power >= 0 {
        return round_wide(&(mantissa * five), power + five_exponent, false);
    }
    let up = (66 + five.bits()).saturating_sub(mantissa.bits());
    let wide = mantissa << up;
    let quotient = &wide / &five;
    let lost = quotient.clone() * &five != wide;
    let exponent = power - five_exponent - i64::try_from(up).unwrap_or(0);
    round_wide(&quotient, exponent, lost)
}

/// 5^n as Go computes it for a float of 64 bits: a mantissa of 128 bits, out of squares of 192 bits.
fn power_of_five(n: u64) -> (BigUint, i64) {
    const EXACT: u64 = 27;
    let first = 5_u64.pow(u32::try_from(n.min(EXACT)).unwrap_or(0));
    let mut rest = n.saturating_sub(EXACT);
    let mut power = (BigUint::from(first), 0);
    let mut square = (BigUint::from(5_u8), 0);
    while rest > 0 {
        if rest & 1 == 1 {
            power = cut_to(128, &power.0 * &square.0, power.1 + square.1);
        }
        square = cut_to(192, &square.0 * &square.0, 2 * square.1);
        rest >>= 1;
    }
    power
}

/// Rounds `mantissa * 2^exponent` to so many bits.
fn cut_to(bits: u64, mantissa: BigUint, exponent: i64) -> (BigUint, i64) {
    let Some(cut) = mantissa.bits().checked_sub(bits).filter(|cut| *cut > 0) else {
        return (mantissa, exponent);
    };
    let half = mantissa.bit(cut - 1);
    let tie = mantissa.trailing_zeros() == Some(cut - 1);
    let mut kept = mantissa >> cut;
    if half && (!tie || kept.bit(0)) {
        kept += 1_u8;
    }
    (kept, exponent + i64::try_from(cut).unwrap_or(0))
}

/// Rounds a positive `mantissa * 2^exponent`, and perhaps a little more, to 64 bits.
fn round_wide(mantissa: &BigUint, exponent: i64, lost: bool) -> Float {
    let cut = mantissa.bits().saturating_sub(128);
    let lost = lost || mantissa.trailing_zeros().is_some_and(|zeros| zeros < cut);
    let top = mantissa >> cut;
    let top = u128::try_from(top).unwrap_or(u128::MAX);
    round(false, top, exponent + i64::try_from(cut).unwrap_or(0), lost)
}

/// Rounds `mantissa * 2^exponent`, and perhaps a little more, to 64 bits. The mantissa is not 0.
fn round(negative: bool, mantissa: u128, exponent: i64, lost: bool) -> Float {
    let cut = (128 - mantissa.leading_zeros()).saturating_sub(64);
    let (mantissa, up) = nearest(mantissa, cut, lost);
    let exponent = exponent + up;
    let zeros = mantissa.leading_zeros();
    // INVARIANT: 64 bits at most, or a power of two one above, which the shift down keeps.
    let normal = if zeros >= 64 {
        mantissa << (zeros - 64)
    } else {
        mantissa >> (64 - zeros)
    };
    let normal = u64::try_from(normal).unwrap_or(u64::MAX);
    Float::new(negative, normal, exponent + 128 - i64::from(zeros))
}

/// Takes off the last bits, to the nearest, ties to even: what is left, and how many bits were taken.
fn nearest(mantissa: u128, cut: u32, lost: bool) -> (u128, i64) {
    if cut == 0 {
        return (mantissa, 0);
    }
    let kept = mantissa >> cut;
    let half = 1 << (cut - 1);
    let rest = mantissa & (half | (half - 1));
    let up = match rest.cmp(&half) {
        Ordering::Less => false,
        Ordering::Equal => lost || kept & 1 == 1,
        Ordering::Greater => true,
    };
    (kept + u128::from(up), i64::from(cut))
}

/// The quotient of two mantissas with 65 or 66 bits, and whether there is a remainder.
fn quotient(dividend: u128, divisor: u64) -> (u128, bool) {
    let divisor = u128::from(divisor);
    let (wide, rest) = ((dividend << 64) / divisor, (dividend << 64) % divisor);
    let next = rest << 1;
    let one = next >= divisor;
    let lost = if one { next != divisor } else { next != 0 };
    ((wide << 1) | u128::from(one), lost)
}

/// Shifts right, and tells whether a bit that was set fell out.
fn shift_right(mantissa: u128, by: i64) -> (u128, bool) {
    match u32::try_from(by) {
        Ok(by) if by < 128 => {
            let kept = mantissa >> by;
            (kept, kept << by != mantissa)
        }
        _ => (0, mantissa != 0),
    }
}

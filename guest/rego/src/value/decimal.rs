//! A number's text, taken apart without a copy.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, BigUint, Sign};

/// Integers with more digits than this, a million bits, are not computed with.
pub(super) const MOST_DIGITS: i64 = 315_000;

/// The exact value of a decimal text: `whole.fraction * 10^exponent`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal<'text> {
    pub negative: bool,
    pub whole: &'text [u8],
    pub fraction: &'text [u8],
    pub exponent: i64,
}

impl<'text> Decimal<'text> {
    /// Reads a sign, digits with perhaps a point among them, and perhaps an exponent. Wider than JSON's
    /// grammar, as OPA is: `+5`, `.5`, `5.` and `007` are numbers.
    pub fn read(text: &'text str) -> Option<Self> {
        let text = text.as_bytes();
        let (negative, unsigned) = match text.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, text),
        };
        let end = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (mantissa, exponent) = match end {
            Some(end) => {
                let (mantissa, exponent) = unsigned.split_at_checked(end)?;
                (mantissa, read_exponent(exponent.get(1..)?)?)
            }
            None => (unsigned, 0),
        };
        let point = mantissa.iter().position(|byte| *byte == b'.');
        let (whole, fraction) = match point {
            Some(point) => {
                let (whole, fraction) = mantissa.split_at_checked(point)?;
                (whole, fraction.get(1..)?)
            }
            None => (mantissa, &[][..]),
        };
        let digits_only = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let some_digit = !whole.is_empty() || !fraction.is_empty();
        (some_digit && digits_only(whole) && digits_only(fraction)).then_some(Self {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// All its digits, leading and trailing zeros too.
    pub fn digits(&self) -> impl DoubleEndedIterator<Item = u8> + Clone + use<'text> {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// Its digits from the first on that is not zero, and the power of ten just above it. `None` if it is zero.
    fn significant(&self) -> Option<(impl Iterator<Item = u8> + Clone + use<'text>, i64)> {
        let zeros = self.digits().take_while(|digit| *digit == b'0').count();
        if zeros == self.whole.len() + self.fraction.len() {
            return None;
        }
        let top = as_i64(self.whole.len())
            .saturating_sub(as_i64(zeros))
            .saturating_add(self.exponent);
        Some((self.digits().skip(zeros), top))
    }

    /// The power of ten just above its first digit that is not zero: 3 for `120`. `None` if it is zero.
    pub fn top(&self) -> Option<i64> {
        self.significant().map(|(_, top)| top)
    }

    /// Whether it has more digits before its point than are computed with.
    pub fn is_too_wide(&self) -> bool {
        self.top().is_some_and(|top| top > MOST_DIGITS)
    }

    /// The integer it is, if it is one of a bearable size. Exact: `1e3` and `1.50e1` are integers.
    pub fn to_integer(self) -> Option<BigInt> {
        if self.top().is_none() {
            return Some(BigInt::ZERO);
        }
        if self.is_too_wide() {
            return None;
        }
        let trailing = self.digits().rev().take_while(|digit| *digit == b'0');
        let trailing = trailing.count();
        let kept = (self.whole.len() + self.fraction.len()).saturating_sub(trailing);
        let power = self
            .exponent
            .saturating_sub(as_i64(self.fraction.len()))
            .saturating_add(as_i64(trailing));
        let power = u32::try_from(power).ok()?;
        let digits: Vec<u8> = self.digits().take(kept).collect();
        let magnitude = read_digits(&digits) * BigUint::from(10_u8).pow(power);
        let sign = if self.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        Some(BigInt::from_biguint(sign, magnitude))
    }

    /// Its first digits as an integer, and the power of ten to multiply it with. Of very many digits, the last
    /// ones only tell whether they are all zeros.
    pub fn mantissa(&self) -> (BigUint, i64) {
        const ENOUGH: usize = 1_200;
        let power = self.exponent.saturating_sub(as_i64(self.fraction.len()));
        let Some((significant, _)) = self.significant() else {
            return (BigUint::ZERO, power);
        };
        let mut digits: Vec<u8> = significant.clone().take(ENOUGH).collect();
        let mut dropped = 0;
        let mut lost = false;
        for digit in significant.skip(ENOUGH) {
            dropped += 1;
            lost |= digit != b'0';
        }
        if dropped > 0 {
            dropped -= 1;
            digits.push(if lost { b'1' } else { b'0' });
        }
        (read_digits(&digits), power.saturating_add(dropped))
    }

    /// Compares by the exact values.
    pub fn compare(&self, other: &Decimal<'_>) -> Ordering {
        match (self.significant(), other.significant()) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => positive(!other.negative).reverse(),
            (Some(_), None) => positive(!self.negative),
            (Some(_), Some(_)) if self.negative != other.negative => positive(!self.negative),
            (Some((own, own_top)), Some((others, others_top))) => {
                let larger = own_top
                    .cmp(&others_top)
                    .then_with(|| compare_digits(own, others));
                if self.negative {
                    larger.reverse()
                } else {
                    larger
                }
            }
        }
    }
}

/// In JSON's notation.
impl fmt::Display for Decimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |digits| std::str::from_utf8(digits).unwrap_or_default();
        let whole = text(self.whole).trim_start_matches('0');
        f.write_str(if self.negative { "-" } else { "" })?;
        f.write_str(if whole.is_empty() { "0" } else { whole })?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", text(self.fraction))?;
        }
        if self.exponent != 0 {
            write!(f, "e{}", self.exponent)?;
        }
        Ok(())
    }
}

/// Reads `+12`; past what 64 bits hold it saturates.
fn read_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits.iter().fold(0_i64, |size, digit| {
        size.saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'))
    });
    Some(if negative { -size } else { size })
}

/// Reads digits, halves first: a text of many would take too long from end to end.
fn read_digits(digits: &[u8]) -> BigUint {
    const FEW: usize = 1_000;
    if digits.len() <= FEW {
        return BigUint::parse_bytes(digits, 10).unwrap_or_default();
    }
    let low = digits.len() / 2;
    let (left, right) = digits.split_at(digits.len() - low);
    let power = u32::try_from(low).unwrap_or(u32::MAX);
    read_digits(left) * BigUint::from(10_u8).pow(power) + read_digits(right)
}

/// Compares digits that stand behind a point at the same place.
fn compare_digits(
    mut one: impl Iterator<Item = u8>,
    mut other: impl Iterator<Item = u8>,
) -> Ordering {
    loop {
        match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => {
                let order = left.unwrap_or(b'0').cmp(&right.unwrap_or(b'0'));
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

const fn positive(yes: bool) -> Ordering {
    if yes {
        Ordering::Greater
    } else {
        Ordering::Less
    }
}

pub(super) fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

//! A number's text, taken apart without a copy.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, BigUint, Sign};

/// Wider integers than this, in decimal digits, are not made of a short text with a large exponent.
pub(super) const MOST_DIGITS: i64 = 400_000;

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

    /// The integer it is, if it is one of a bearable size. Exact: `1e3` and `1.50e1` are integers.
    pub fn to_integer(self) -> Option<BigInt> {
        let Some(top) = self.top() else {
            return Some(BigInt::ZERO);
        };
        if top > MOST_DIGITS.max(as_i64(self.whole.len())) {
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
        let magnitude = BigUint::parse_bytes(&digits, 10)? * BigUint::from(10_u8).pow(power);
        let sign = if self.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        Some(BigInt::from_biguint(sign, magnitude))
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

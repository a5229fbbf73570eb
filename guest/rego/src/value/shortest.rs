//! The shortest decimal that names a binary number.

use std::fmt::Write as _;

use num_bigint::BigUint;

use super::decimal::{Decimal, as_i64};
use super::float::Float;

/// `0.digits * 10^point`, the first digit not 0.
#[derive(Debug)]
pub(super) struct Shortest {
    digits: Vec<u8>,
    point: i64,
}

impl Shortest {
    /// The shortest decimal that is nearer to `mantissa * 2^(exponent - 64)` than to any neighbour with a
    /// mantissa of `bits` bits. The mantissa's highest bit is set.
    pub fn of(mantissa: u64, exponent: i64, bits: u32) -> Self {
        if bits == 64
            && let Some(quick) = Self::by_f64(mantissa, exponent)
        {
            return quick;
        }
        // Half a unit of the last place is the lowest bit here.
        let below = 64 - bits.min(64);
        let middle = (u128::from(mantissa) << 1) >> below;
        let scale = Scale::of(exponent - 65 + i64::from(below));
        let [lower, exact, upper] = [middle - 1, middle, middle + 1].map(|it| scale.digits(it));
        // The neighbours' borders round to this number if it is even.
        let inclusive = middle & 2 == 0;
        exact.shorten(&lower, &upper, inclusive)
    }

    /// By way of the nearest float of 53 bits, whose shortest decimal Rust knows. If it has few digits and
    /// means this very number, no other decimal so short does.
    fn by_f64(mantissa: u64, exponent: i64) -> Option<Self> {
        if !(-900..900).contains(&exponent) {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "checked below: the decimal must mean this number"
        )]
        let float = mantissa as f64 * 2_f64.powi(i32::try_from(exponent - 64).ok()?);
        let quick = Self::of_f64(float)?;
        if quick.digits.len() > 15 {
            return None;
        }
        let decimal = Decimal {
            negative: false,
            whole: &quick.digits,
            fraction: &[],
            exponent: quick.point - as_i64(quick.digits.len()),
        };
        Float::read(&decimal)
            .is(mantissa, exponent)
            .then_some(quick)
    }

    /// The shortest decimal that names a positive float.
    pub fn of_f64(float: f64) -> Option<Self> {
        let text = go_shortest(float);
        let (digits, power) = text.split_once('e')?;
        let digits = digits.bytes().filter(u8::is_ascii_digit).collect();
        let point = power.parse::<i64>().ok()? + 1;
        Some(Self { digits, point })
    }

    /// Cuts where the digits have parted from both borders.
    fn shorten(mut self, lower: &Self, upper: &Self, inclusive: bool) -> Self {
        for (at, digit) in self.digits.iter().enumerate() {
            let (low, high) = (lower.digit(at), upper.digit(at));
            let down = low != *digit || (inclusive && at + 1 == lower.digits.len());
            let up =
                *digit != high && (inclusive || digit + 1 < high || at + 1 < upper.digits.len());
            match (down, up) {
                (false, false) => {}
                (true, false) => {
                    self.round_down(at + 1);
                    break;
                }
                (false, true) => {
                    self.round_up(at + 1);
                    break;
                }
                (true, true) => {
                    self.round(at + 1);
                    break;
                }
            }
        }
        self
    }

    fn digit(&self, at: usize) -> u8 {
        self.digits.get(at).copied().unwrap_or(b'0')
    }

    fn round(&mut self, kept: usize) {
        if kept >= self.digits.len() {
            return;
        }
        let next = self.digit(kept);
        let tie = next == b'5' && kept + 1 == self.digits.len();
        let up = if tie {
            kept > 0 && self.digit(kept - 1) % 2 == 1
        } else {
            next >= b'5'
        };
        if up {
            self.round_up(kept);
        } else {
            self.round_down(kept);
        }
    }

    fn round_down(&mut self, kept: usize) {
        self.digits.truncate(kept);
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
    }

    fn round_up(&mut self, kept: usize) {
        if kept >= self.digits.len() {
            return;
        }
        self.digits.truncate(kept);
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        if let Some(last) = self.digits.last_mut() {
            *last += 1;
        } else {
            self.digits.push(b'1');
            self.point += 1;
        }
    }

    /// `12000`, `0.00012`.
    pub fn written_out(&self, sign: &str) -> String {
        let mut out = String::from(sign);
        let whole = usize::try_from(self.point).unwrap_or(0);
        let digits = std::str::from_utf8(&self.digits).unwrap_or_default();
        let (before, after) = digits.split_at_checked(whole).unwrap_or((digits, ""));
        out.push_str(if whole == 0 { "0" } else { before });
        out.extend(std::iter::repeat_n('0', whole.saturating_sub(digits.len())));
        if !after.is_empty() {
            out.push('.');
            let zeros = usize::try_from(-self.point).unwrap_or(0);
            out.extend(std::iter::repeat_n('0', zeros));
            out.push_str(after);
        }
        out
    }

    /// With an exponent below 0.0001 and from a million on.
    pub fn written_shorter(&self, sign: &str) -> String {
        let power = self.point - 1;
        if (-4..6).contains(&power) {
            return self.written_out(sign);
        }
        let mut out = String::from(sign);
        let digits = std::str::from_utf8(&self.digits).unwrap_or_default();
        let (first, more) = digits.split_at_checked(1).unwrap_or((digits, ""));
        out.push_str(first);
        if !more.is_empty() {
            out.push('.');
            out.push_str(more);
        }
        let minus = if power < 0 { '-' } else { '+' };
        // Writing to a text cannot fail.
        let _ = write!(out, "e{minus}{:02}", power.unsigned_abs());
        out
    }
}

/// How `mantissa * 2^exponent` becomes `integer * 10^-tens`: times `factor`, shifted, and divided by `divisor`.
struct Scale {
    factor: BigUint,
    shift: i64,
    divisor: Option<BigUint>,
    tens: i64,
}

impl Scale {
    /// Powers of two up to here are written out; of others the first 45 digits or so are enough.
    const EXACT: i64 = 250;
    const DIGITS: i64 = 26;

    fn of(exponent: i64) -> Self {
        let five = |power: i64| BigUint::from(5_u8).pow(u32::try_from(power).unwrap_or(u32::MAX));
        let tens = if (-Self::EXACT..=0).contains(&exponent) {
            -exponent
        } else if (0..=Self::EXACT).contains(&exponent) {
            0
        } else {
            // A power of two has 0.30103 times as many digits.
            Self::DIGITS - exponent * 30_103 / 100_000
        };
        if tens >= 0 {
            Self {
                factor: five(tens),
                shift: exponent + tens,
                divisor: None,
                tens,
            }
        } else {
            Self {
                factor: BigUint::from(1_u8),
                shift: exponent + tens,
                divisor: Some(five(-tens)),
                tens,
            }
        }
    }

    /// The digits; if there are more than were computed, a 1 behind them says that they are not all zeros.
    fn digits(&self, mantissa: u128) -> Shortest {
        let mut integer = &self.factor * BigUint::from(mantissa);
        let mut lost = false;
        if let Ok(up) = u64::try_from(self.shift) {
            integer <<= up;
        } else {
            let down = self.shift.unsigned_abs();
            lost = integer.trailing_zeros().is_some_and(|zeros| zeros < down);
            integer >>= down;
        }
        if let Some(divisor) = &self.divisor {
            let quotient = &integer / divisor;
            lost |= &quotient * divisor != integer;
            integer = quotient;
        }
        let mut digits = integer.to_string().into_bytes();
        let point = as_i64(digits.len()) - self.tens;
        if lost {
            digits.push(b'1');
        } else {
            let kept = digits.iter().rposition(|digit| *digit != b'0');
            digits.truncate(kept.map_or(0, |last| last + 1));
        }
        Shortest { digits, point }
    }
}

/// The shortest decimal of a positive float, as `1.25e3`. Where two are equally near, Go takes the even one, and
/// Rust the larger.
pub fn go_shortest(float: f64) -> String {
    let text = format!("{float:e}");
    let Some((digits, power)) = text.split_once('e') else {
        return text;
    };
    let last = digits.bytes().last().unwrap_or(b'0');
    if last % 2 == 0 || digits.len() < 16 {
        return text;
    }
    // INVARIANT: an odd digit has an even one below it.
    let below = digits.get(..digits.len() - 1).unwrap_or_default();
    let even = format!("{below}{}e{power}", char::from(last - 1));
    let more = digits.len() - 1;
    let exact = format!("{float:.*e}", more + 40);
    let tie = exact.get(digits.len()..).is_some_and(|rest| {
        let rest = rest.split('e').next().unwrap_or_default();
        rest.strip_prefix('5')
            .is_some_and(|zeros| zeros.bytes().all(|zero| zero == b'0'))
    });
    if tie && even.parse() == Ok(float) {
        even
    } else {
        text
    }
}

//! Numbers, as OPA has them: decimal texts, of any size and precision.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use num_bigint::BigInt;

use super::decimal::Decimal;
use super::float::Float;
use super::shortest::Shortest;

/// A number. It keeps the notation it was given in (`1.50`, `1e3`), and compares by its exact value.
///
/// OPA holds two numbers equal that differ only past what a float of 64 bits tells apart, if both have more than
/// 15 digits, a fraction, and end in zeros. That is no order (a set could not be sorted by it), so here they differ.
#[derive(Debug, Clone)]
pub struct Number(Form);

#[derive(Debug, Clone)]
enum Form {
    /// Written as an integer of 64 bits is: no point, no exponent, no `+`, no needless zeros, not `-0`.
    Int(i64),
    /// Every other notation. INVARIANT: `Decimal::read` reads it.
    Text(Arc<str>),
}

/// Why a text is not a number that can be computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    /// It is no decimal number.
    NotANumber,
    /// OPA's bound: with an exponent, it must be between 2^-100000 and 2^100000.
    TooBig,
}

impl Number {
    /// Reads a decimal number. `None` if it is not one, or too big; see [`Number::read`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text).ok()
    }

    /// Reads a decimal number: JSON's notation, and what else OPA lets pass: `+5`, `.5`, `5.` and `007`.
    ///
    /// # Errors
    ///
    /// It is not one, or beyond OPA's bounds.
    pub fn read(text: &str) -> Result<Self, NumberFault> {
        if let Some(int) = canonical_int(text) {
            return Ok(Self(Form::Int(int)));
        }
        let decimal = Decimal::read(text).ok_or(NumberFault::NotANumber)?;
        if text.contains(['e', 'E']) && !Float::read(&decimal).is_acceptable() {
            return Err(NumberFault::TooBig);
        }
        Ok(Self(Form::Text(text.into())))
    }

    /// Reads a decimal number beyond OPA's bounds for texts too: an answer may be.
    pub(crate) fn read_unbounded(text: &str) -> Option<Self> {
        if let Some(int) = canonical_int(text) {
            return Some(Self(Form::Int(int)));
        }
        Decimal::read(text)?;
        Some(Self(Form::Text(text.into())))
    }

    /// The number a float is, written as Go's shortest `%g` does: `0.1`, `1e+06`. `None` if it is not finite.
    #[must_use]
    pub fn from_f64(float: f64) -> Option<Self> {
        if !float.is_finite() {
            return None;
        }
        let sign = if float.is_sign_negative() { "-" } else { "" };
        if float == 0.0 {
            return Self::parse(&format!("{sign}0"));
        }
        Self::parse(&Shortest::of_f64(float.abs())?.written_shorter(sign))
    }

    /// The 64-bit integer, if this is one that is written as such or with zeros behind the point (`2.0`); up to 19
    /// characters. `1e1` is none. OPA's `Number.Int64`.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Form::Int(int) => Some(*int),
            Form::Text(text) => read_int(text),
        }
    }

    /// The index into an array, if this can be one.
    #[must_use]
    pub fn to_index(&self) -> Option<usize> {
        usize::try_from(self.to_i64()?).ok()
    }

    /// The integer of any size, if this is one in any notation: `1e3` too. None if it is too wide.
    #[must_use]
    pub fn to_integer(&self) -> Option<BigInt> {
        match &self.0 {
            Form::Int(int) => Some(BigInt::from(*int)),
            Form::Text(text) => Decimal::read(text)?.to_integer(),
        }
    }

    /// Whether it has more digits before its point than are computed with: hundreds of thousands.
    #[must_use]
    pub fn is_too_wide(&self) -> bool {
        self.text().is_some_and(|text| {
            // The exponent alone cannot make it so: it has bounds.
            text.len() > 100_000 && Decimal::read(text).is_some_and(|decimal| decimal.is_too_wide())
        })
    }

    /// The nearest float of 64 bits of mantissa.
    #[must_use]
    pub fn to_float(&self) -> Float {
        match &self.0 {
            Form::Int(int) => Float::from(*int),
            Form::Text(text) => {
                Decimal::read(text).map_or(Float::ZERO, |decimal| Float::read(&decimal))
            }
        }
    }

    /// The nearest float.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
            Form::Int(int) => *int as f64,
            Form::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// The number a float is, in its shortest notation with a mantissa of `bits` bits. `None` if it is too wide.
    #[must_use]
    pub fn from_float(float: Float, bits: u32) -> Option<Self> {
        Self::read_unbounded(&float.to_text(bits)?)
    }

    /// Its text, if it is no plain integer.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.0 {
            Form::Int(_) => None,
            Form::Text(text) => Some(text),
        }
    }

    /// Whether its notation is one of JSON's: `+5`, `.5`, `5.` and `007` are not.
    #[must_use]
    pub fn is_json(&self) -> bool {
        match &self.0 {
            Form::Int(_) => true,
            Form::Text(text) => Decimal::read(text).is_some_and(|decimal| {
                let point = text.contains('.');
                let zero = decimal.whole.first() == Some(&b'0');
                !text.starts_with('+')
                    && !decimal.whole.is_empty()
                    && point != decimal.fraction.is_empty()
                    && (!zero || decimal.whole.len() == 1)
            }),
        }
    }

    /// Appends it in JSON's notation: as it is, but for the notations that JSON lacks.
    pub(crate) fn write_json(&self, out: &mut String) {
        // Writing to a text cannot fail.
        if self.is_json() {
            let _ = write!(out, "{self}");
        } else if let Some(decimal) = self.text().and_then(Decimal::read) {
            let _ = write!(out, "{decimal}");
        }
    }
}

/// The integer a text is, if writing that integer gives the same text.
fn canonical_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let plain = match digits {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', more @ ..] => more.len() < 19 && more.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    plain.then(|| text.parse().ok()).flatten()
}

/// Reads an integer as OPA's `util.Atoi64` does: a sign, up to 19 characters of digits, perhaps a point and zeros.
pub fn read_int(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.is_empty() || unsigned.len() > 19 {
        return None;
    }
    let (whole, zeros) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if !zeros.bytes().all(|byte| byte == b'0') {
        return None;
    }
    whole.bytes().try_fold(0_i64, |int, byte| {
        let digit = i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        let tens = int.checked_mul(10)?;
        if negative {
            tens.checked_sub(digit)
        } else {
            tens.checked_add(digit)
        }
    })
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self(Form::Int(int))
    }
}

impl From<usize> for Number {
    fn from(int: usize) -> Self {
        Self(Form::Int(i64::try_from(int).unwrap_or(i64::MAX)))
    }
}

impl From<BigInt> for Number {
    fn from(int: BigInt) -> Self {
        match i64::try_from(&int) {
            Ok(int) => Self(Form::Int(int)),
            Err(_) => Self(Form::Text(int.to_string().into())),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Int(int) => int.fmt(f),
            Form::Text(text) => f.write_str(text),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Int(one), Form::Int(other)) => one == other,
            (Form::Text(one), Form::Text(other)) if one == other => true,
            _ => self.cmp(other).is_eq(),
        }
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Form::Int(one), Form::Int(other)) => one.cmp(other),
            (Form::Text(one), Form::Text(other)) => compare_texts(one, other),
            (Form::Int(one), Form::Text(other)) => compare_int(*one, other),
            (Form::Text(one), Form::Int(other)) => compare_int(*other, one).reverse(),
        }
    }
}

fn compare_texts(one: &str, other: &str) -> Ordering {
    match (Decimal::read(one), Decimal::read(other)) {
        (Some(one), Some(other)) => one.compare(&other),
        // INVARIANT: both are numbers.
        _ => one.cmp(other),
    }
}

fn compare_int(int: i64, text: &str) -> Ordering {
    let Some(decimal) = Decimal::read(text) else {
        return Ordering::Less;
    };
    let mut digits = [b'0'; 20];
    let mut rest = int.unsigned_abs();
    for digit in digits.iter_mut().rev() {
        // A digit is less than 10.
        *digit += u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    let int = Decimal {
        negative: int < 0,
        whole: &digits,
        fraction: &[],
        exponent: 0,
    };
    int.compare(&decimal)
}

/// Equal numbers are equal floats, so they hash alike.
impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Adding nothing makes one zero of the two.
        (self.to_f64() + 0.0).to_bits().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::read(text).unwrap()
    }

    fn hash(number: &Number) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        number.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn a_number_compares_by_its_value_and_hashes_alike() {
        for equal in [
            ["1", "1.0"],
            ["1e3", "1000"],
            ["-0", "0.0"],
            ["0e999999999", "0"],
            ["1.50e1", "15"],
        ] {
            let [one, other] = equal.map(number);
            assert_eq!(one, other);
            assert_eq!(hash(&one), hash(&other));
        }
        let sorted = [
            "-1e30",
            "-1.5",
            "-1",
            "0",
            "1e-300",
            "0.1",
            "0.1000000000000000055",
            "9007199254740992",
            "9007199254740993",
            "1e30",
            "1e400",
        ];
        assert!(sorted.map(number).is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn a_number_keeps_its_notation() {
        for text in [
            "1",
            "-0",
            "1.50",
            "1e3",
            "1E+3",
            "123456789012345678901234567890",
        ] {
            assert_eq!(number(text).to_string(), text);
        }
    }

    #[test]
    fn size_limit_obeyed() {
        assert!(Number::read("9.9e30102").is_ok());
        assert!(Number::read("-1e-30103").is_ok());
    }

    #[test]
    fn size_limit_violated() {
        assert_eq!(Number::read("1e30103").unwrap_err(), NumberFault::TooBig);
        assert_eq!(
            Number::read("1e-99999999999999999999").unwrap_err(),
            NumberFault::TooBig
        );
        assert_eq!(Number::read("1e").unwrap_err(), NumberFault::NotANumber);
        assert_eq!(Number::read("0x1").unwrap_err(), NumberFault::NotANumber);
    }

    #[test]
    fn an_index_may_have_zeros_behind_its_point() {
        assert_eq!(number("2.0").to_index(), Some(2));
        assert_eq!(number("1e0").to_index(), None);
        assert_eq!(number("-1").to_index(), None);
        assert_eq!(read_int("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(read_int("9223372036854775808"), None);
        assert_eq!(read_int("-"), None);
    }

    #[test]
    #[expect(
        clippy::excessive_precision,
        reason = "the value itself, in the middle between two shortest forms"
    )]
    fn floats_are_written_as_go_writes_them() {
        let text = |float| Number::from_f64(float).unwrap().to_string();
        assert_eq!(text(0.1), "0.1");
        assert_eq!(text(-1e6), "-1e+06");
        assert_eq!(text(1e23), "1e+23");
        assert_eq!(text(1_695_220_493_773_888.25), "1.6952204937738882e+15");
        assert!(Number::from_f64(f64::NAN).is_none());
    }

    #[test]
    fn notations_that_json_lacks_are_written_in_its_own() {
        for (text, json) in [
            ("+5", "5"),
            (".5", "0.5"),
            ("-5.", "-5"),
            ("007", "7"),
            ("1e3", "1e3"),
        ] {
            let mut out = String::new();
            number(text).write_json(&mut out);
            assert_eq!(out, json);
        }
    }
}

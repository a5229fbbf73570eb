//! Scalars: which text is a number, a boolean, null, by the rules of go.yaml.in/yaml/v3.

use crate::builtins::time::timestamp;

/// What a scalar means.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    /// From `i64::MIN` to `u64::MAX`.
    Int(i128),
    Float(f64),
    /// A moment, written as JSON has it. Only an explicit tag makes it one.
    Timestamp(String),
    Text(String),
}

/// The tag of a scalar, in its short form. An empty one asks for what the text looks like.
pub fn resolve(tag: &str, text: &str) -> Option<Scalar> {
    if !matches!(
        tag,
        "" | "!!str" | "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp"
    ) || tag == "!!str"
    {
        return Some(Scalar::Text(text.to_owned()));
    }
    let found = untagged(text, matches!(tag, "" | "!!timestamp"));
    match (tag, found) {
        ("", found)
        | ("!!null", found @ Scalar::Null)
        | ("!!bool", found @ Scalar::Bool(_))
        | ("!!int", found @ Scalar::Int(_))
        | ("!!float", found @ Scalar::Float(_))
        | ("!!timestamp", found @ Scalar::Timestamp(_)) => Some(found),
        #[expect(clippy::cast_precision_loss, reason = "a float is asked for")]
        ("!!float", Scalar::Int(int)) if int <= i128::from(i64::MAX) => {
            Some(Scalar::Float(int as f64))
        }
        _ => None,
    }
}

/// The short tag of what a plain text looks like.
pub fn implicit_tag(text: &str) -> &'static str {
    match untagged(text, true) {
        Scalar::Null => "!!null",
        Scalar::Bool(_) => "!!bool",
        Scalar::Int(_) => "!!int",
        Scalar::Float(_) => "!!float",
        Scalar::Timestamp(_) => "!!timestamp",
        Scalar::Text(_) => "!!str",
    }
}

fn untagged(text: &str, may_be_time: bool) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let found = match text.as_bytes().first() {
        Some(b'.') if underscores_separate(text) => float(&text.replace('_', "")),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            let digits = text.replace('_', "");
            let time = || {
                if may_be_time {
                    timestamp(text).map(Scalar::Timestamp)
                } else {
                    None
                }
            };
            time()
                .or_else(|| integer(&digits).map(Scalar::Int))
                .or_else(|| float(&digits))
                .or_else(|| signed_radix(&digits))
        }
        _ => None,
    };
    found.unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

/// A whole number that fits 64 bits, signed or not, in any of Go's bases.
fn integer(text: &str) -> Option<i128> {
    let (digits, range) = match text.as_bytes() {
        [b'-', ..] => (text.get(1..)?, i128::from(i64::MIN)..=0),
        [b'+', ..] => (text.get(1..)?, 0..=i128::from(i64::MAX)),
        _ => (text, 0..=i128::from(u64::MAX)),
    };
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (digits.get(2..)?, 16),
        [b'0', b'o' | b'O', _, ..] => (digits.get(2..)?, 8),
        [b'0', b'b' | b'B', _, ..] => (digits.get(2..)?, 2),
        [b'0', _, ..] => (digits.get(1..)?, 8),
        _ => (digits, 10),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let size = i128::from_str_radix(digits, radix).ok()?;
    let number = if text.starts_with('-') { -size } else { size };
    range.contains(&number).then_some(number)
}

/// Whether each underscore stands between digits.
fn underscores_separate(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let mut underscores = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    underscores.all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)))
}

/// `0b-1`, `0o+7`: the package takes what is behind the letter for a number with a sign.
fn signed_radix(text: &str) -> Option<Scalar> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'b', b'-' | b'+', ..] => (text.get(2..)?, 2),
        [b'0', b'o', b'-' | b'+', ..] => (text.get(2..)?, 8),
        _ => return None,
    };
    i64::from_str_radix(digits, radix)
        .ok()
        .map(|number| Scalar::Int(number.into()))
}

/// Digits with a point or an exponent or neither. What is too big is a text.
fn float(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.strip_prefix(['+', '-']).unwrap_or(exponent),
        ),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let is_float = [whole, fraction, exponent].into_iter().all(are_digits)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty());
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| is_float && number.is_finite())?;
    Some(Scalar::Float(number))
}

/// As Go's `encoding/json` writes it; absent for infinity and what is not a number, which JSON lacks.
pub fn float_text(number: f64) -> Option<String> {
    let size = number.abs();
    if !size.is_finite() {
        return None;
    }
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return Some(format!("{number}"));
    }
    let text = format!("{number:e}");
    Some(if size < 1.0 {
        text
    } else {
        text.replace('e', "e+")
    })
}

/// A float as a key: rounded to 32 bits, with YAML's words for infinity.
#[expect(
    clippy::cast_possible_truncation,
    reason = "OPA rounds keys to 32 bits too"
)]
pub fn float_key(number: f64) -> String {
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{number}"),
    }
}

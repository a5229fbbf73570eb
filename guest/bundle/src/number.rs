//! Numbers as YAML writes them.

/// A whole number that fits 64 bits, signed or not, in any of YAML's bases.
pub(crate) fn integer(text: &str) -> Option<i128> {
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

/// Digits with a dot or an exponent or neither. What is too big to be a number becomes infinite.
pub(crate) fn float(text: &str) -> Option<f64> {
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
    if is_float { text.parse().ok() } else { None }
}

/// As Go's `encoding/json` writes it; absent for infinity and what is not a number, which JSON lacks.
pub(crate) fn float_text(number: f64) -> Option<String> {
    let size = number.abs();
    if !size.is_finite() {
        None
    } else if size == 0.0 || (1e-6..1e21).contains(&size) {
        Some(format!("{number}"))
    } else {
        let text = format!("{number:e}");
        Some(if size < 1.0 {
            text
        } else {
            text.replace('e', "e+")
        })
    }
}

/// As Go's `strconv.FormatFloat(number, 'g', -1, 32)`, with YAML's words for infinity: OPA's keys.
#[expect(
    clippy::cast_possible_truncation,
    reason = "OPA rounds keys to 32 bits too"
)]
pub(crate) fn float_key(number: f64) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_in_every_base() {
        let cases = [
            ("0", 0),
            ("-0", 0),
            ("42", 42),
            ("+42", 42),
            ("-42", -42),
            ("0755", 493),
            ("00", 0),
            ("0o17", 15),
            ("0O17", 15),
            ("-0o17", -15),
            ("0x1F", 31),
            ("-0X1f", -31),
            ("0b101", 5),
            ("+0b1", 1),
            ("18446744073709551615", i128::from(u64::MAX)),
            ("-9223372036854775808", i128::from(i64::MIN)),
        ];
        for (text, number) in cases {
            assert_eq!(integer(text), Some(number), "{text}");
        }
    }

    #[test]
    fn floats_are_read() {
        let cases = [
            ("1.5", 1.5),
            ("-1.5", -1.5),
            (".5", 0.5),
            ("+.5", 0.5),
            ("1.", 1.0),
            ("1e3", 1000.0),
            ("1.E-2", 0.01),
            ("08", 8.0),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
            ("-9223372036854775809", -9_223_372_036_854_775_809.0),
            ("1e999", f64::INFINITY),
        ];
        for (text, number) in cases {
            assert_eq!(float(text), Some(number), "{text}");
        }
    }
}

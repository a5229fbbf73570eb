//! What the literals of texts and numbers mean.

/// The text inside quotes, escapes resolved, as JSON has them. `None` if JSON refuses it.
pub(super) fn unescape(inner: &str) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(char) = rest.next() {
        match char {
            '\\' => text.push(match rest.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => code_point(&mut rest)?,
                same @ ('"' | '\\' | '/') => same,
                _ => return None,
            }),
            '"' | '\0'..='\u{1f}' => return None,
            _ => text.push(char),
        }
    }
    Some(text)
}

/// What `\u` spells. Half of a surrogate pair alone is the replacement character.
fn code_point(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let first = hex(rest)?;
    if let Some(char) = char::from_u32(first) {
        return Some(char);
    }
    let mut ahead = rest.clone();
    if first < 0xdc00
        && ahead.next() == Some('\\')
        && ahead.next() == Some('u')
        && let Some(second @ 0xdc00..=0xdfff) = hex(&mut ahead)
    {
        *rest = ahead;
        return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    }
    Some(char::REPLACEMENT_CHARACTER)
}

fn hex(rest: &mut std::str::Chars<'_>) -> Option<u32> {
    let mut value = 0;
    for _ in 0..4 {
        value = value << 4 | rest.next()?.to_digit(16)?;
    }
    Some(value)
}

/// The text of a template string's part with `\{` resolved, and no other escape.
pub(super) fn resolve_braces(inner: &str, raw: bool) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.chars().peekable();
    while let Some(char) = rest.next() {
        if char == '\\' && rest.peek() == Some(&'{') {
            continue;
        }
        text.push(char);
        if char == '\\' && !raw {
            text.extend(rest.next());
        }
    }
    text
}

/// What is wrong with the literal of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadNumber {
    /// It is none.
    Malformed,
    /// It, or one over it, does not fit OPA's numbers: 2 to the power of 100,000.
    TooBig,
}

/// Checks a number that OPA could calculate with.
pub(super) fn check_number(text: &str) -> Result<(), BadNumber> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
        return Err(BadNumber::Malformed);
    }
    let exponent: i64 = exponent.parse().map_err(|_| BadNumber::TooBig)?;
    let digits = || whole.bytes().chain(fraction.bytes());
    let Some(zeros) = digits().position(|digit| digit != b'0') else {
        return Ok(());
    };
    // Exact enough: only numbers within a millionth of the limit could be judged otherwise than by OPA.
    let leading = digits()
        .skip(zeros)
        .take(15)
        .fold((0.0, 1.0), |(sum, unit), digit| {
            (sum + f64::from(digit - b'0') * unit, unit / 10.0)
        })
        .0;
    let place = i64::try_from(whole.len()).unwrap_or(i64::MAX)
        - i64::try_from(zeros).unwrap_or(i64::MAX)
        - 1;
    #[expect(clippy::cast_precision_loss, reason = "compared with a small number")]
    let power = exponent.saturating_add(place) as f64;
    let binary = (leading.log2() + power * std::f64::consts::LOG2_10).floor() + 1.0;
    if binary.abs() > 1e5 {
        Err(BadNumber::TooBig)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_json() {
        assert_eq!(Some("a\"/\n".to_owned()), unescape(r#"a\"\/\n"#));
        assert_eq!(Some("😀".to_owned()), unescape(r"\ud83d\ude00"));
        assert_eq!(Some("\u{fffd}A".to_owned()), unescape(r"\ud83d\u0041"));
        assert_eq!(None, unescape(r"\u12"));
        assert_eq!(None, unescape("\\n\t"));
    }

    #[test]
    fn braces_are_escaped_in_templates() {
        assert_eq!(r"{a} \n", resolve_braces(r"\{a} \n", false));
        assert_eq!(r"\\", resolve_braces(r"\\", false));
        assert_eq!(r"\{", resolve_braces(r"\\{", true));
    }

    #[test]
    fn number_limit_obeyed() {
        for number in [
            "1e30102",
            "-1e-30103",
            "0e99999999",
            ".5",
            "1.",
            "0.0001e-30000",
        ] {
            assert_eq!(Ok(()), check_number(number), "{number}");
        }
    }

    #[test]
    fn number_limit_violated() {
        for number in ["1e30104", "1e-30105", "1e99999999999999999999"] {
            assert_eq!(Err(BadNumber::TooBig), check_number(number), "{number}");
        }
        assert_eq!(Err(BadNumber::Malformed), check_number(".5.3"));
    }
}

//! Texts: cut, replaced and turned.

use super::operand::{at, object, text};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{self, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("lower", "string -> string", lower),
    Builtin::pure("upper", "string -> string", upper),
    Builtin::pure("replace", "string, string, string -> string", replace),
    Builtin::pure(
        "strings.replace_n",
        "object[string: string], string -> string",
        replace_n,
    ),
    Builtin::pure("trim", "string, string -> string", trim),
    Builtin::pure("trim_left", "string, string -> string", trim_left),
    Builtin::pure("trim_prefix", "string, string -> string", trim_prefix),
    Builtin::pure("trim_right", "string, string -> string", trim_right),
    Builtin::pure("trim_suffix", "string, string -> string", trim_suffix),
    Builtin::pure("trim_space", "string -> string", trim_space),
    Builtin::pure("strings.reverse", "string -> string", reverse),
];

fn lower(operands: &[Value]) -> Answer {
    let text = text(operands, 0)?;
    if text.is_ascii() {
        if !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Ok(Some(at(operands, 0).clone()));
        }
        return Ok(Some(Value::from(text.to_ascii_lowercase())));
    }
    let lower: String = text.chars().map(value::lower).collect();
    Ok(Some(Value::from(lower)))
}

fn upper(operands: &[Value]) -> Answer {
    let text = text(operands, 0)?;
    if text.is_ascii() {
        if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Ok(Some(at(operands, 0).clone()));
        }
        return Ok(Some(Value::from(text.to_ascii_uppercase())));
    }
    let upper: String = text.chars().map(value::upper).collect();
    Ok(Some(Value::from(upper)))
}

fn replace(operands: &[Value]) -> Answer {
    let (text, old, new) = (text(operands, 0)?, text(operands, 1)?, text(operands, 2)?);
    if old.is_empty() {
        return Ok(Some(Value::from(replace_all(text, &[(old, new)]))));
    }
    if !text.contains(old) {
        return Ok(Some(at(operands, 0).clone()));
    }
    Ok(Some(Value::from(text.replace(old, new))))
}

fn replace_n(operands: &[Value]) -> Answer {
    let patterns = object(operands, 0)?;
    let text = text(operands, 1)?;
    let mut pairs = Vec::with_capacity(patterns.len());
    for (old, new) in patterns.iter() {
        let old = old.as_str().ok_or_else(|| no_string("key"))?;
        let new = new.as_str().ok_or_else(|| no_string("value"))?;
        pairs.push((old, new));
    }
    Ok(Some(Value::from(replace_all(text, &pairs))))
}

#[cold]
fn no_string(what: &str) -> BuiltinError {
    BuiltinError::Type(format!(
        "operand 1 non-string {what} found in pattern object"
    ))
}

/// Goes through a text once, and replaces the first pattern that matches at each place. An empty pattern matches
/// before every byte, once.
fn replace_all(text: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let mut was_empty = false;
    loop {
        let found = pairs
            .iter()
            .find(|(old, _)| rest.starts_with(old.as_bytes()) && !(old.is_empty() && was_empty));
        was_empty = found.is_some_and(|(old, _)| old.is_empty());
        if let Some((old, new)) = found {
            out.extend_from_slice(new.as_bytes());
            rest = rest.get(old.len()..).unwrap_or_default();
            continue;
        }
        let Some((byte, more)) = rest.split_first() else {
            break;
        };
        out.push(*byte);
        rest = more;
    }
    match String::from_utf8(out) {
        Ok(text) => text,
        // An empty pattern cuts characters, as in OPA.
        Err(cut) => String::from_utf8_lossy(cut.as_bytes()).into_owned(),
    }
}

fn trim(operands: &[Value]) -> Answer {
    let (text, cut) = (text(operands, 0)?, text(operands, 1)?);
    part(operands, text.trim_matches(|char| cut.contains(char)))
}

fn trim_left(operands: &[Value]) -> Answer {
    let (text, cut) = (text(operands, 0)?, text(operands, 1)?);
    part(operands, text.trim_start_matches(|char| cut.contains(char)))
}

fn trim_right(operands: &[Value]) -> Answer {
    let (text, cut) = (text(operands, 0)?, text(operands, 1)?);
    part(operands, text.trim_end_matches(|char| cut.contains(char)))
}

fn trim_prefix(operands: &[Value]) -> Answer {
    let (text, prefix) = (text(operands, 0)?, text(operands, 1)?);
    part(operands, text.strip_prefix(prefix).unwrap_or(text))
}

fn trim_suffix(operands: &[Value]) -> Answer {
    let (text, suffix) = (text(operands, 0)?, text(operands, 1)?);
    part(operands, text.strip_suffix(suffix).unwrap_or(text))
}

fn trim_space(operands: &[Value]) -> Answer {
    part(operands, text(operands, 0)?.trim())
}

/// A part of the first operand, which is shared if nothing was cut.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
fn part(operands: &[Value], part: &str) -> Answer {
    let whole = at(operands, 0);
    Ok(Some(match whole {
        Value::String(text) if text.len() == part.len() => whole.clone(),
        _ => Value::from(part),
    }))
}

fn reverse(operands: &[Value]) -> Answer {
    let reversed: String = text(operands, 0)?.chars().rev().collect();
    Ok(Some(Value::from(reversed)))
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn an_empty_pattern_matches_before_every_byte() {
        assert_eq!(
            call("replace", &[r#""abc""#, r#""""#, r#""x""#]),
            r#""xaxbxcx""#
        );
        let patterns = r#"{"": "-", "a": "X"}"#;
        assert_eq!(
            call("strings.replace_n", &[patterns, r#""abab""#]),
            r#""-X-b-X-b-""#
        );
        assert_eq!(
            call("replace", &[r#""é""#, r#""""#, r#""x""#]),
            "\"x\u{fffd}x\u{fffd}x\""
        );
    }

    #[test]
    fn of_two_patterns_the_first_one_counts() {
        let patterns = r#"{"a": "1", "ab": "2"}"#;
        assert_eq!(
            call("strings.replace_n", &[patterns, r#""abab""#]),
            r#""1b1b""#
        );
        assert_eq!(
            call("strings.replace_n", &[r#"{"a": 1}"#, r#""a""#]),
            "type error"
        );
    }
}

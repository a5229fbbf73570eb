//! Texts: what they contain, and their parts. Positions count characters.

use super::operand::{at, int, items, text, wrong, wrong_member};
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure(
        "strings.any_prefix_match",
        "any<string, array[string], set[string]>, any<string, array[string], set[string]> -> boolean",
        any_prefix_match,
    ),
    Builtin::pure(
        "strings.any_suffix_match",
        "any<string, array[string], set[string]>, any<string, array[string], set[string]> -> boolean",
        any_suffix_match,
    ),
    Builtin::pure(
        "concat",
        "string, any<array[string], set[string]> -> string",
        concat,
    ),
    Builtin::pure("format_int", "number, number -> string", format_int),
    Builtin::pure("indexof", "string, string -> number", indexof),
    Builtin::pure("indexof_n", "string, string -> array[number]", indexof_n),
    Builtin::pure("substring", "string, number, number -> string", substring),
    Builtin::pure("contains", "string, string -> boolean", contains),
    Builtin::pure("strings.count", "string, string -> number", count),
    Builtin::pure("startswith", "string, string -> boolean", startswith),
    Builtin::pure("endswith", "string, string -> boolean", endswith),
    Builtin::pure("split", "string, string -> array[string]", split),
    Builtin::pure(
        "strings.split_n",
        "string, string, number -> array[string]",
        split_n,
    ),
    Builtin::pure("sprintf", "string, array[any] -> string", sprintf),
];

fn startswith(operands: &[Value]) -> Answer {
    let (text, prefix) = (text(operands, 0)?, text(operands, 1)?);
    Ok(Some(Value::Bool(text.starts_with(prefix))))
}

fn endswith(operands: &[Value]) -> Answer {
    let (text, suffix) = (text(operands, 0)?, text(operands, 1)?);
    Ok(Some(Value::Bool(text.ends_with(suffix))))
}

fn contains(operands: &[Value]) -> Answer {
    let (text, part) = (text(operands, 0)?, text(operands, 1)?);
    Ok(Some(Value::Bool(text.contains(part))))
}

fn any_prefix_match(operands: &[Value]) -> Answer {
    any_match(operands, |text, prefix| text.starts_with(prefix))
}

fn any_suffix_match(operands: &[Value]) -> Answer {
    any_match(operands, |text, suffix| text.ends_with(suffix))
}

fn any_match(operands: &[Value], is_match: fn(&str, &str) -> bool) -> Answer {
    let (texts, affixes) = (texts(operands, 0)?, texts(operands, 1)?);
    let found = texts
        .iter()
        .any(|text| affixes.iter().any(|affix| is_match(text, affix)));
    Ok(Some(Value::Bool(found)))
}

/// One text, or all of a collection.
fn texts(operands: &[Value], index: usize) -> Result<Vec<&str>, BuiltinError> {
    let operand = at(operands, index);
    if let Value::String(text) = operand {
        return Ok(vec![text]);
    }
    let members =
        items(operand).ok_or_else(|| wrong(index, "one of {string, set, array}", operand))?;
    let text = |member: &'_ Value| -> Result<(), BuiltinError> {
        match member {
            Value::String(_) => Ok(()),
            other => Err(wrong_member(index, "string", operand, other)),
        }
    };
    members.iter().try_for_each(text)?;
    Ok(members.iter().filter_map(Value::as_str).collect())
}

fn concat(operands: &[Value]) -> Answer {
    let separator = text(operands, 0)?;
    let whole = at(operands, 1);
    let parts = items(whole).ok_or_else(|| wrong(1, "one of {set, array}", whole))?;
    let mut length = separator.len() * parts.len();
    for part in parts {
        match part {
            Value::String(text) => length += text.len(),
            other => return Err(wrong_member(1, "string", whole, other)),
        }
    }
    if let [only] = parts {
        return Ok(Some(only.clone()));
    }
    let mut joined = String::with_capacity(length);
    for (at, part) in parts.iter().filter_map(Value::as_str).enumerate() {
        if at > 0 {
            joined.push_str(separator);
        }
        joined.push_str(part);
    }
    Ok(Some(Value::from(joined)))
}

fn format_int(operands: &[Value]) -> Answer {
    let number = super::operand::number(operands, 0)?;
    let base = super::operand::number(operands, 1)?;
    // Written so: `10.0` is no base.
    let base = match (base.text(), base.to_i64()) {
        (None, Some(base @ (2 | 8 | 10 | 16))) => u32::try_from(base).unwrap_or(10),
        _ => {
            return Err(BuiltinError::Type(
                "operand 2 must be one of {2, 8, 10, 16}".into(),
            ));
        }
    };
    if base == 10
        && let Some(int) = number.to_i64()
    {
        return Ok(Some(Value::from(int.to_string())));
    }
    let int = match number.text() {
        Some(text)
            if !text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-') =>
        {
            number.to_float().truncate()
        }
        _ => number.to_integer(),
    };
    let int = int.ok_or_else(super::arithmetic::too_big)?;
    Ok(Some(Value::from(int.to_str_radix(base))))
}

fn indexof(operands: &[Value]) -> Answer {
    let (text, wanted) = search(operands)?;
    Ok(Some(match text.find(wanted) {
        Some(at) => Value::from(characters(text, at)),
        None => Value::from(-1_i64),
    }))
}

fn indexof_n(operands: &[Value]) -> Answer {
    let (text, wanted) = search(operands)?;
    let ascii = text.is_ascii();
    let mut found = Vec::new();
    let (mut from, mut before) = (0, 0);
    while let Some(rest) = text.get(from..)
        && let Some(at) = rest.find(wanted)
    {
        before += if ascii { at } else { characters(rest, at) };
        found.push(Value::from(before));
        // The next may overlap with this one.
        let first = rest.get(at..).and_then(|rest| rest.chars().next());
        from += at + first.map_or(1, char::len_utf8);
        before += 1;
    }
    Ok(Some(Value::from(found)))
}

fn search(operands: &[Value]) -> Result<(&str, &str), BuiltinError> {
    let (text, wanted) = (text(operands, 0)?, text(operands, 1)?);
    if wanted.is_empty() {
        return Err(BuiltinError::Failed("empty search character".into()));
    }
    Ok((text, wanted))
}

/// How many characters a text has up to a byte.
fn characters(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |before| before.chars().count())
}

/// From an offset on, so many characters; all of them if the length is negative.
fn substring(operands: &[Value]) -> Answer {
    let text = text(operands, 0)?;
    let (offset, length) = (int(operands, 1)?, int(operands, 2)?);
    let offset =
        usize::try_from(offset).map_err(|_| BuiltinError::Failed("negative offset".into()))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let rest = after(text, offset);
    let end = rest.len() - after(rest, length).len();
    if offset == 0 && end == text.len() {
        return Ok(Some(at(operands, 0).clone()));
    }
    Ok(Some(Value::from(rest.get(..end).unwrap_or_default())))
}

/// What follows the first characters.
fn after(text: &str, characters: usize) -> &str {
    if characters >= text.len() {
        return "";
    }
    let mut chars = text.char_indices();
    let from = chars.nth(characters).map_or(text.len(), |(at, _)| at);
    text.get(from..).unwrap_or_default()
}

fn count(operands: &[Value]) -> Answer {
    let (text, part) = (text(operands, 0)?, text(operands, 1)?);
    let count = if part.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(part).count()
    };
    Ok(Some(Value::from(count)))
}

fn split(operands: &[Value]) -> Answer {
    let (text, delimiter) = (text(operands, 0)?, text(operands, 1)?);
    if !text.contains(delimiter) {
        return Ok(Some(Value::from(vec![at(operands, 0).clone()])));
    }
    Ok(Some(Value::from(parts(text, delimiter))))
}

/// The first parts, or the last ones if the number is negative.
fn split_n(operands: &[Value]) -> Answer {
    let (text, delimiter) = (text(operands, 0)?, text(operands, 1)?);
    let wanted = int(operands, 2)?;
    let mut parts = parts(text, delimiter);
    let count = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    if wanted < 0 {
        parts.drain(..parts.len().saturating_sub(count));
    } else {
        parts.truncate(count);
    }
    Ok(Some(Value::from(parts)))
}

/// Between delimiters; without one, each character.
fn parts(text: &str, delimiter: &str) -> Vec<Value> {
    if delimiter.is_empty() {
        let mut buffer = [0; 4];
        let each = |char: char| Value::from(&*char.encode_utf8(&mut buffer));
        return text.chars().map(each).collect();
    }
    text.split(delimiter).map(Value::from).collect()
}

fn sprintf(operands: &[Value]) -> Answer {
    let format = text(operands, 0)?;
    let arguments = super::operand::array(operands, 1)?;
    super::printf::print(format, arguments).map(|text| Some(Value::from(text)))
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn positions_count_characters() {
        assert_eq!(call("indexof", &[r#""日本語""#, r#""語""#]), "2");
        assert_eq!(call("indexof_n", &[r#""éaéaé""#, r#""éaé""#]), "[0, 2]");
        assert_eq!(call("indexof_n", &[r#""aaa""#, r#""aa""#]), "[0, 1]");
        assert_eq!(call("indexof", &[r#""a""#, r#""""#]), "builtin error");
        assert_eq!(call("substring", &[r#""日本語""#, "1", "-1"]), r#""本語""#);
        assert_eq!(
            call("substring", &[r#""abc""#, "1", "9223372036854775807"]),
            r#""bc""#
        );
        assert_eq!(call("substring", &[r#""abc""#, "-1", "1"]), "builtin error");
    }

    #[test]
    fn an_empty_delimiter_splits_characters() {
        assert_eq!(call("split", &[r#""aé""#, r#""""#]), r#"["a", "é"]"#);
        assert_eq!(call("split", &[r#""""#, r#""""#]), "[]");
        assert_eq!(call("split", &[r#""""#, r#"",""#]), r#"[""]"#);
        assert_eq!(
            call("strings.split_n", &[r#""a,b,c""#, r#"",""#, "-2"]),
            r#"["b", "c"]"#
        );
        assert_eq!(
            call("strings.split_n", &[r#""a,b,c""#, r#"",""#, "2"]),
            r#"["a", "b"]"#
        );
    }

    #[test]
    fn integers_are_written_in_their_base() {
        assert_eq!(call("format_int", &["15.9", "16"]), r#""f""#);
        assert_eq!(call("format_int", &["-15.9", "2"]), r#""-1111""#);
        assert_eq!(
            call("format_int", &["18446744073709551617", "16"]),
            r#""10000000000000001""#
        );
        assert_eq!(
            call("format_int", &["1e30", "10"]),
            r#""1000000000000000000024696061952""#
        );
        assert_eq!(call("format_int", &["1", "10.0"]), "type error");
    }
}

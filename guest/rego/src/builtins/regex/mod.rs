//! Regular expressions, as Go's `regexp` understands them.

pub mod class;
mod intersect;
mod node;
pub mod pattern;
mod syntax;
mod template;

use super::operand::{at, int, text};
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;
use pattern::{Groups, Pattern};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("regex.is_valid", "string -> boolean", is_valid),
    Builtin::pure("regex.match", "string, string -> boolean", is_match),
    Builtin::pure("re_match", "string, string -> boolean", is_match).deprecated(),
    Builtin::pure("regex.split", "string, string -> array[string]", split),
    Builtin::pure(
        "regex.globs_match",
        "string, string -> boolean",
        globs_match,
    ),
    Builtin::pure(
        "regex.template_match",
        "string, string, string, string -> boolean",
        template_match,
    ),
    Builtin::pure(
        "regex.find_n",
        "string, string, number -> array[string]",
        find_n,
    ),
    Builtin::pure(
        "regex.find_all_string_submatch_n",
        "string, string, number -> array[array[string]]",
        find_all_string_submatch_n,
    ),
    Builtin::pure("regex.replace", "string, string, string -> string", replace),
];

/// `regex.is_valid`.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
fn is_valid(args: &[Value]) -> Answer {
    let valid = at(args, 0)
        .as_str()
        .is_some_and(|text| syntax::parse(text).is_ok());
    Ok(Some(Value::from(valid)))
}

/// `regex.match`.
fn is_match(args: &[Value]) -> Answer {
    let (pattern, text) = (text(args, 0)?, text(args, 1)?);
    Ok(Some(Value::from(Pattern::of(pattern)?.is_match(text))))
}

/// `regex.template_match`.
fn template_match(args: &[Value]) -> Answer {
    let (template, text) = (text(args, 0)?, text(args, 1)?);
    let delimiter = |index: usize| match super::operand::text(args, index)?.as_bytes() {
        &[delimiter] => Ok(delimiter),
        other => Err(BuiltinError::Failed(format!(
            "delimiter has to be exactly one character long but is {} long",
            other.len()
        ))),
    };
    super::operand::text(args, 2)?;
    super::operand::text(args, 3)?;
    let (open, close) = (delimiter(2)?, delimiter(3)?);
    let expression = template::to_expression(template, open, close)?;
    Ok(Some(Value::from(Pattern::of(&expression)?.is_match(text))))
}

/// `regex.split`.
fn split(args: &[Value]) -> Answer {
    let (pattern, text) = (text(args, 0)?, text(args, 1)?);
    let compiled = Pattern::of(pattern)?;
    if !pattern.is_empty() && text.is_empty() {
        return Ok(Some(Value::from(vec![Value::from("")])));
    }
    let mut parts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for groups in compiled.matches(text, false) {
        let Some((from, to)) = whole(&groups) else {
            continue;
        };
        end = from;
        if to != 0 {
            parts.push(slice(text, start, end));
        }
        start = to;
    }
    if end != text.len() {
        parts.push(slice(text, start, text.len()));
    }
    Ok(Some(Value::from(parts)))
}

/// `regex.find_n`.
fn find_n(args: &[Value]) -> Answer {
    let (pattern, text, count) = (text(args, 0)?, text(args, 1)?, int(args, 2)?);
    let pattern = Pattern::of(pattern)?;
    let found = pattern.matches(text, false).take(at_most(count));
    let found = found
        .filter_map(|groups| whole(&groups))
        .map(|(start, end)| slice(text, start, end));
    Ok(Some(Value::from(found.collect::<Vec<_>>())))
}

/// `regex.find_all_string_submatch_n`.
fn find_all_string_submatch_n(args: &[Value]) -> Answer {
    let (pattern, text, count) = (text(args, 0)?, text(args, 1)?, int(args, 2)?);
    let pattern = Pattern::of(pattern)?;
    let texts = |groups: Groups| {
        let texts = groups.into_iter().map(|group| {
            group.map_or_else(|| Value::from(""), |(start, end)| slice(text, start, end))
        });
        Value::from(texts.collect::<Vec<_>>())
    };
    let found = pattern.matches(text, true).take(at_most(count)).map(texts);
    Ok(Some(Value::from(found.collect::<Vec<_>>())))
}

/// `regex.replace`.
fn replace(args: &[Value]) -> Answer {
    let (base, pattern, replacement) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    let pattern = Pattern::of(pattern)?;
    let mut out = String::new();
    let mut last_end = 0;
    for groups in pattern.matches(base, replacement.contains('$')) {
        let Some((start, end)) = whole(&groups) else {
            continue;
        };
        out.push_str(base.get(last_end..start).unwrap_or_default());
        template::expand(&pattern, replacement, base, &groups, &mut out);
        if out.len() > MAX_REPLACED {
            return Err(BuiltinError::Failed(format!(
                "more than {MAX_REPLACED} bytes"
            )));
        }
        last_end = end;
    }
    out.push_str(base.get(last_end..).unwrap_or_default());
    Ok(Some(Value::from(out)))
}

/// A replacement may be many times as long as what it replaces.
const MAX_REPLACED: usize = 16 << 20;

/// `regex.globs_match`: whether any text matches both.
fn globs_match(args: &[Value]) -> Answer {
    let (one, other) = (text(args, 0)?, text(args, 1)?);
    Ok(Some(Value::from(intersect::intersect(one, other)?)))
}

fn whole(groups: &Groups) -> Option<(usize, usize)> {
    groups.first().copied().flatten()
}

fn slice(text: &str, start: usize, end: usize) -> Value {
    Value::from(text.get(start..end).unwrap_or_default())
}

/// A negative number means all.
fn at_most(count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Result<bool, BuiltinError> {
        is_match(&[Value::from(pattern), Value::from(text)])
            .map(|truth| truth == Some(Value::from(true)))
    }

    #[test]
    fn classes_are_those_of_go() {
        assert_eq!(matches(r"^\w$", "é"), Ok(false));
        assert_eq!(matches(r"^\s$", "\u{b}"), Ok(false));
        assert_eq!(matches(r"^[[:space:]]$", "\u{b}"), Ok(true));
        assert_eq!(matches(r"^\p{greek}$", "ω"), Ok(true));
        // Assigned by Unicode 16: not yet a letter to Go.
        assert_eq!(matches(r"^\pL$", "\u{a7da}"), Ok(false));
        assert_eq!(matches(r"(?i)^K$", "\u{212a}"), Ok(true));
        assert_eq!(matches(r"\B|[^\w]", "_é_"), Ok(true));
    }

    #[test]
    fn what_go_cannot_read_is_an_error() {
        for pattern in [
            "(?=a)",
            r"\1",
            "a**",
            "(a{100}){11}",
            "[z-a]",
            r"\p{Old_Italic}",
            "(?x)a",
            ")",
        ] {
            assert!(
                matches!(matches(pattern, ""), Err(BuiltinError::Failed(_))),
                "{pattern}"
            );
        }
        assert_eq!(matches("a{,2}", "a{,2}"), Ok(true));
    }

    #[test]
    fn size_limit_obeyed() {
        assert!(matches(r"[a-z]{1000}", "").is_ok());
        assert!(matches(&"(".repeat(100), "").is_err());
    }

    #[test]
    fn size_limit_violated() {
        assert!(matches(r"(\pL{30}){30}", "").is_err());
        assert!(matches(&format!("{}a{}", "(".repeat(300), ")".repeat(300)), "").is_err());
    }

    #[test]
    fn a_replacement_names_groups_as_go_reads_them() {
        let replaced = |template: &str| {
            let args = ["ab", "(?P<x>a)(b)?", template].map(Value::from);
            replace(&args)
                .unwrap()
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(replaced("${x}$2$$"), "ab$");
        assert_eq!(replaced("$1x-$01-$é"), "--");
        assert_eq!(replaced("${1"), "${1");
    }
}

//! Templates: what replaces a match (`$1`, `${name}`), and literal texts with expressions between delimiters.

use super::class::{is_digit, is_letter};
use super::pattern::{Groups, Pattern};
use super::syntax;
use crate::builtins::BuiltinError;

/// Appends a replacement, by the rules of Go's `Regexp.Expand`.
pub fn expand(
    pattern: &Pattern,
    mut template: &str,
    text: &str,
    groups: &Groups,
    out: &mut String,
) {
    let group = |index: usize| {
        let (start, end) = groups.get(index).copied().flatten()?;
        text.get(start..end)
    };
    while let Some((before, after)) = template.split_once('$') {
        out.push_str(before);
        if let Some(rest) = after.strip_prefix('$') {
            out.push('$');
            template = rest;
            continue;
        }
        let Some((name, rest)) = reference(after) else {
            out.push('$');
            template = after;
            continue;
        };
        template = rest;
        let found = if let Some(index) = number(name) {
            group(index)
        } else {
            // Of groups with the same name the first that took part in the match.
            let mut named = pattern
                .names()
                .iter()
                .enumerate()
                .filter(|(_, other)| *other == name);
            named.find_map(|(index, _)| group(index))
        };
        out.push_str(found.unwrap_or_default());
    }
    out.push_str(template);
}

/// The name behind a dollar sign, as long as it can be, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (braced, text) = text
        .strip_prefix('{')
        .map_or((false, text), |text| (true, text));
    let fits = |c: char| c == '_' || is_letter(c) || is_digit(c);
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    let rest = if braced {
        rest.strip_prefix('}')?
    } else {
        rest
    };
    Some((name, rest))
}

fn number(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (name == "0" || !name.starts_with('0'))).then(|| name.parse().unwrap_or(usize::MAX))
}

/// The expression that a text with expressions between delimiters means as a whole.
pub fn to_expression(template: &str, open: u8, close: u8) -> Result<String, BuiltinError> {
    let unbalanced = || BuiltinError::Failed(format!("unbalanced braces in `{template}`"));
    let mut out = String::from("^");
    let (mut level, mut start, mut end) = (0_usize, 0, 0);
    for (at, byte) in template.bytes().enumerate() {
        if byte == open {
            level += 1;
            if level == 1 {
                start = at;
            }
        } else if byte == close {
            level = level.checked_sub(1).ok_or_else(unbalanced)?;
            if level == 0 {
                let expression = template.get(start + 1..at).unwrap_or_default();
                out.push_str(&quote(template.get(end..start).unwrap_or_default()));
                out.push('(');
                out.push_str(expression);
                out.push(')');
                syntax::parse(&format!("^{expression}$")).map_err(|fault| {
                    BuiltinError::Failed(format!("error parsing regexp: {fault}: `{expression}`"))
                })?;
                end = at + 1;
            }
        }
    }
    if level != 0 {
        return Err(unbalanced());
    }
    out.push_str(&quote(template.get(end..).unwrap_or_default()));
    out.push('$');
    Ok(out)
}

fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

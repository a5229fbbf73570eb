//! What the literals of texts mean.

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
}

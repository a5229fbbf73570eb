//! Texts in quotes, as Go writes them.

use std::fmt::Write as _;

use super::unicode::is_print;

/// Appends a text between double quotes, with Go's escapes: what has no picture of its own is `\u2028`, the rest
/// stays as it is. With `ascii`, everything past ASCII is escaped.
pub fn quote(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        escape(char, '"', ascii, out);
    }
    out.push('"');
}

/// Appends a character between single quotes.
pub fn quote_char(char: char, ascii: bool, out: &mut String) {
    out.push('\'');
    escape(char, '\'', ascii, out);
    out.push('\'');
}

fn escape(char: char, mark: char, ascii: bool, out: &mut String) {
    if char == mark || char == '\\' {
        out.push('\\');
        out.push(char);
        return;
    }
    if (char.is_ascii() || !ascii) && is_print(char) {
        out.push(char);
        return;
    }
    // Writing to a text cannot fail.
    let _ = match char {
        '\u{7}' => out.write_str("\\a"),
        '\u{8}' => out.write_str("\\b"),
        '\u{c}' => out.write_str("\\f"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\u{b}' => out.write_str("\\v"),
        ..' ' | '\u{7f}' => write!(out, "\\x{:02x}", u32::from(char)),
        ..'\u{10000}' => write!(out, "\\u{:04x}", u32::from(char)),
        _ => write!(out, "\\U{:08x}", u32::from(char)),
    };
}

//! One argument of a format, as OPA passes it to Go.

use std::borrow::Cow;
use std::fmt::Write as _;

use num_bigint::{BigInt, Sign};

use super::float::write_float;
use super::layout::Layout;
use crate::value::{Number, Value, is_print, quote, quote_char};

/// What Go sees of a value.
pub enum Argument<'value> {
    Int(i64),
    Wide(BigInt),
    Float(f64),
    Text(Cow<'value, str>),
}

impl<'value> Argument<'value> {
    /// Texts as they are, numbers by how they are written, all else as a policy would write it.
    pub fn of(value: &'value Value) -> Self {
        match value {
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Number(number) => Self::of_number(number),
            other => Self::Text(Cow::Owned(other.to_string())),
        }
    }

    fn of_number(number: &'value Number) -> Self {
        let Some(text) = number.text() else {
            return Self::Int(number.to_i64().unwrap_or(0));
        };
        if text.contains(['.', 'e', 'E']) {
            let float = number.to_f64();
            if float.is_finite() {
                return Self::Float(float);
            }
        } else if let Some(int) = number.to_i64() {
            return Self::Int(int);
        } else if let Some(wide) = number.to_integer() {
            return Self::Wide(wide);
        }
        Self::Text(Cow::Borrowed(text))
    }

    /// Go's name for its type.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int64",
            Self::Wide(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
        }
    }

    /// Writes it as a verb says, or says that the verb is not for it.
    pub fn write(&self, verb: char, layout: &Layout, out: &mut String) {
        if verb == 'T' {
            layout.pad(layout.cut(self.type_name()), out);
            return;
        }
        let written = match self {
            Self::Int(int) => write_int(*int, verb, layout, out),
            Self::Wide(wide) => write_wide(wide, verb, layout, out),
            Self::Float(float) => write_float(*float, verb, layout, out),
            Self::Text(text) => write_text(text, verb, layout, out),
        };
        if !written {
            self.write_bad(verb, layout, out);
        }
    }

    fn write_bad(&self, verb: char, layout: &Layout, out: &mut String) {
        // Writing to a text cannot fail.
        let _ = write!(out, "%!{verb}(");
        if let Self::Wide(wide) = self {
            let _ = if verb == 'w' {
                let negative = wide.sign() == Sign::Minus;
                let words = wide.iter_u64_digits().map(|word| word.to_string());
                let words = words.collect::<Vec<_>>().join(" ");
                write!(out, "*big.Int=&{{{negative} [{words}]}}")
            } else {
                write!(out, "big.Int={wide}")
            };
        } else {
            out.push_str(self.type_name());
            out.push('=');
            self.write('v', layout, out);
        }
        out.push(')');
    }
}

fn write_text(text: &str, verb: char, layout: &Layout, out: &mut String) -> bool {
    match verb {
        'v' if layout.go => write_quoted(text, layout, out),
        'v' | 's' => layout.pad(layout.cut(text), out),
        'q' => write_quoted(text, layout, out),
        'x' | 'X' => write_bytes(text, verb, layout, out),
        _ => return false,
    }
    true
}

fn write_quoted(text: &str, layout: &Layout, out: &mut String) {
    let text = layout.cut(text);
    let raw = |char: char| {
        char != '`' && char != '\u{7f}' && char != '\u{feff}' && (char >= ' ' || char == '\t')
    };
    let mut quoted = String::with_capacity(text.len() + 2);
    if layout.sharp && text.chars().all(raw) {
        quoted.push('`');
        quoted.push_str(text);
        quoted.push('`');
    } else {
        quote(text, layout.plus, &mut quoted);
    }
    layout.pad(&quoted, out);
}

/// Each byte as two hexadecimal digits.
fn write_bytes(text: &str, verb: char, layout: &Layout, out: &mut String) {
    let count = layout.precision.unwrap_or(usize::MAX).min(text.len());
    let mut bytes = String::with_capacity(2 * count);
    for (at, byte) in text.bytes().take(count).enumerate() {
        if layout.space && at > 0 {
            bytes.push(' ');
        }
        if layout.sharp && (layout.space || at == 0) {
            bytes.push('0');
            bytes.push(verb);
        }
        // Writing to a text cannot fail.
        let _ = if verb == 'x' {
            write!(bytes, "{byte:02x}")
        } else {
            write!(bytes, "{byte:02X}")
        };
    }
    layout.pad(&bytes, out);
}

fn write_int(int: i64, verb: char, layout: &Layout, out: &mut String) -> bool {
    let size = int.unsigned_abs();
    let digits = match verb {
        'v' | 'd' => size.to_string(),
        'b' => format!("{size:b}"),
        'o' | 'O' => format!("{size:o}"),
        'x' => format!("{size:x}"),
        'X' => format!("{size:X}"),
        'c' => {
            layout.pad(character(int).encode_utf8(&mut [0; 4]), out);
            return true;
        }
        'q' => {
            let mut quoted = String::new();
            quote_char(character(int), layout.plus, &mut quoted);
            layout.pad(&quoted, out);
            return true;
        }
        'U' => {
            write_code_point(int, layout, out);
            return true;
        }
        _ => return false,
    };
    let sign = layout.sign(int < 0);
    let zeros = match (layout.precision, layout.width) {
        (Some(0), width) if int == 0 => {
            out.extend(std::iter::repeat_n(' ', width.unwrap_or(0)));
            return true;
        }
        (Some(precision), _) => precision,
        (None, Some(width)) if layout.zero && !layout.minus => width.saturating_sub(sign.len()),
        _ => 0,
    };
    let zeros = zeros.saturating_sub(digits.len());
    let mut text = String::with_capacity(digits.len() + zeros + 3);
    text.push_str(sign);
    text.push_str(match verb {
        'O' => "0o",
        'b' if layout.sharp => "0b",
        'x' if layout.sharp => "0x",
        'X' if layout.sharp => "0X",
        'o' if layout.sharp && zeros == 0 && !digits.starts_with('0') => "0",
        _ => "",
    });
    if verb == 'O' && layout.sharp && zeros == 0 && !digits.starts_with('0') {
        text.push('0');
    }
    text.extend(std::iter::repeat_n('0', zeros));
    text.push_str(&digits);
    layout.pad_with_spaces(&text, out);
    true
}

/// The character of a code point; the replacement character if there is none.
fn character(int: i64) -> char {
    let char = u32::try_from(int).ok().and_then(char::from_u32);
    char.unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// `U+0078`, with `#` also `U+0078 'x'`.
fn write_code_point(int: i64, layout: &Layout, out: &mut String) {
    let digits = format!("{:X}", int.cast_unsigned());
    let precision = layout.precision.unwrap_or(4).max(4);
    let zeros = precision.saturating_sub(digits.len());
    let mut text = String::from("U+");
    text.extend(std::iter::repeat_n('0', zeros));
    text.push_str(&digits);
    let char = u32::try_from(int).ok().and_then(char::from_u32);
    if let Some(char) = char.filter(|char| layout.sharp && is_print(*char)) {
        // Writing to a text cannot fail.
        let _ = write!(text, " '{char}'");
    }
    layout.pad_with_spaces(&text, out);
}

/// An integer past 64 bits, which Go prints with rules of its own.
fn write_wide(wide: &BigInt, verb: char, layout: &Layout, out: &mut String) -> bool {
    let base = match verb {
        'b' => 2,
        'o' | 'O' => 8,
        'd' | 's' | 'v' => 10,
        'x' | 'X' => 16,
        _ => return false,
    };
    let plus = Layout {
        plus: layout.plus || layout.fields,
        ..*layout
    };
    let sign = plus.sign(wide.sign() == Sign::Minus);
    let prefix = match verb {
        'O' => "0o",
        'b' if layout.sharp => "0b",
        'o' if layout.sharp => "0",
        'x' if layout.sharp => "0x",
        'X' if layout.sharp => "0X",
        _ => "",
    };
    let mut digits = wide.magnitude().to_str_radix(base);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    let mut zeros = layout.precision.unwrap_or(0).saturating_sub(digits.len());
    let length = sign.len() + prefix.len() + zeros + digits.len();
    let missing = layout.width.unwrap_or(0).saturating_sub(length);
    let (mut left, mut right) = (0, 0);
    if layout.minus {
        right = missing;
    } else if layout.zero && layout.precision.is_none() {
        zeros = missing;
    } else {
        left = missing;
    }
    out.extend(std::iter::repeat_n(' ', left));
    out.push_str(sign);
    out.push_str(prefix);
    out.extend(std::iter::repeat_n('0', zeros));
    out.push_str(&digits);
    out.extend(std::iter::repeat_n(' ', right));
    true
}

//! Values as a policy would write them.

use std::fmt::{self, Display, Formatter, Write as _};

use super::Value;
use super::quote::quote;

/// As OPA writes values in messages and template strings: `{"a": [1, true]}`, `{1, 2}`, `set()`.
impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => truth.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => {
                let mut quoted = String::with_capacity(text.len() + 2);
                quote(text, false, &mut quoted);
                f.write_str(&quoted)
            }
            Self::Array(items) => {
                f.write_char('[')?;
                list(f, items.iter())?;
                f.write_char(']')
            }
            Self::Set(set) if set.is_empty() => f.write_str("set()"),
            Self::Set(set) => {
                f.write_char('{')?;
                list(f, set.iter())?;
                f.write_char('}')
            }
            Self::Object(object) => {
                f.write_char('{')?;
                for (at, (key, value)) in object.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key}: {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

fn list<'a>(f: &mut Formatter<'_>, items: impl Iterator<Item = &'a Value>) -> fmt::Result {
    for (at, item) in items.enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

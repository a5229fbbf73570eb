//! JSON text to values and back.
//!
//! Stricter than OPA in one thing: a key that an object names twice is refused, since two readers of
//! the same request could otherwise see different values.

use std::fmt::{self, Write as _};

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use crate::keys::Keys;
use crate::value::{Object, Value};

/// Why a text is not an acceptable JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What kind of fault.
    pub fault: JsonFault,
    /// Row of the fault; first is 1.
    pub row: u32,
    /// Column of the fault, in bytes; first is 1.
    pub column: u32,
}

/// The kinds of [`JsonError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonFault {
    /// Not JSON; what the reader says.
    Syntax(String),
    /// An object names this key twice.
    DuplicateKey(String),
    /// Nested deeper than this many levels.
    TooDeep(u32),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            JsonFault::Syntax(what) => write!(f, "not JSON: {what}"),
            JsonFault::DuplicateKey(key) => write!(f, "key `{key}` is given twice in one object"),
            JsonFault::TooDeep(levels) => write!(f, "nested deeper than {levels} levels"),
        }
    }
}

impl std::error::Error for JsonError {}

/// Reads one JSON document, nested no deeper than `depth` levels.
///
/// # Errors
///
/// The first fault, with its place.
pub fn read_json(text: &str, depth: u32) -> Result<Value, JsonError> {
    read_json_with(text, depth, &mut Keys::default())
}

/// As [`read_json`], with the keys of what was read before.
///
/// # Errors
///
/// As [`read_json`].
pub fn read_json_with(text: &str, depth: u32, keys: &mut Keys) -> Result<Value, JsonError> {
    let mut reader = Reader {
        text,
        jiter: Jiter::new(text.as_bytes()),
        depth,
        keys,
    };
    let read = reader.document();
    read.map_err(|fault| reader.locate(fault))
}

/// Appends a value as compact JSON: sets as sorted arrays, keys that are not strings as their own JSON.
pub fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => number.write_json(out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => write_items(items.iter(), out),
        Value::Set(items) => write_items(items.iter(), out),
        Value::Object(fields) => {
            out.push('{');
            for (n, (key, value)) in fields.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                if let Value::String(key) = key {
                    write_string(key, out);
                } else {
                    let mut text = String::new();
                    write_json(key, &mut text);
                    write_string(&text, out);
                }
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn write_items<'a>(items: impl Iterator<Item = &'a Value>, out: &mut String) {
    out.push('[');
    for (n, item) in items.enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_json(item, out);
    }
    out.push(']');
}

/// Appends a text as a JSON string.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut clean_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(clean_from..at).unwrap_or_default());
        clean_from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(text.get(clean_from..).unwrap_or_default());
    out.push('"');
}

struct Reader<'text, 'keys> {
    text: &'text str,
    jiter: Jiter<'text>,
    depth: u32,
    keys: &'keys mut Keys,
}

/// A fault before its index was turned into a place.
enum Fault {
    Json(JiterError),
    Here(JsonFault),
}

impl From<JiterError> for Fault {
    fn from(error: JiterError) -> Self {
        Self::Json(error)
    }
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<Value, Fault> {
        let first = self.jiter.peek()?;
        let value = self.value(first, self.depth)?;
        self.jiter.finish()?;
        Ok(value)
    }

    fn value(&mut self, peek: Peek, levels: u32) -> Result<Value, Fault> {
        match peek {
            Peek::String => Ok(Value::String(self.jiter.known_str()?.into())),
            Peek::Object => self.object(levels),
            Peek::Array => self.array(levels),
            Peek::True | Peek::False => Ok(Value::Bool(self.jiter.known_bool(peek)?)),
            Peek::Null => {
                self.jiter.known_null()?;
                Ok(Value::Null)
            }
            number => self.number(number),
        }
    }

    fn object(&mut self, levels: u32) -> Result<Value, Fault> {
        let levels = self.enter(levels)?;
        let mut fields = Vec::new();
        let mut key = self.jiter.known_object()?;
        while let Some(name) = key {
            let name = Value::String(self.keys.share(name));
            let peek = self.jiter.peek()?;
            fields.push((name, self.value(peek, levels)?));
            key = self.jiter.next_key()?;
        }
        match Object::of_distinct(fields) {
            Ok(object) => Ok(Value::from(object)),
            Err(twice) => {
                let name = twice.as_str().unwrap_or_default().to_owned();
                Err(Fault::Here(JsonFault::DuplicateKey(name)))
            }
        }
    }

    fn array(&mut self, levels: u32) -> Result<Value, Fault> {
        let levels = self.enter(levels)?;
        let mut items = Vec::new();
        let mut peek = self.jiter.known_array()?;
        while let Some(first) = peek {
            items.push(self.value(first, levels)?);
            peek = self.jiter.array_step()?;
        }
        Ok(Value::from(items))
    }

    fn number(&mut self, peek: Peek) -> Result<Value, Fault> {
        let digits = self.jiter.known_number_bytes(peek)?;
        let text = std::str::from_utf8(digits).unwrap_or_default();
        let number = crate::value::Number::parse(text);
        number.map(Value::Number).ok_or_else(|| out_of_range(text))
    }

    fn enter(&self, levels: u32) -> Result<u32, Fault> {
        levels
            .checked_sub(1)
            .ok_or(Fault::Here(JsonFault::TooDeep(self.depth)))
    }

    fn locate(&self, fault: Fault) -> JsonError {
        let (fault, index) = match fault {
            Fault::Here(fault) => (fault, self.jiter.current_index()),
            Fault::Json(error) => {
                let fault = match error.error_type {
                    JiterErrorType::JsonError(JsonErrorType::RecursionLimitExceeded) => {
                        JsonFault::TooDeep(self.depth)
                    }
                    other => JsonFault::Syntax(other.to_string()),
                };
                (fault, error.index)
            }
        };
        let before = self.text.get(..index).unwrap_or(self.text);
        let column = before.rsplit('\n').next().map_or(0, str::len) + 1;
        let row = before.matches('\n').count() + 1;
        JsonError {
            fault,
            row: u32::try_from(row).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

fn out_of_range(number: &str) -> Fault {
    Fault::Here(JsonFault::Syntax(format!(
        "number `{number}` is out of range"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        let mut out = String::new();
        write_json(&read_json(text, 64).unwrap(), &mut out);
        out
    }

    fn fault(text: &str) -> JsonFault {
        read_json(text, 4).unwrap_err().fault
    }

    #[test]
    fn every_kind_of_value_survives() {
        let text = r#"{"a":[1,-2,0.5,true,false,null,"x\"\\\n\u0001é"],"b":{}}"#;
        assert_eq!(round_trip(text), text);
    }

    #[test]
    fn integers_of_any_size_stay_exact() {
        let text = "[18446744073709551617,18446744073709551618,-99999999999999999999]";
        assert_eq!(round_trip(text), text);
        assert_ne!(
            read_json("18446744073709551617", 1).unwrap(),
            read_json("18446744073709551618", 1).unwrap()
        );
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        assert!(matches!(fault("1e30103"), JsonFault::Syntax(_)));
        assert!(matches!(fault("-1e999999999"), JsonFault::Syntax(_)));
        assert!(matches!(fault("1e-999999999"), JsonFault::Syntax(_)));
        assert!(matches!(fault("NaN"), JsonFault::Syntax(_)));
        assert!(matches!(fault("Infinity"), JsonFault::Syntax(_)));
    }

    #[test]
    fn a_number_keeps_its_notation() {
        let text = "[1e3,1E3,1.50,-0,0.0,1e999,1e-30000,0e999999999]";
        assert_eq!(round_trip(text), text);
    }

    #[test]
    fn a_key_given_twice_is_refused_even_when_escaped() {
        assert_eq!(
            fault(r#"{"a":1,"\u0061":2}"#),
            JsonFault::DuplicateKey("a".into())
        );
    }

    #[test]
    fn depth_limit_obeyed() {
        assert!(read_json("[[[[]]]]", 4).is_ok());
    }

    #[test]
    fn depth_limit_violated() {
        assert_eq!(fault("[[[[[]]]]]"), JsonFault::TooDeep(4));
    }

    #[test]
    fn a_fault_names_its_place() {
        let error = read_json("{\n  \"a\": tru\n}", 4).unwrap_err();
        assert_eq!((error.row, error.column), (2, 11));
    }

    #[test]
    fn text_after_the_document_is_refused() {
        assert!(matches!(fault("{} {}"), JsonFault::Syntax(_)));
        assert!(matches!(fault(""), JsonFault::Syntax(_)));
    }
}

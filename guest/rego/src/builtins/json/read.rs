//! JSON as Go's `encoding/json` reads it: of a key given twice the later value counts, a lone half of a surrogate
//! pair is U+FFFD, and numbers keep their text.

use crate::builtins::BuiltinError;
use crate::builtins::bytes::from_hex;
use crate::value::{Number, Object, Value};

use super::MAX_DEPTH;

/// How deep Go's own reader follows a document.
const GO_DEPTH: u32 = 10_000;

/// What may follow the document that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Only space; but also `null`, whatever follows that: OPA takes it for the end of the text.
    Document,
    /// Anything: only the first document is read.
    First,
}

/// Reads a document.
pub fn read(text: &str, reading: Reading) -> Result<Value, BuiltinError> {
    let mut reader = Reader::new(text);
    let value = reader.document()?;
    reader.space();
    if reading == Reading::Document && !reader.rest.is_empty() && !reader.skip("null") {
        return Err(reader.syntax());
    }
    Ok(value)
}

/// Whether the text is one document of JSON, however large its numbers.
pub fn is_valid(text: &str) -> bool {
    let mut reader = Reader::new(text);
    reader.skip_document().is_some_and(|()| {
        reader.space();
        reader.rest.is_empty()
    })
}

struct Reader<'text> {
    rest: &'text [u8],
}

/// An array or object whose end was not met yet.
enum Open {
    Array(Vec<Value>),
    Object(Vec<(Value, Value)>, Value),
}

impl<'text> Reader<'text> {
    const fn new(text: &'text str) -> Self {
        Self {
            rest: text.as_bytes(),
        }
    }

    fn document(&mut self) -> Result<Value, BuiltinError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            self.space();
            let mut value = match self.rest.first() {
                Some(b'[') => {
                    self.enter(open.len())?;
                    self.space();
                    if !self.skip("]") {
                        open.push(Open::Array(Vec::new()));
                        continue;
                    }
                    Value::from(Vec::new())
                }
                Some(b'{') => {
                    self.enter(open.len())?;
                    self.space();
                    if !self.skip("}") {
                        let key = self.key()?;
                        open.push(Open::Object(Vec::new(), key));
                        continue;
                    }
                    Value::new_object()
                }
                _ => self.scalar()?,
            };
            // Close what ends here, innermost first.
            loop {
                let Some(innermost) = open.pop() else {
                    return Ok(value);
                };
                self.space();
                match innermost {
                    Open::Array(mut items) => {
                        items.push(value);
                        if self.skip(",") {
                            open.push(Open::Array(items));
                            break;
                        }
                        self.expect("]")?;
                        value = Value::from(items);
                    }
                    Open::Object(mut fields, key) => {
                        fields.push((key, value));
                        if self.skip(",") {
                            let key = self.key()?;
                            open.push(Open::Object(fields, key));
                            break;
                        }
                        self.expect("}")?;
                        value = Value::from(fields.into_iter().collect::<Object>());
                    }
                }
            }
        }
    }

    /// Goes past the bracket that opens a collection.
    fn enter(&mut self, depth: usize) -> Result<(), BuiltinError> {
        if depth >= MAX_DEPTH as usize {
            return Err(BuiltinError::Failed(format!(
                "nested deeper than {MAX_DEPTH} levels"
            )));
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
        Ok(())
    }

    fn key(&mut self) -> Result<Value, BuiltinError> {
        self.space();
        let key = match self.rest.first() {
            Some(b'"') => self.string()?,
            _ => return Err(self.syntax()),
        };
        self.space();
        self.expect(":")?;
        Ok(Value::from(key))
    }

    fn scalar(&mut self) -> Result<Value, BuiltinError> {
        match self.rest.first() {
            Some(b'"') => self.string().map(Value::from),
            Some(b'-' | b'0'..=b'9') => {
                let digits = self.number().ok_or_else(|| self.syntax())?;
                let number = std::str::from_utf8(digits).ok().and_then(Number::parse);
                number
                    .map(Value::Number)
                    .ok_or_else(|| BuiltinError::Failed("number out of range".into()))
            }
            _ if self.skip("null") => Ok(Value::Null),
            _ if self.skip("true") => Ok(Value::Bool(true)),
            _ if self.skip("false") => Ok(Value::Bool(false)),
            _ => Err(self.syntax()),
        }
    }

    fn number(&mut self) -> Option<&'text [u8]> {
        let start = self.rest;
        self.skip("-");
        if !self.skip("0") {
            self.digits()?;
        }
        if self.skip(".") {
            self.digits()?;
        }
        if self.skip("e") || self.skip("E") {
            let _ = self.skip("+") || self.skip("-");
            self.digits()?;
        }
        start.get(..start.len() - self.rest.len())
    }

    fn digits(&mut self) -> Option<()> {
        let count = self
            .rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.rest = self.rest.get(count..)?;
        (count > 0).then_some(())
    }

    fn string(&mut self) -> Result<String, BuiltinError> {
        self.expect("\"")?;
        let mut out = Vec::new();
        loop {
            let plain = self
                .rest
                .iter()
                .take_while(|&&byte| byte >= b' ' && byte != b'"' && byte != b'\\')
                .count();
            let (text, rest) = self.rest.split_at_checked(plain).unwrap_or_default();
            out.extend(text);
            self.rest = rest;
            if self.skip("\"") {
                return String::from_utf8(out).map_err(|_| self.syntax());
            }
            let c = self.escape().ok_or_else(|| self.syntax())?;
            out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn escape(&mut self) -> Option<char> {
        let (&[b'\\', letter], rest) = self.rest.split_first_chunk::<2>()? else {
            return None;
        };
        self.rest = rest;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.four_digits()?;
                let mut pair = vec![high];
                if (0xd800..0xdc00).contains(&high) {
                    // The other half, if it is one: else what follows is read on its own.
                    let before = self.rest;
                    let low = if self.skip("\\u") {
                        self.four_digits()?
                    } else {
                        0
                    };
                    if (0xdc00..0xe000).contains(&low) {
                        pair.push(low);
                    } else {
                        self.rest = before;
                    }
                }
                char::decode_utf16(pair)
                    .next()?
                    .unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        digits.iter().try_fold(0, |sum, &digit| {
            Some(sum << 4 | u16::from(from_hex(digit)?))
        })
    }

    /// Goes past a document without keeping it.
    fn skip_document(&mut self) -> Option<()> {
        let mut closers = Vec::new();
        loop {
            self.space();
            match self.rest.first()? {
                b'[' | b'{' if closers.len() >= GO_DEPTH as usize => return None,
                b'[' => {
                    self.skip("[");
                    self.space();
                    if !self.skip("]") {
                        closers.push("]");
                        continue;
                    }
                }
                b'{' => {
                    self.skip("{");
                    self.space();
                    if !self.skip("}") {
                        self.key().ok()?;
                        closers.push("}");
                        continue;
                    }
                }
                b'"' => drop(self.string().ok()?),
                b'-' | b'0'..=b'9' => drop(self.number()?),
                _ => drop(
                    (self.skip("null") || self.skip("true") || self.skip("false")).then_some(())?,
                ),
            }
            loop {
                let Some(&closer) = closers.last() else {
                    return Some(());
                };
                self.space();
                if self.skip(",") {
                    if closer == "}" {
                        self.key().ok()?;
                    }
                    break;
                }
                self.expect(closer).ok()?;
                closers.pop();
            }
        }
    }

    fn space(&mut self) {
        let count = self
            .rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .count();
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn skip(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), BuiltinError> {
        if self.skip(token) {
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    fn syntax(&self) -> BuiltinError {
        BuiltinError::Failed(match self.rest.first() {
            Some(&byte) => format!(
                "not JSON: unexpected `{}`",
                char::from(byte).escape_default()
            ),
            None => "not JSON: unexpected end of text".into(),
        })
    }
}

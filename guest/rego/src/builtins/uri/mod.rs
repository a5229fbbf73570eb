//! `uri.*` and `urlquery.*`, as Go's `net/url` reads and writes them.

mod escape;
mod parse;
mod query;

pub use query::{query_decode, query_decode_object, query_encode, query_encode_object};

use super::bytes::to_text;
use super::operand::{at, text};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Object, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("uri.parse", "string -> object[string: string]", parse),
    Builtin::pure("uri.is_valid", "string -> boolean", is_valid),
];

/// `uri.is_valid`. An empty text is not.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub fn is_valid(args: &[Value]) -> Answer {
    let valid = match at(args, 0).as_str() {
        None | Some("") => false,
        Some(text) => parse::Uri::parse(text).is_ok(),
    };
    Ok(Some(Value::from(valid)))
}

/// `uri.parse`.
pub fn parse(args: &[Value]) -> Answer {
    let uri = parse::Uri::parse(text(args, 0)?)?;
    let mut object = Object::default();
    let mut insert = |name: &str, part: Vec<u8>| -> Result<(), BuiltinError> {
        if !part.is_empty()
            && let Some(text) = to_text(part)?
        {
            object.insert(Value::from(name), text);
        }
        Ok(())
    };
    let (hostname, port) = uri.hostname_and_port();
    insert("scheme", uri.scheme.clone().into_bytes())?;
    insert("hostname", hostname.to_vec())?;
    insert("port", port.to_vec())?;
    if !uri.path.is_empty() {
        insert("raw_path", uri.raw_path.unwrap_or_else(|| uri.path.clone()))?;
    }
    insert("path", uri.path)?;
    insert("raw_query", uri.raw_query.into_bytes())?;
    insert("fragment", uri.fragment)?;
    Ok(Some(Value::from(object)))
}

/// Whether a text is a URI or a relative reference.
pub fn is_reference(text: &str) -> bool {
    parse::Uri::parse(text).is_ok()
}

/// What the part of a URI behind `#` means.
pub fn unescape_fragment(fragment: &str) -> String {
    let bytes = escape::unescape(fragment, escape::Part::Fragment).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A URI or relative reference, taken apart.
pub struct Parsed(parse::Uri);

impl Parsed {
    /// `None` if the text is neither.
    pub fn new(text: &str) -> Option<Self> {
        parse::Uri::parse(text).ok().map(Self)
    }

    /// Whether it begins with a scheme.
    pub fn has_scheme(&self) -> bool {
        !self.0.scheme.is_empty()
    }

    /// The path, unescaped.
    pub fn path(&self) -> String {
        String::from_utf8_lossy(&self.0.path).into_owned()
    }
}

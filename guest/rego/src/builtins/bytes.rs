//! Bytes that become texts.

use super::{Answer, BuiltinError};
use crate::value::Value;

/// These bytes as a text. OPA's strings hold any bytes, ours hold UTF-8 alone: instead of an answer that two
/// different byte strings could share, the call fails.
pub fn to_text(bytes: Vec<u8>) -> Answer {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Value::from(text))),
        Err(_) => Err(BuiltinError::Failed(
            "decoded bytes are not UTF-8 text".into(),
        )),
    }
}

/// These bytes in lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| {
        DIGITS
            .get(usize::from(half))
            .map_or('0', |&digit| char::from(digit))
    };
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// What a hexadecimal digit of either case stands for.
pub const fn from_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The byte two hexadecimal digits stand for.
pub fn from_hex_pair(high: u8, low: u8) -> Option<u8> {
    Some(from_hex(high)? << 4 | from_hex(low)?)
}

//! Which characters each part of a URI may hold as they are, and `%XX` for the others.

use crate::builtins::BuiltinError;
use crate::builtins::bytes::{from_hex, from_hex_pair};

/// A part of a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Path,
    Host,
    Zone,
    UserPassword,
    QueryComponent,
    Fragment,
}

impl Part {
    /// Whether a byte stands for itself here.
    fn keeps(self, byte: u8) -> bool {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            return true;
        }
        let others: &[u8] = match self {
            Self::Path => b"$&+,/:;=@",
            Self::Host | Self::Zone => b"!\"$&'()*+,:;<=>[]",
            Self::UserPassword => b"$&+,;=",
            Self::QueryComponent => b"",
            Self::Fragment => b"!$&()*+,/:;=?@",
        };
        others.contains(&byte)
    }

    /// Whether `%XX` may stand for this byte here.
    fn may_escape(self, escape: &[u8], byte: u8) -> bool {
        match self {
            Self::Host => byte >= 0x80 || escape == b"%25",
            Self::Zone => escape == b"%25" || byte == b' ' || Self::Host.keeps(byte),
            _ => true,
        }
    }
}

/// The text with every byte this part does not keep as `%XX`.
pub fn escape(bytes: &[u8], part: Part) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b' ' if part == Part::QueryComponent => out.push('+'),
            _ if part.keeps(byte) => out.push(char::from(byte)),
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                let digit = |half: u8| {
                    DIGITS
                        .get(usize::from(half))
                        .map_or('0', |&digit| char::from(digit))
                };
                out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out
}

/// The bytes that a part of a URI stands for.
pub fn unescape(text: &str, part: Part) -> Result<Vec<u8>, BuiltinError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'%' => {
                let pair = tail
                    .first_chunk::<2>()
                    .filter(|pair| pair.iter().all(|&digit| from_hex(digit).is_some()));
                let Some(&[high, low]) = pair else {
                    return Err(BuiltinError::Failed("invalid URL escape".into()));
                };
                let byte = from_hex_pair(high, low).unwrap_or_default();
                if !part.may_escape(&[b'%', high, low], byte) {
                    return Err(BuiltinError::Failed("invalid URL escape".into()));
                }
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            b'+' if part == Part::QueryComponent => out.push(b' '),
            &byte => {
                if matches!(part, Part::Host | Part::Zone) && byte < 0x80 && !part.keeps(byte) {
                    return Err(BuiltinError::Failed(
                        "invalid character in host name".into(),
                    ));
                }
                out.push(byte);
            }
        }
    }
    Ok(out)
}

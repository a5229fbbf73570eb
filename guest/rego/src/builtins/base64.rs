//! `base64.*`, `base64url.*` and `hex.*`, as Go's `encoding/base64` and `encoding/hex` read and write them.

use super::bytes::{from_hex_pair, to_hex, to_text};
use super::operand::{at, text};
use super::{Answer, BuiltinError};
use crate::value::Value;

const STANDARD: Alphabet =
    Alphabet(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const URL: Alphabet = Alphabet(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

struct Alphabet(&'static [u8; 64]);

impl Alphabet {
    fn digit(&self, six_bits: u8) -> char {
        self.0
            .get(usize::from(six_bits & 63))
            .map_or('A', |&digit| char::from(digit))
    }

    fn value(&self, digit: u8) -> Option<u8> {
        let at = self.0.iter().position(|&other| other == digit)?;
        u8::try_from(at).ok()
    }

    fn encode(&self, bytes: &[u8], padded: bool) -> String {
        let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for group in bytes.chunks(3) {
            let byte = |at: usize| group.get(at).copied().unwrap_or(0);
            let (one, two, three) = (byte(0), byte(1), byte(2));
            let digits = [one >> 2, one << 4 | two >> 4, two << 2 | three >> 6, three];
            out.extend(
                digits
                    .iter()
                    .take(group.len() + 1)
                    .map(|&digit| self.digit(digit)),
            );
            if padded {
                out.extend(std::iter::repeat_n('=', 3 - group.len()));
            }
        }
        out
    }

    /// Go's reading: padding is wanted, line ends are skipped wherever they stand, and the bits that padding
    /// leaves over may be anything. `None` where the text is not base64.
    fn decode(&self, text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len() / 4 * 3);
        let mut rest = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n'));
        loop {
            let mut group = [0_u8; 4];
            let mut given = 0;
            for place in &mut group {
                match rest.next() {
                    None if given == 0 => return Some(out),
                    None => return None,
                    Some(b'=') => break,
                    Some(digit) => *place = self.value(digit)?,
                }
                given += 1;
            }
            let [one, two, three, four] = group;
            out.extend([
                one << 2 | two >> 4,
                two << 4 | three >> 2,
                three << 6 | four,
            ]);
            match given {
                4 => continue,
                3 => {}
                2 if rest.next() == Some(b'=') => {}
                _ => return None,
            }
            out.truncate(out.len() + given - 4);
            return rest.next().is_none().then_some(out);
        }
    }
}

/// The bytes of base64; `None` where it is none.
pub fn decode_standard(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text)
}

/// `base64.encode`.
pub fn encode(args: &[Value]) -> Answer {
    Ok(Some(Value::from(
        STANDARD.encode(text(args, 0)?.as_bytes(), true),
    )))
}

/// `base64.decode`.
pub fn decode(args: &[Value]) -> Answer {
    to_text(STANDARD.decode(text(args, 0)?).ok_or_else(illegal)?)
}

/// `base64.is_valid`.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub fn is_valid(args: &[Value]) -> Answer {
    let valid = at(args, 0)
        .as_str()
        .is_some_and(|text| STANDARD.decode(text).is_some());
    Ok(Some(Value::from(valid)))
}

/// `base64url.encode`.
pub fn url_encode(args: &[Value]) -> Answer {
    Ok(Some(Value::from(
        URL.encode(text(args, 0)?.as_bytes(), true),
    )))
}

/// `base64url.encode_no_pad`.
pub fn url_encode_no_pad(args: &[Value]) -> Answer {
    Ok(Some(Value::from(
        URL.encode(text(args, 0)?.as_bytes(), false),
    )))
}

/// `base64url.decode`. Padding may be left out.
pub fn url_decode(args: &[Value]) -> Answer {
    let text = text(args, 0)?;
    let padding = match text.len() % 4 {
        _ if text.ends_with('=') => "",
        0 => "",
        2 => "==",
        3 => "=",
        _ => return Err(illegal()),
    };
    to_text(
        URL.decode(&format!("{text}{padding}"))
            .ok_or_else(illegal)?,
    )
}

/// `hex.encode`.
pub fn hex_encode(args: &[Value]) -> Answer {
    Ok(Some(Value::from(to_hex(text(args, 0)?.as_bytes()))))
}

/// `hex.decode`.
pub fn hex_decode(args: &[Value]) -> Answer {
    let pairs = text(args, 0)?.as_bytes().chunks(2).map(|pair| match pair {
        &[high, low] => from_hex_pair(high, low),
        _ => None,
    });
    let bytes = pairs.collect::<Option<Vec<u8>>>();
    to_text(bytes.ok_or_else(|| BuiltinError::Failed("not hexadecimal digits in pairs".into()))?)
}

fn illegal() -> BuiltinError {
    BuiltinError::Failed("illegal base64 data".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<String> {
        STANDARD
            .decode(text)
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn every_length_of_the_last_group_survives() {
        for text in ["", "f", "fo", "foo", "foob", "fooba", "foobar"] {
            assert_eq!(
                decoded(&STANDARD.encode(text.as_bytes(), true)).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn padding_and_line_ends_are_read_as_go_reads_them() {
        assert_eq!(decoded("Zm9v\r\nZm8=\n").as_deref(), Some("foofo"));
        assert_eq!(decoded("Z\nm\n8\n=").as_deref(), Some("fo"));
        assert_eq!(decoded("Zg=\n=").as_deref(), Some("f"));
        assert_eq!(decoded("Zh==").as_deref(), Some("f"));
        for wrong in [
            "Zm9", "Zg=", "Zg", "Z", "=", "Zg==Zg==", "Zm8=x", "Zm9v=", "Zm 8=",
        ] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}

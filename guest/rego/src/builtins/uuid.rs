//! `uuid.*`.

use super::bytes::{from_hex_pair, to_hex};
use super::operand::{at, text};
use super::{Answer, Builtin, Context};
use crate::value::{Object, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::contextual("uuid.rfc4122", "string -> string", rfc4122).unrepeatable(),
    Builtin::pure("uuid.parse", "string -> object[string: any]", parse),
];

/// From 1582-10-15, where UUIDs begin to count, to 1970, in steps of 100 ns.
const GREGORIAN_TO_UNIX: i64 = 122_192_928_000_000_000;

/// `uuid.rfc4122`: a random UUID, the same for the same operand within one decision.
pub fn rfc4122(context: &mut Context, args: &[Value]) -> Answer {
    context.unrepeatable = true;
    let key = at(args, 0);
    if let Some(made) = context.uuids.get(key) {
        return Ok(Some(made.clone()));
    }
    let mut bytes = [0; 16];
    super::fill_randomly(&mut bytes)?;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let hex = to_hex(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default());
    let made = Value::from(parts.join("-"));
    context.uuids.insert(key.clone(), made.clone());
    Ok(Some(made))
}

/// `uuid.parse`: what a UUID says about itself; undefined where the text is none.
pub fn parse(args: &[Value]) -> Answer {
    Ok(read(text(args, 0)?).map(describe))
}

/// Every notation that Google's package reads: plain, `urn:uuid:`, in any brackets, without hyphens.
fn read(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    let digits = match text.len() {
        32 => text.to_vec(),
        36 => without_hyphens(text)?,
        38 => without_hyphens(text.get(1..37)?)?,
        45 => {
            let (urn, rest) = text.split_at_checked(9)?;
            if !urn.eq_ignore_ascii_case(b"urn:uuid:") {
                return None;
            }
            without_hyphens(rest)?
        }
        _ => return None,
    };
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = from_hex_pair(*pair.first()?, *pair.last()?)?;
    }
    Some(bytes)
}

fn without_hyphens(text: &[u8]) -> Option<Vec<u8>> {
    let mut digits = Vec::with_capacity(32);
    for (at, &byte) in text.iter().enumerate() {
        if !matches!(at, 8 | 13 | 18 | 23) {
            digits.push(byte);
        } else if byte != b'-' {
            return None;
        }
    }
    Some(digits)
}

fn describe(uuid: [u8; 16]) -> Value {
    let [
        t0,
        t1,
        t2,
        t3,
        t4,
        t5,
        t6,
        t7,
        c0,
        c1,
        n0,
        n1,
        n2,
        n3,
        n4,
        n5,
    ] = uuid;
    let version = t6 >> 4;
    let variant = match c0 {
        0x80..=0xbf => "RFC4122",
        0xc0..=0xdf => "Microsoft",
        0xe0..=0xff => "Future",
        _ => "Reserved",
    };
    let mut fields = vec![
        (Value::from("version"), Value::from(i64::from(version))),
        (Value::from("variant"), Value::from(variant)),
    ];
    if matches!(version, 1 | 2) {
        let time = i64::from_be_bytes([t6 & 0x0f, t7, t4, t5, t0, t1, t2, t3]) - GREGORIAN_TO_UNIX;
        let node = [n0, n1, n2, n3, n4, n5]
            .map(|byte| to_hex(&[byte]))
            .join("-");
        let address = match n0 & 0b11 {
            0b11 => "local:multicast",
            0b01 => "global:multicast",
            0b10 => "local:unicast",
            _ => "global:unicast",
        };
        let sequence = i64::from(u16::from_be_bytes([c0, c1]) & 0x3fff);
        fields.push((Value::from("time"), Value::from(to_nanoseconds(time))));
        fields.push((Value::from("nodeid"), Value::from(node)));
        fields.push((Value::from("macvariables"), Value::from(address)));
        fields.push((Value::from("clocksequence"), Value::from(sequence)));
    }
    if version == 2 {
        let id = i64::from(u32::from_be_bytes([t0, t1, t2, t3]));
        let domain = match c1 {
            0 => "Person".to_owned(),
            1 => "Group".to_owned(),
            2 => "Org".to_owned(),
            other => format!("Domain{other}"),
        };
        fields.push((Value::from("id"), Value::from(id)));
        fields.push((Value::from("domain"), Value::from(domain)));
    }
    Value::from(fields.into_iter().collect::<Object>())
}

/// Beyond what 64 bits of nanoseconds hold Go wraps around, and so do we.
const fn to_nanoseconds(steps: i64) -> i64 {
    (steps / 10_000_000)
        .wrapping_mul(1_000_000_000)
        .wrapping_add(steps % 10_000_000 * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let mut out = String::new();
        crate::json::write_json(&describe(read(text).unwrap()), &mut out);
        out
    }

    #[test]
    fn a_uuid_tells_its_time_and_maker() {
        assert_eq!(
            json("000003e8-48b9-21ee-b200-325096b39f47"),
            r#"{"clocksequence":12800,"domain":"Person","id":1000,"macvariables":"local:unicast","nodeid":"32-50-96-b3-9f-47","time":1693566990121469600,"variant":"RFC4122","version":2}"#
        );
        assert_eq!(
            json("{00000000000040008000000000000000}".trim_matches(['{', '}'])),
            r#"{"variant":"RFC4122","version":4}"#
        );
    }

    #[test]
    fn a_random_uuid_is_the_same_for_the_same_key() {
        let mut context = Context::default();
        let one = rfc4122(&mut context, &[Value::from("a")]).unwrap();
        assert_eq!(one, rfc4122(&mut context, &[Value::from("a")]).unwrap());
        assert_ne!(one, rfc4122(&mut context, &[Value::from("b")]).unwrap());
        assert!(context.unrepeatable);
        let text = one.unwrap();
        assert_eq!(
            describe(read(text.as_str().unwrap()).unwrap())
                .as_object()
                .unwrap()
                .get_str("version"),
            Some(&Value::from(4_i64))
        );
    }
}

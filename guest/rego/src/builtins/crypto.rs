//! `crypto.*`: digests and keyed digests of texts, in lower-case hexadecimal digits.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::bytes::to_hex;
use super::operand::text;
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "crypto.x509.parse_certificates",
        "string -> array[object[string: any]]",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.x509.parse_and_verify_certificates",
        "string -> array<boolean, array[object[string: any]]>",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.x509.parse_and_verify_certificates_with_options",
        "string, object[string: any] -> array<boolean, array[object[string: any]]>",
        "it is not there yet",
    ),
    Builtin::pure("crypto.md5", "string -> string", md5),
    Builtin::pure("crypto.sha1", "string -> string", sha1),
    Builtin::pure("crypto.sha256", "string -> string", sha256),
    Builtin::refused(
        "crypto.x509.parse_certificate_request",
        "string -> object[string: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.x509.parse_rsa_private_key",
        "string -> object[string: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.x509.parse_keypair",
        "string, string -> object[string: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.parse_private_keys",
        "string -> array[object[string: any]]",
        "it is not there yet",
    ),
    Builtin::pure("crypto.hmac.md5", "string, string -> string", hmac_md5),
    Builtin::pure("crypto.hmac.sha1", "string, string -> string", hmac_sha1),
    Builtin::pure(
        "crypto.hmac.sha256",
        "string, string -> string",
        hmac_sha256,
    ),
    Builtin::pure(
        "crypto.hmac.sha512",
        "string, string -> string",
        hmac_sha512,
    ),
    Builtin::pure("crypto.hmac.equal", "string, string -> boolean", hmac_equal),
];

fn digest<D: Digest>(args: &[Value]) -> Answer {
    Ok(Some(Value::from(to_hex(&D::digest(text(args, 0)?)))))
}

fn keyed<M: Mac + KeyInit>(args: &[Value]) -> Answer {
    let (message, key) = (text(args, 0)?, text(args, 1)?);
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes())
        .map_err(|error| BuiltinError::Failed(error.to_string()))?;
    mac.update(message.as_bytes());
    Ok(Some(Value::from(to_hex(&mac.finalize().into_bytes()))))
}

/// `crypto.md5`.
pub fn md5(args: &[Value]) -> Answer {
    digest::<Md5>(args)
}

/// `crypto.sha1`.
pub fn sha1(args: &[Value]) -> Answer {
    digest::<Sha1>(args)
}

/// `crypto.sha256`.
pub fn sha256(args: &[Value]) -> Answer {
    digest::<Sha256>(args)
}

/// `crypto.hmac.md5`.
pub fn hmac_md5(args: &[Value]) -> Answer {
    keyed::<Hmac<Md5>>(args)
}

/// `crypto.hmac.sha1`.
pub fn hmac_sha1(args: &[Value]) -> Answer {
    keyed::<Hmac<Sha1>>(args)
}

/// `crypto.hmac.sha256`.
pub fn hmac_sha256(args: &[Value]) -> Answer {
    keyed::<Hmac<Sha256>>(args)
}

/// `crypto.hmac.sha512`.
pub fn hmac_sha512(args: &[Value]) -> Answer {
    keyed::<Hmac<Sha512>>(args)
}

/// `crypto.hmac.equal`: in a time that tells only the lengths.
pub fn hmac_equal(args: &[Value]) -> Answer {
    let (one, other) = (text(args, 0)?.as_bytes(), text(args, 1)?.as_bytes());
    let difference = one
        .iter()
        .zip(other)
        .fold(0, |sum, (one, other)| sum | (one ^ other));
    Ok(Some(Value::from(
        one.len() == other.len() && std::hint::black_box(difference) == 0,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(function: fn(&[Value]) -> Answer, args: &[&str]) -> String {
        let args: Vec<_> = args.iter().map(|&text| Value::from(text)).collect();
        function(&args)
            .unwrap()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(hex(md5, &["a"]), "0cc175b9c0f1b6a831c399e269772661");
        assert_eq!(
            hex(sha1, &["a"]),
            "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
        );
        assert_eq!(
            hex(sha256, &[""]),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex(hmac_md5, &["foo", "bar"]),
            "31b6db9e5eb4addb42f1a6ca07367adc"
        );
    }
}

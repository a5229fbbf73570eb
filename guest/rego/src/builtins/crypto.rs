//! Hashes, certificates and keys.

use super::Builtin;

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
    Builtin::refused("crypto.md5", "string -> string", "it is not there yet"),
    Builtin::refused("crypto.sha1", "string -> string", "it is not there yet"),
    Builtin::refused("crypto.sha256", "string -> string", "it is not there yet"),
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
    Builtin::refused(
        "crypto.hmac.md5",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.hmac.sha1",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.hmac.sha256",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.hmac.sha512",
        "string, string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "crypto.hmac.equal",
        "string, string -> boolean",
        "it is not there yet",
    ),
];

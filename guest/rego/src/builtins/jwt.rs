//! JSON web tokens.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "io.jwt.decode",
        "string -> array<object[any: any], object[any: any], string>",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_rs256",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_rs384",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_rs512",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_ps256",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_ps384",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_ps512",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_es256",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_es384",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_es512",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_eddsa",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_hs256",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_hs384",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.verify_hs512",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "io.jwt.decode_verify",
        "string, object[string: any] -> array<boolean, object[any: any], object[any: any]>",
        "it is not there yet",
    )
    .unrepeatable(),
    Builtin::refused(
        "io.jwt.encode_sign_raw",
        "string, string, string -> string",
        "it is not there yet",
    )
    .unrepeatable(),
    Builtin::refused(
        "io.jwt.encode_sign",
        "object[string: any], object[string: any], object[string: any] -> string",
        "it is not there yet",
    )
    .unrepeatable(),
];

//! Base64, hexadecimal and URL queries.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("base64.encode", "string -> string", "it is not there yet"),
    Builtin::refused("base64.decode", "string -> string", "it is not there yet"),
    Builtin::refused(
        "base64.is_valid",
        "string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "base64url.encode",
        "string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "base64url.encode_no_pad",
        "string -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "base64url.decode",
        "string -> string",
        "it is not there yet",
    ),
    Builtin::refused("urlquery.decode", "string -> string", "it is not there yet"),
    Builtin::refused("urlquery.encode", "string -> string", "it is not there yet"),
    Builtin::refused(
        "urlquery.encode_object",
        "object[string: any<string, array[string], set[string]>] -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "urlquery.decode_object",
        "string -> object[string: array[string]]",
        "it is not there yet",
    ),
    Builtin::refused("hex.encode", "string -> string", "it is not there yet"),
    Builtin::refused("hex.decode", "string -> string", "it is not there yet"),
];

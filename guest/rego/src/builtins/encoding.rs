//! Base64, hexadecimal and URL queries.

use super::{Builtin, base64, uri};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("base64.encode", "string -> string", base64::encode),
    Builtin::pure("base64.decode", "string -> string", base64::decode),
    Builtin::pure("base64.is_valid", "string -> boolean", base64::is_valid),
    Builtin::pure("base64url.encode", "string -> string", base64::url_encode),
    Builtin::pure(
        "base64url.encode_no_pad",
        "string -> string",
        base64::url_encode_no_pad,
    ),
    Builtin::pure("base64url.decode", "string -> string", base64::url_decode),
    Builtin::pure("urlquery.decode", "string -> string", uri::query_decode),
    Builtin::pure("urlquery.encode", "string -> string", uri::query_encode),
    Builtin::pure(
        "urlquery.encode_object",
        "object[string: any<string, array[string], set[string]>] -> string",
        uri::query_encode_object,
    ),
    Builtin::pure(
        "urlquery.decode_object",
        "string -> object[string: array[string]]",
        uri::query_decode_object,
    ),
    Builtin::pure("hex.encode", "string -> string", base64::hex_encode),
    Builtin::pure("hex.decode", "string -> string", base64::hex_decode),
];

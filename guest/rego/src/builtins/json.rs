//! JSON texts, patches and schemas.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("json.marshal", "any -> string", "it is not there yet"),
    Builtin::refused("json.marshal_with_options", "any, object<indent: string, prefix: string, pretty: boolean>[string: any] -> string", "it is not there yet"),
    Builtin::refused("json.unmarshal", "string -> any", "it is not there yet"),
    Builtin::refused("json.is_valid", "string -> boolean", "it is not there yet"),
    Builtin::refused("json.filter", "object[any: any], any<array[any<string, array[any]>], set[any<string, array[any]>]> -> object[any: any]", "it is not there yet"),
    Builtin::refused("json.remove", "object[any: any], any<array[any<string, array[any]>], set[any<string, array[any]>]> -> object[any: any]", "it is not there yet"),
    Builtin::refused("json.patch", "any, array[object<op: string, path: any>[any: any]] -> any", "it is not there yet"),
    Builtin::refused("json.verify_schema", "any<string, object[any: any]> -> array<boolean, any<null, string>>", "it is not there yet").unrepeatable(),
    Builtin::refused("json.match_schema", "any<string, object[any: any]>, any<string, object[any: any]> -> array<boolean, array[object<desc: string, error: string, field: string, type: string>]>", "it is not there yet").unrepeatable(),
];

//! GraphQL documents and schemas.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "graphql.parse",
        "any<string, object[any: any]>, any<string, object[any: any]> -> array<object[any: any], object[any: any]>",
        "it is not there yet",
    ),
    Builtin::refused(
        "graphql.parse_and_verify",
        "any<string, object[any: any]>, any<string, object[any: any]> -> array<boolean, object[any: any], object[any: any]>",
        "it is not there yet",
    ),
    Builtin::refused(
        "graphql.parse_query",
        "string -> object[any: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "graphql.parse_schema",
        "string -> object[any: any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "graphql.is_valid",
        "any<string, object[any: any]>, any<string, object[any: any]> -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "graphql.schema_is_valid",
        "any<string, object[any: any]> -> boolean",
        "it is not there yet",
    ),
];

//! Networks and addresses.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused(
        "net.cidr_overlap",
        "string, string -> boolean",
        "it is not there yet",
    )
    .deprecated(),
    Builtin::refused(
        "net.cidr_intersects",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "net.cidr_contains",
        "string, string -> boolean",
        "it is not there yet",
    ),
    Builtin::refused(
        "net.cidr_contains_matches",
        "any<string, array[any<string, array[any]>], object[string: any<string, array[any]>], set[any<string, array[any]>]>, any<string, array[any<string, array[any]>], object[string: any<string, array[any]>], set[any<string, array[any]>]> -> set[array<any, any>]",
        "it is not there yet",
    ),
    Builtin::refused(
        "net.cidr_expand",
        "string -> set[string]",
        "it is not there yet",
    ),
    Builtin::refused(
        "net.cidr_merge",
        "any<array[any<string>], set[string]> -> set[string]",
        "it is not there yet",
    ),
    Builtin::refused(
        "net.lookup_ip_addr",
        "string -> set[string]",
        "it is not there yet",
    )
    .unrepeatable(),
    Builtin::refused(
        "net.cidr_is_valid",
        "string -> boolean",
        "it is not there yet",
    ),
];

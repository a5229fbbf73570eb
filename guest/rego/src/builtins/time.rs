//! Moments and durations.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("time.now_ns", "-> number", "it is not there yet").unrepeatable(),
    Builtin::refused(
        "time.parse_ns",
        "string, string -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.parse_rfc3339_ns",
        "string -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.parse_duration_ns",
        "string -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.format",
        "any<number, array<number, string>, array<number, string, string>> -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.date",
        "any<number, array<number, string>> -> array<number, number, number>",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.clock",
        "any<number, array<number, string>> -> array<number, number, number>",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.weekday",
        "any<number, array<number, string>> -> string",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.add_date",
        "number, number, number, number -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "time.diff",
        "any<number, array<number, string>>, any<number, array<number, string>> -> array<number, number, number, number, number, number>",
        "it is not there yet",
    ),
];

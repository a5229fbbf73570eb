//! Bits of integers.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("bits.or", "number, number -> number", "it is not there yet"),
    Builtin::refused(
        "bits.and",
        "number, number -> number",
        "it is not there yet",
    ),
    Builtin::refused("bits.negate", "number -> number", "it is not there yet"),
    Builtin::refused(
        "bits.xor",
        "number, number -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "bits.lsh",
        "number, number -> number",
        "it is not there yet",
    ),
    Builtin::refused(
        "bits.rsh",
        "number, number -> number",
        "it is not there yet",
    ),
];

//! Arithmetic on numbers.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("plus", "number, number -> number", "it is not there yet").infix("+"),
    Builtin::refused(
        "minus",
        "any<number, set[any]>, any<number, set[any]> -> any<number, set[any]>",
        "it is not there yet",
    )
    .infix("-"),
    Builtin::refused("mul", "number, number -> number", "it is not there yet").infix("*"),
    Builtin::refused("div", "number, number -> number", "it is not there yet").infix("/"),
    Builtin::refused("ceil", "number -> number", "it is not there yet"),
    Builtin::refused("floor", "number -> number", "it is not there yet"),
    Builtin::refused("round", "number -> number", "it is not there yet"),
    Builtin::refused("abs", "number -> number", "it is not there yet"),
    Builtin::refused("rem", "number, number -> number", "it is not there yet").infix("%"),
];

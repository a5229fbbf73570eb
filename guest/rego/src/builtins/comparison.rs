//! Comparisons.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::refused("eq", "any, any -> boolean", "it is not there yet").infix("="),
    Builtin::refused("assign", "any, any -> boolean", "it is not there yet").infix(":="),
    Builtin::refused("gt", "any, any -> boolean", "it is not there yet").infix(">"),
    Builtin::refused("gte", "any, any -> boolean", "it is not there yet").infix(">="),
    Builtin::refused("lt", "any, any -> boolean", "it is not there yet").infix("<"),
    Builtin::refused("lte", "any, any -> boolean", "it is not there yet").infix("<="),
    Builtin::refused("neq", "any, any -> boolean", "it is not there yet").infix("!="),
    Builtin::refused("equal", "any, any -> boolean", "it is not there yet").infix("=="),
];

//! Graphs, and every node of a document.

use super::Builtin;

pub const BUILTINS: &[Builtin] = &[
    Builtin::relation("walk", "any -> array<array[any], any>"),
    Builtin::refused(
        "graph.reachable",
        "object[any: any<array[any], set[any]>], any<array[any], set[any]> -> set[any]",
        "it is not there yet",
    ),
    Builtin::refused(
        "graph.reachable_paths",
        "object[any: any<array[any], set[any]>], any<array[any], set[any]> -> set[array[any]]",
        "it is not there yet",
    ),
];

//! A parsed regular expression.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Hir, Look, Repetition};

/// One part of an expression.
#[derive(Debug, Clone)]
pub enum Node {
    Empty,
    Class(ClassUnicode),
    Look(Look),
    Repeat {
        what: Box<Node>,
        min: u32,
        max: Option<u32>,
        greedy: bool,
        counted: bool,
    },
    Capture {
        index: u32,
        what: Box<Node>,
    },
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
}

impl Node {
    /// How often counted repetitions repeat all together; Go forbids more than a thousand.
    pub fn repeats_within(&self, limit: u32) -> bool {
        match self {
            Self::Empty | Self::Class(_) | Self::Look(_) => true,
            Self::Repeat {
                what,
                min,
                max,
                counted: true,
                ..
            } => match max.unwrap_or(*min) {
                0 if max.is_some() => true,
                0 => what.repeats_within(limit),
                times => times <= limit && what.repeats_within(limit / times),
            },
            Self::Repeat { what, .. } | Self::Capture { what, .. } => what.repeats_within(limit),
            Self::Concat(parts) | Self::Alternate(parts) => {
                parts.iter().all(|part| part.repeats_within(limit))
            }
        }
    }

    /// As the automata want it. Groups have no names there: two may share one.
    pub fn into_hir(self) -> Hir {
        match self {
            Self::Empty => Hir::empty(),
            Self::Class(class) => Hir::class(Class::Unicode(class)),
            Self::Look(look) => Hir::look(look),
            Self::Repeat {
                what,
                min,
                max,
                greedy,
                ..
            } => Hir::repetition(Repetition {
                min,
                max,
                greedy,
                sub: Box::new(what.into_hir()),
            }),
            Self::Capture { index, what } => Hir::capture(Capture {
                index,
                name: None,
                sub: Box::new(what.into_hir()),
            }),
            Self::Concat(parts) => Hir::concat(parts.into_iter().map(Self::into_hir).collect()),
            Self::Alternate(parts) => {
                Hir::alternation(parts.into_iter().map(Self::into_hir).collect())
            }
        }
    }
}

//! What a lookup comes to.

use super::level::Reached;
use crate::value::Value;

/// One definition: a rule, or an `else` branch of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch {
    /// The rule's number, as it was given.
    pub rule: usize,
    /// Which of its branches: 0 is the rule itself, 1 its first `else`.
    pub branch: u32,
}

impl Branch {
    /// The definition's number: branches are numbered behind their rule.
    #[must_use]
    pub const fn number(self) -> usize {
        self.rule + self.branch as usize
    }
}

/// The definitions that have to be tried. Reused from lookup to lookup, it needs no memory of its own again.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// In source order; branches of one rule stand together.
    pub branches: Vec<Branch>,
    /// The default rule, if there is one.
    pub default: Option<usize>,
    /// Whether the first definition that holds decides: all are complete, and have one constant value.
    pub early_exit: bool,
    pub(super) scratch: Scratch,
}

/// What a lookup needs on the way.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    pub reached: Reached,
    /// Numbers of the branches found.
    pub hits: Vec<u32>,
    /// What was read, by the place's number.
    pub memo: Vec<Memo>,
}

/// A place as far as it was read.
#[derive(Debug, Clone)]
pub(super) enum Memo {
    Unread,
    Read(Option<Value>),
}

impl Selected {
    /// The rules in source order: each with its branches, the first of which is tried first, and the next
    /// only if it is undefined.
    pub fn chains(&self) -> impl Iterator<Item = &[Branch]> {
        self.branches.chunk_by(|one, next| one.rule == next.rule)
    }

    /// Whether there is nothing to try.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.branches.is_empty() && self.default.is_none()
    }
}

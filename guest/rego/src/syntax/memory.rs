//! What the parser keeps in mind of readings that it has given up.

use super::ast::Term;
use super::parser::{Parser, State};
use super::token::{Keywords, Token};

/// A reading that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum DeadEnd {
    /// As a comprehension, of what is in brackets from here on.
    Comprehension(usize),
    /// As an operand of `and` or `or`, of the braces here.
    Operand(usize),
    /// As a group of operands, of the parentheses here.
    Group {
        offset: usize,
        /// Whether they stand in an operand's place.
        operand: bool,
    },
}

/// Where a term begins with a keyword taken for a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Renamed {
    offset: usize,
    /// Whether a term around it could be read only because it was known.
    needed: bool,
}

/// A term that was read where it could not stay, for the next who reads at that place.
pub(super) struct Kept {
    pub(super) from: usize,
    pub(super) term: Term,
    pub(super) then: State,
}

impl Parser<'_> {
    /// Takes a keyword for a name that has been taken for one before.
    pub(super) fn remember_name(&mut self) {
        if self.renamed.is_empty() || self.is(Token::Ident) {
            return;
        }
        let offset = self.offset();
        let known = self.renamed.iter_mut().find(|name| name.offset == offset);
        if let Some(known) = known {
            known.needed = true;
            self.take_for_name();
        }
    }

    /// Keeps in mind whether the term that began there began with a keyword. What is inside it is forgotten, unless
    /// it cannot be read again without.
    pub(super) fn remember_term(&mut self, from: usize, read: bool, renamed: bool) {
        self.renamed
            .retain(|name| name.offset < from || (read && name.needed));
        if read && renamed {
            self.renamed.push(Renamed {
                offset: from,
                needed: false,
            });
        }
    }

    /// Guesses at what was meant: whether it can be read with all keywords imported. Comes back. There are no
    /// guesses within guesses, or else nesting would cost a power of two.
    pub(super) fn guess<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.guessing {
            return None;
        }
        let now = self.now;
        let kept = self.kept.take();
        let renamed = std::mem::take(&mut self.renamed);
        self.swap_guessed();
        self.guessing = true;
        self.now.keywords = Keywords::ALL;
        let result = read(self);
        self.guessing = false;
        self.swap_guessed();
        self.kept = kept;
        self.renamed = renamed;
        self.now = now;
        result
    }

    fn swap_guessed(&mut self) {
        std::mem::swap(&mut self.dead_ends, &mut self.guessed.0);
        std::mem::swap(&mut self.wrong_terms, &mut self.guessed.1);
    }

    /// Forgets what only served to read one statement.
    pub(super) fn end_statement(&mut self) {
        self.kept = None;
        self.renamed.clear();
        self.dead_ends.clear();
        self.wrong_terms.clear();
        self.tokens_read = 0;
        self.guessed = <_>::default();
    }
}

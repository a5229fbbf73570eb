//! What is wrong with a text.

use super::ast::Location;
use super::parser::Parser;
use super::scanner::Cursor;
use super::token::Token;

/// Something wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: Location,
    pub(super) message: String,
    pub(super) cure: String,
    /// Where the scanner stood before the token that the fault was found at.
    pub(super) cursor: Cursor,
}

/// A fault, and the one found before it.
pub(super) struct Found {
    fault: Fault,
    before: Option<usize>,
}

impl Parser<'_> {
    /// Notes what is wrong, where, and how to put it right.
    #[cold]
    #[inline(never)]
    pub(super) fn refuse(
        &mut self,
        at: Location,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        let cure = match self.now.missing.take() {
            Some(keyword) => format!("write `import future.keywords.{keyword}` below the package"),
            None => cure.into(),
        };
        let fault = Fault {
            at,
            message: message.into(),
            cure,
            cursor: self.now.begin,
        };
        self.found.push(Found {
            fault,
            before: self.now.faults,
        });
        self.now.faults = Some(self.found.len() - 1);
    }

    /// Notes that this token is not what must stand here.
    #[cold]
    #[inline(never)]
    pub(super) fn unexpected(&mut self, expected: &str) {
        if self.is(Token::Illegal) {
            return self.refuse(
                self.at(),
                "illegal token",
                "remove it: Rego knows no such character outside of quotes",
            );
        }
        let token = match self.token() {
            Token::Eof => "end of file".to_owned(),
            Token::Whitespace => "white space".to_owned(),
            token if token.is_keyword() => format!("keyword `{}`", token.name()),
            _ => format!("`{}`", shortened(self.text())),
        };
        if expected.is_empty() {
            self.refuse(
                self.at(),
                format!("unexpected {token}"),
                "complete what stands before it, or remove it",
            );
        } else {
            self.refuse(
                self.at(),
                format!("unexpected {token}: expected {expected}"),
                format!("write {expected} here"),
            );
        }
    }

    /// Whether something was found wrong on the way here.
    pub(super) const fn has_faults(&self) -> bool {
        self.now.faults.is_some()
    }

    /// The first thing found wrong on the way here. Forgets it and what followed.
    pub(super) fn take_first_fault(&mut self) -> Option<Fault> {
        if let Some(exceeded) = self.exceeded.take() {
            self.now.faults = None;
            self.found.clear();
            return Some(exceeded);
        }
        let mut at = self.now.faults.take()?;
        while let Some(before) = self.found.get(at)?.before {
            at = before;
        }
        let found = std::mem::take(&mut self.found);
        found.into_iter().nth(at).map(|found| found.fault)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn exceed(&mut self, message: String) {
        let cure = "name parts of it by rules or variables of their own";
        if !self.guessing && self.exceeded.is_none() {
            self.exceeded = Some(Fault {
                at: self.at(),
                message: message.clone(),
                cure: cure.to_owned(),
                cursor: self.now.begin,
            });
        }
        self.refuse(self.at(), message, cure);
    }
}

/// The beginning of a text, so that a message stays one short line.
fn shortened(text: &str) -> String {
    const MOST: usize = 32;
    let line = text.lines().next().unwrap_or_default();
    if line.len() == text.len() && line.chars().count() <= MOST {
        return line.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}

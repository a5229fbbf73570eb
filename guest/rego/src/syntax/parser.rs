//! The parser's state: where it stands, what it has found wrong, and how far it may go.
//!
//! It reads as OPA's does, which tries one reading and goes back to try another. So all that a reading changes
//! is one small [`State`], kept and put back. What was found wrong is part of it: a reading that is given up
//! takes its faults along.

use std::collections::{HashMap, HashSet};

use super::ast::{Comment, Location, Name, Term};
use super::scanner::{Cursor, Mode, Scanner};
use super::token::{Keywords, Token, is_keyword_of};
use crate::module::Version;

/// Most levels of brackets, calls, bodies and the like inside each other. OPA stops at some 10,000.
pub(super) const NESTING: u32 = 256;
/// Most levels of the tree that comes out: operators in a row nest without brackets.
pub(super) const HEIGHT: u32 = 1024;
/// Most tokens that are read for one statement, besides a hundred for each byte of the text: what is read again
/// counts again. Only texts made for it come near.
const READING: usize = 1_000_000;

/// Something wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: Location,
    pub(super) message: String,
    pub(super) cure: String,
    /// Where the scanner stood before the token that the fault was found at.
    pub(super) cursor: Cursor,
}

struct Found {
    fault: Fault,
    before: Option<usize>,
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        self.offset == other.offset
    }
}

impl Eq for Cursor {}

/// All that a reading changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    /// The token that is looked at.
    pub(super) token: Token,
    /// Where it begins.
    pub(super) begin: Cursor,
    /// Where it ends.
    pub(super) end: Cursor,
    /// Whether a line break stands before it.
    pub(super) after_line_break: bool,
    /// Whether the token is a keyword taken for a name.
    pub(super) renamed: bool,
    pub(super) keywords: Keywords,
    /// How many wildcards have been named.
    pub(super) wildcards: u32,
    /// How many comments have been passed.
    pub(super) comments: u32,
    /// The last fault found.
    faults: Option<usize>,
    /// The keyword whose import would make sense of what is found wrong next.
    pub(super) missing: Option<&'static str>,
}

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

/// Reads one text.
pub(super) struct Parser<'source> {
    pub(super) source: &'source str,
    pub(super) module: u32,
    pub(super) version: Version,
    pub(super) now: State,
    /// Whether `not` takes a body: `future.keywords.not` is imported.
    pub(super) not_bodies: bool,
    /// Each comment once, in order.
    pub(super) comments: Vec<Comment>,
    pub(super) kept: Option<Kept>,
    /// Readings that failed. None is tried twice, or else nesting would cost a power of two.
    pub(super) dead_ends: HashSet<DeadEnd>,
    /// Where a term in brackets is wrong, and the state that was found in.
    pub(super) wrong_terms: HashMap<usize, State>,
    /// The same two, of guesses at what was meant.
    guessed: (HashSet<DeadEnd>, HashMap<usize, State>),
    guessing: bool,
    /// Where terms begin with a keyword taken for a name, that could be read again. OPA keeps what it has read, so
    /// `{if.x | …}`, first read as a body, can be read as a comprehension then, though none can begin so.
    pub(super) renamed: Vec<Renamed>,
    found: Vec<Found>,
    /// The limit that the statement goes beyond. Stays when the reading that found it is given up.
    exceeded: Option<Fault>,
    nesting: u32,
    height: u32,
    tokens_read: usize,
}

impl<'source> Parser<'source> {
    pub(super) fn new(source: &'source str, module: u32, version: Version) -> Self {
        let cursor = Cursor::start(source);
        let now = State {
            token: Token::Eof,
            begin: cursor,
            end: cursor,
            after_line_break: false,
            renamed: false,
            keywords: Keywords::of(version),
            wildcards: 0,
            comments: 0,
            faults: None,
            missing: None,
        };
        let mut parser = Self {
            source,
            module,
            version,
            now,
            not_bodies: false,
            comments: Vec::new(),
            kept: None,
            dead_ends: HashSet::new(),
            wrong_terms: HashMap::new(),
            guessed: <_>::default(),
            guessing: false,
            renamed: Vec::new(),
            found: Vec::new(),
            exceeded: None,
            nesting: 0,
            height: 0,
            tokens_read: 0,
        };
        parser.scan();
        parser
    }

    /// Where the token begins.
    pub(super) const fn at(&self) -> Location {
        self.place(self.now.begin)
    }

    const fn place(&self, cursor: Cursor) -> Location {
        Location {
            module: self.module,
            row: cursor.row,
            column: cursor.column,
        }
    }

    pub(super) const fn token(&self) -> Token {
        self.now.token
    }

    pub(super) fn is(&self, token: Token) -> bool {
        self.now.token == token
    }

    /// Where the token begins, in bytes.
    pub(super) const fn offset(&self) -> usize {
        self.now.begin.offset
    }

    /// The token as it is written.
    pub(super) fn text(&self) -> &'source str {
        self.source
            .get(self.now.begin.offset..self.now.end.offset)
            .unwrap_or_default()
    }

    /// The token's text if it is a word, as OPA has it: marks have none.
    pub(super) fn word(&self) -> &'source str {
        match self.now.token {
            Token::Ident | Token::Number | Token::String => self.text(),
            Token::Illegal | Token::And | Token::Or => "",
            token if token.is_keyword() => self.text(),
            _ => "",
        }
    }

    /// Goes to the next token.
    pub(super) fn scan(&mut self) {
        self.step(true, Mode::Code);
    }

    /// Goes to the next token, white space included.
    pub(super) fn scan_space(&mut self) {
        self.step(false, Mode::Code);
    }

    /// Goes on with the text of a template string.
    pub(super) fn scan_template(&mut self, raw: bool) {
        self.step(false, Mode::Template { raw });
    }

    fn step(&mut self, over_space: bool, mode: Mode) {
        if !self.is(Token::Whitespace) {
            self.now.after_line_break = false;
        }
        self.tokens_read += 1;
        let mut scanner = Scanner::new(self.source, self.now.end);
        loop {
            let begin = scanner.cursor();
            let found = scanner.scan(mode, self.now.keywords);
            self.now.token = found.token;
            self.now.renamed = false;
            self.now.begin = begin;
            self.now.end = scanner.cursor();
            if let Some(fault) = found.fault {
                let (message, cure) = fault.texts();
                self.refuse(self.at(), message, cure);
            }
            match found.token {
                Token::Whitespace => {
                    if self.text() == "\n" {
                        self.now.after_line_break = true;
                    }
                    if !over_space {
                        return;
                    }
                }
                Token::Comment => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        self.now.comments += 1;
        let at = self.at();
        if self.comments.last().is_some_and(|last| last.at >= at) {
            return;
        }
        let text = self.text().strip_prefix('#').unwrap_or_default();
        let text = text.trim_end_matches('\r').to_owned();
        self.comments.push(Comment { text, at });
    }

    /// Looks at the token after this one, white space included.
    pub(super) fn peek_space(&mut self) -> Token {
        let now = self.now;
        self.scan_space();
        let next = self.token();
        self.now = now;
        next
    }

    /// Looks at the token after this one.
    pub(super) fn peek(&mut self) -> Token {
        let now = self.now;
        self.scan();
        let next = self.token();
        self.now = now;
        next
    }

    /// Whether this token, being a keyword, may be a name in a reference.
    pub(super) fn is_name_in_refs(&self, token: Token) -> bool {
        // `&` and `|` go by the names of their functions, as in OPA.
        if !token.is_keyword() && !matches!(token, Token::And | Token::Or) {
            return false;
        }
        is_keyword_of(self.version, token.name()) || self.now.keywords.contain(token.name())
    }

    /// Takes a keyword that begins a reference for a name: `if.x`, `default["x"]`.
    pub(super) fn keyword_begins_ref(&mut self) -> bool {
        let begins = self.is_name_in_refs(self.token())
            && matches!(self.peek_space(), Token::Dot | Token::LBrack);
        if begins {
            self.take_for_name();
        }
        begins
    }

    fn take_for_name(&mut self) {
        self.now.token = Token::Ident;
        self.now.renamed = true;
    }

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

    /// A name of its own for a wildcard.
    pub(super) fn wildcard(&mut self) -> Name {
        let name = format!("${}", self.now.wildcards);
        self.now.wildcards += 1;
        name.into()
    }

    /// The variable that the token names.
    pub(super) fn var(&mut self) -> Term {
        let at = self.at();
        match self.word() {
            "_" => Term::var(self.wildcard(), at),
            name => Term::var(name, at),
        }
    }

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

    /// Goes a level deeper. Gives back what [`Self::leave`] wants.
    pub(super) fn enter(&mut self) -> Option<u32> {
        if self.nesting == NESTING {
            self.exceed(format!("nested deeper than {NESTING} levels"));
            return None;
        }
        if self.tokens_read > READING + self.source.len().saturating_mul(100) {
            self.exceed("nested in too many ways that it could be read".to_owned());
            return None;
        }
        self.nesting += 1;
        Some(std::mem::take(&mut self.height))
    }

    /// Comes back from a level.
    pub(super) fn leave(&mut self, outer: u32) {
        self.nesting -= 1;
        self.height = outer.max(self.height + 1);
    }

    /// Starts measuring the height of one operand. Gives back what [`Self::stack`] wants.
    pub(super) const fn measure(&mut self) -> u32 {
        std::mem::replace(&mut self.height, 0)
    }

    /// Puts an operator on top of two operands, the left one of this height.
    pub(super) fn stack(&mut self, left: u32) -> Option<()> {
        self.height = left.max(self.height) + 1;
        if self.height <= HEIGHT {
            return Some(());
        }
        self.exceed(format!("more than {HEIGHT} operators in a row"));
        None
    }

    #[cold]
    #[inline(never)]
    fn exceed(&mut self, message: String) {
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

    /// Ends measuring an operand among others, the highest of which had this height.
    pub(super) fn measured(&mut self, outer: u32) {
        self.height = self.height.max(outer);
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

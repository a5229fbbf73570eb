//! The parser's state: where it stands, what it has found wrong, and how far it may go.
//!
//! It reads as OPA's does, which tries one reading and goes back to try another. So all that a reading changes
//! is one small [`State`], kept and put back. What was found wrong is part of it: a reading that is given up
//! takes its faults along.

use std::collections::{HashMap, HashSet};

use super::ast::{Comment, Location, Name, Term};
use super::fault::{Fault, Found};
use super::memory::{DeadEnd, Kept, Renamed};
use super::scanner::{Cursor, Mode, Scanner};
use super::token::{Keywords, Token, is_keyword_of};
use crate::module::Version;

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
    pub(super) faults: Option<usize>,
    /// The keyword whose import would make sense of what is found wrong next.
    pub(super) missing: Option<&'static str>,
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
    pub(super) guessed: (HashSet<DeadEnd>, HashMap<usize, State>),
    pub(super) guessing: bool,
    /// Where terms begin with a keyword taken for a name, that could be read again. OPA keeps what it has read, so
    /// `{if.x | …}`, first read as a body, can be read as a comprehension then, though none can begin so.
    pub(super) renamed: Vec<Renamed>,
    pub(super) found: Vec<Found>,
    /// The limit that the statement goes beyond. Stays when the reading that found it is given up.
    pub(super) exceeded: Option<Fault>,
    pub(super) nesting: u32,
    pub(super) height: u32,
    pub(super) tokens_read: usize,
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

    pub(super) fn take_for_name(&mut self) {
        self.now.token = Token::Ident;
        self.now.renamed = true;
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
}

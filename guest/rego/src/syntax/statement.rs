//! Statements: packages, imports, rules, and conditions that make rules. After a wrong one the next is sought,
//! so that one reading finds all that is wrong with a file.

use super::ast::{Body, Import, Location, Package};
use super::fault::Fault;
use super::parser::Parser;
use super::rule::Written;
use super::token::Token;

/// One statement.
pub(super) enum Statement {
    Package(Package),
    Import(Import),
    Rule(Box<Written>),
    Body(Body),
}

impl Statement {
    /// Where it begins.
    pub(super) fn at(&self) -> Location {
        match self {
            Self::Package(package) => package.at,
            Self::Import(import) => import.at,
            Self::Rule(written) => written.rule.at,
            Self::Body(body) => body.first().map_or_else(Location::default, |expr| expr.at),
        }
    }
}

impl Parser<'_> {
    /// All statements, and the first fault of each that is wrong.
    pub(super) fn statements(&mut self) -> (Vec<Statement>, Vec<Fault>) {
        let mut statements = Vec::new();
        let mut faults = Vec::new();
        while !self.is(Token::Eof) {
            let from = self.now;
            let found = self.statement();
            self.end_statement();
            if let Some(fault) = self.take_first_fault() {
                self.go_to_next_statement(from.begin.offset, from.begin.column, &fault);
                faults.push(fault);
                continue;
            }
            let Some(found) = found else {
                // INVARIANT: what cannot be read has a fault.
                break;
            };
            statements.extend(found);
        }
        // A fault may stand at the end of the file, where no statement is.
        faults.extend(self.take_first_fault());
        (statements, faults)
    }

    fn statement(&mut self) -> Option<Vec<Statement>> {
        let before = self.now;
        if self.refuse_keyword_as_rule_name(false) {
            return None;
        }
        if self.is(Token::Package) {
            if let Some(package) = self.package() {
                self.refuse_trailing_minus();
                return Some(vec![Statement::Package(package)]);
            }
            if self.has_faults() {
                return None;
            }
            self.now = before;
        }
        if self.is(Token::Import) {
            if let Some((import, alias_at)) = self.import() {
                if !self.refuse_trailing_minus() {
                    self.import_keywords(&import, alias_at);
                }
                return Some(vec![Statement::Import(import)]);
            }
            if self.has_faults() {
                return None;
            }
            self.now = before;
        }
        if let Some(rules) = self.rules() {
            let rules = rules
                .into_iter()
                .map(|rule| Statement::Rule(Box::new(rule)));
            return Some(rules.collect());
        }
        if self.has_faults() {
            return None;
        }
        self.now = before;
        self.query().map(|body| vec![Statement::Body(body)])
    }

    /// A minus behind a path would be taken for the next statement's sign.
    fn refuse_trailing_minus(&mut self) -> bool {
        let minus = self.is(Token::Sub);
        if minus {
            self.unexpected("");
        }
        minus
    }

    /// Goes to the next word that begins a line no deeper than the wrong statement did.
    fn go_to_next_statement(&mut self, wrong: usize, column: u32, fault: &Fault) {
        self.now.end = fault.cursor;
        self.now.token = Token::Whitespace;
        let mut row = if fault.cursor.offset > wrong {
            self.row_before(fault.cursor.offset)
        } else {
            fault.cursor.row
        };
        loop {
            self.scan();
            self.take_first_fault();
            let begin = self.now.begin;
            let is_word = matches!(self.token(), Token::Ident) || self.token().is_keyword();
            let begins_line = begin.row > row && begin.column <= column;
            if self.is(Token::Eof) || (begin.offset > wrong && is_word && begins_line) {
                return;
            }
            let breaks = self.text().bytes().filter(|byte| *byte == b'\n').count();
            row = begin.row + u32::try_from(breaks).unwrap_or(u32::MAX);
        }
    }

    /// The row that the last token before an offset stands in.
    fn row_before(&self, offset: usize) -> u32 {
        let before = self.source.get(..offset).unwrap_or_default().trim_end();
        let breaks = before.bytes().filter(|byte| *byte == b'\n').count();
        u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
    }
}

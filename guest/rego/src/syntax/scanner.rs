//! Text to tokens. One token at a time: what a word is depends on the imports before it, and where a template
//! string goes on is known to the parser alone.

use super::token::{Keywords, Token};
use super::token_fault::TokenFault;

/// A place between two tokens: all that the scanner knows of where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    /// In bytes, of the next character.
    pub(super) offset: usize,
    /// Of the next character. A line break already counts to the row that it begins.
    pub(super) row: u32,
    /// Of the next character, counted in characters. At the end of the file that of the last one, as in OPA.
    pub(super) column: u32,
}

/// How the scanner goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// With the next token.
    Code,
    /// With the text of a template string, behind the `}` of an expression.
    Template {
        /// Whether it is one in backticks.
        raw: bool,
    },
}

/// A token that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) token: Token,
    /// What is wrong with it.
    pub(super) fault: Option<TokenFault>,
}

/// Reads tokens off a text, from a cursor on.
pub(super) struct Scanner<'source> {
    source: &'source str,
    cursor: Cursor,
    pub(super) current: Option<char>,
    fault: Option<TokenFault>,
}

impl Cursor {
    /// The beginning of a text. A byte-order mark there is passed over.
    pub(super) fn start(source: &str) -> Self {
        let first = source.chars().next();
        let (offset, skipped) = if first == Some('\u{feff}') {
            ('\u{feff}'.len_utf8(), 1)
        } else {
            (0, 0)
        };
        let mut cursor = Self {
            offset,
            row: 1,
            column: skipped,
        };
        cursor.arrive(source.get(offset..).and_then(|rest| rest.chars().next()));
        cursor
    }

    fn arrive(&mut self, at: Option<char>) {
        match at {
            Some('\n') => {
                self.row += 1;
                self.column = 0;
            }
            Some(_) => self.column += 1,
            None => {}
        }
    }
}

impl<'source> Scanner<'source> {
    /// A scanner that goes on where another one stopped.
    pub(super) fn new(source: &'source str, cursor: Cursor) -> Self {
        let mut scanner = Self {
            source,
            cursor,
            current: None,
            fault: None,
        };
        scanner.current = scanner.peek();
        scanner
    }

    /// Where it stands.
    pub(super) const fn cursor(&self) -> Cursor {
        self.cursor
    }

    fn peek(&self) -> Option<char> {
        let rest = self.source.as_bytes().get(self.cursor.offset..)?;
        match rest.first() {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.source.get(self.cursor.offset..)?.chars().next(),
        }
    }

    pub(super) fn next(&mut self) {
        let Some(passed) = self.current else {
            return;
        };
        self.cursor.offset += passed.len_utf8();
        self.current = self.peek();
        self.cursor.arrive(self.current);
        match self.current {
            Some('\0') => self.wrong(TokenFault::Null),
            Some('\u{feff}') => self.wrong(TokenFault::ByteOrderMark),
            _ => {}
        }
    }

    pub(super) fn wrong(&mut self, fault: TokenFault) {
        self.fault = self.fault.or(Some(fault));
    }

    pub(super) fn next_if(&mut self, wanted: char) -> bool {
        let found = self.current == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn skip_while(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        let before = self.cursor.offset;
        while self.current.is_some_and(&wanted) {
            self.next();
        }
        self.cursor.offset != before
    }

    /// The next token, white space and comments included.
    pub(super) fn scan(&mut self, mode: Mode, keywords: Keywords) -> Found {
        self.fault = None;
        let token = match mode {
            Mode::Code => self.code(keywords),
            Mode::Template { raw: true } => self.raw_template(),
            Mode::Template { raw: false } => self.template(),
        };
        let fault = self.fault.take();
        Found {
            token: if fault.is_some() {
                Token::Illegal
            } else {
                token
            },
            fault,
        }
    }

    fn code(&mut self, keywords: Keywords) -> Token {
        let start = self.cursor.offset;
        let Some(first) = self.current else {
            return Token::Eof;
        };
        if first.is_ascii_digit() {
            self.number();
            return Token::Number;
        }
        self.next();
        match first {
            ' ' | '\t' | '\n' | '\r' => Token::Whitespace,
            'a'..='z' | 'A'..='Z' | '_' => {
                self.skip_while(is_word);
                let word = self.source.get(start..self.cursor.offset);
                keywords.token(word.unwrap_or_default())
            }
            '#' => {
                self.skip_while(|char| char != '\n');
                Token::Comment
            }
            '"' => {
                self.string();
                Token::String
            }
            '`' => {
                self.raw_string();
                Token::String
            }
            '$' if self.next_if('`') => self.raw_template(),
            '$' if self.next_if('"') => self.template(),
            _ => self.mark(first),
        }
    }

    fn mark(&mut self, first: char) -> Token {
        match first {
            '[' => Token::LBrack,
            ']' => Token::RBrack,
            '{' => Token::LBrace,
            '}' => Token::RBrace,
            '(' => Token::LParen,
            ')' => Token::RParen,
            ',' => Token::Comma,
            ';' => Token::Semicolon,
            '.' => Token::Dot,
            '+' => Token::Add,
            '-' => Token::Sub,
            '*' => Token::Mul,
            '/' => Token::Quo,
            '%' => Token::Rem,
            '&' => Token::And,
            '|' => Token::Or,
            ':' if self.next_if('=') => Token::Assign,
            ':' => Token::Colon,
            '=' if self.next_if('=') => Token::Equal,
            '=' => Token::Unify,
            '>' if self.next_if('=') => Token::Gte,
            '>' => Token::Gt,
            '<' if self.next_if('=') => Token::Lte,
            '<' => Token::Lt,
            '!' if self.next_if('=') => Token::Neq,
            '!' => {
                self.wrong(TokenFault::Bang);
                Token::Illegal
            }
            '$' => {
                self.wrong(TokenFault::Dollar);
                Token::Illegal
            }
            '\u{a0}' => {
                self.wrong(TokenFault::NonBreakingSpace);
                Token::Illegal
            }
            _ => Token::Illegal,
        }
    }

    fn number(&mut self) {
        let is_digit = |char: char| char.is_ascii_digit();
        self.skip_while(is_digit);
        if self.next_if('.') && !self.skip_while(is_digit) {
            self.wrong(TokenFault::Fraction);
        }
        if self.next_if('e') || self.next_if('E') {
            if !self.next_if('+') {
                self.next_if('-');
            }
            if !self.skip_while(is_digit) {
                self.wrong(TokenFault::Exponent);
            }
        }
        // `0a2b` is one wrong number, not a number and a name.
        if self.current.is_some_and(is_letter) {
            self.wrong(TokenFault::NumberFormat);
            self.skip_while(is_word);
        }
    }
}

const fn is_letter(char: char) -> bool {
    char.is_ascii_alphabetic() || char == '_'
}

/// Names go on with digits of every script, as in Go.
fn is_word(char: char) -> bool {
    is_letter(char) || char.is_ascii_digit() || (!char.is_ascii() && is_decimal_digit(char))
}

/// The decimal digits outside ASCII (Unicode's category Nd) stand in runs of ten.
fn is_decimal_digit(char: char) -> bool {
    char.is_numeric()
        && ZEROS.iter().any(|zero| {
            u32::from(char)
                .checked_sub(*zero)
                .is_some_and(|above| above < 10)
        })
}

/// The zero of each script that has decimal digits.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0,
    0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950,
    0x1fbf0,
];

//! Terms, without the operators between them.

use super::ast::{Node, Term};
use super::escape::unescape;
use super::parser::Parser;
use super::token::Token;
use crate::module::Version;
use crate::value::{Number, NumberFault};

impl Parser<'_> {
    /// One term.
    pub(super) fn term(&mut self) -> Option<Term> {
        let outer = self.enter()?;
        self.remember_name();
        let (at, from, renamed) = (self.at(), self.offset(), self.now.renamed);
        let bracketed = matches!(
            self.token(),
            Token::LBrack
                | Token::LBrace
                | Token::LParen
                | Token::TemplatePart
                | Token::RawTemplatePart
        );
        if bracketed
            && self.renamed.is_empty()
            && let Some(wrong) = self.wrong_terms.get(&from)
        {
            self.now = *wrong;
            self.leave(outer);
            return None;
        }
        let minus = self.is(Token::Sub);
        let head = self.term_head();
        let negated = minus
            && matches!(
                &head,
                Some(Term {
                    node: Node::Var(_),
                    ..
                })
            );
        let term = head.and_then(|head| self.term_rest(head));
        self.leave(outer);
        self.remember_term(from, term.is_some(), renamed);
        if bracketed && term.is_none() {
            self.wrong_terms.insert(from, self.now);
        }
        let term = term?;
        if !negated {
            return Some(term);
        }
        // `-x` is `0 - x`.
        let zero = Term::new(Node::Number(Number::from(0_i64)), at);
        let call = vec![Term::operator("minus", at), zero, term];
        Some(Term::new(Node::Call(call), at))
    }

    /// A term without the reference or call that may follow. Leaves its last token to be looked at.
    fn term_head(&mut self) -> Option<Term> {
        let at = self.at();
        // The functions `and` and `or`: where a term begins, there is nothing to combine.
        if matches!(self.token(), Token::LogicalAnd | Token::LogicalOr)
            && self.peek_space() == Token::LParen
        {
            self.now.token = Token::Ident;
        }
        match self.token() {
            Token::Null => Some(Term::new(Node::Null, at)),
            Token::True => Some(Term::new(Node::Bool(true), at)),
            Token::False => Some(Term::new(Node::Bool(false), at)),
            Token::Ident | Token::Contains => Some(self.var()),
            Token::String => self.string(),
            Token::Sub if matches!(self.peek(), Token::Ident | Token::Contains) => {
                self.scan();
                Some(self.var())
            }
            Token::Number | Token::Dot | Token::Sub => self.number(),
            Token::TemplatePart
            | Token::TemplateEnd
            | Token::RawTemplatePart
            | Token::RawTemplateEnd => self.template(),
            Token::LBrack => self.array(),
            Token::LBrace => self.set_or_object(),
            Token::LParen => {
                self.scan();
                let inner = self.infix()?;
                if self.is(Token::RParen) {
                    return Some(inner);
                }
                self.refuse(self.at(), "non-terminated expression", "close it with `)`");
                None
            }
            _ => {
                self.unexpected("");
                None
            }
        }
    }

    fn term_rest(&mut self, head: Term) -> Option<Term> {
        self.scan_space();
        match self.token() {
            Token::LParen | Token::Dot | Token::LBrack => return self.reference(head),
            Token::Whitespace => self.scan(),
            _ => {}
        }
        Some(root(head))
    }

    /// What a rule's head begins with: as [`Self::term`], but white space may part a name from its brackets.
    pub(super) fn head_rest(&mut self, head: Term) -> Option<Term> {
        self.scan_space();
        match self.token() {
            Token::Add
            | Token::Sub
            | Token::Mul
            | Token::Quo
            | Token::Rem
            | Token::And
            | Token::Or
            | Token::Equal
            | Token::Neq
            | Token::Gt
            | Token::Gte
            | Token::Lt
            | Token::Lte => self.unexpected(""),
            Token::Whitespace => self.scan(),
            _ => {}
        }
        match self.token() {
            Token::LParen | Token::Dot | Token::LBrack => self.reference(head),
            _ => Some(root(head)),
        }
    }

    #[inline(never)]
    fn number(&mut self) -> Option<Term> {
        let at = self.at();
        let mut text = String::new();
        if self.is(Token::Sub) {
            text.push('-');
            self.scan();
            if !matches!(self.token(), Token::Number | Token::Dot) {
                self.unexpected("a number");
                return None;
            }
        }
        let mut whole = true;
        if self.is(Token::Dot) {
            text.push('.');
            whole = false;
            self.scan();
            if !self.is(Token::Number) {
                self.unexpected("a number");
                return None;
            }
        }
        let written = self.text();
        let digits = written.as_bytes();
        if whole
            && digits.first() == Some(&b'0')
            && matches!(digits.get(1), Some(second) if !matches!(second, b'.' | b'e' | b'E'))
        {
            self.unexpected("a number without leading zero");
            return None;
        }
        text.push_str(written);
        // Long numbers without exponent can be too big as well.
        let checked = if written.contains(['e', 'E']) || text.len() < 30_000 {
            Number::read(&text)
        } else {
            Number::read(&format!("{text}e0")).and_then(|_| Number::read(&text))
        };
        match checked {
            Ok(number) => return Some(Term::new(Node::Number(number), at)),
            Err(NumberFault::TooBig) => self.refuse(
                self.at(),
                "number too big",
                "write a number between 1e-30000 and 1e30000",
            ),
            Err(NumberFault::NotANumber) => {
                self.unexpected("a number, not one in a wrong notation");
            }
        }
        None
    }

    #[inline(never)]
    fn string(&mut self) -> Option<Term> {
        let at = self.at();
        let text = self.text();
        let inner = text
            .get(1..text.len().saturating_sub(1))
            .unwrap_or_default();
        if text.starts_with('`') || !inner.contains('\\') {
            return Some(Term::string(inner, at));
        }
        let Some(text) = unescape(inner) else {
            self.refuse(
                at,
                "illegal string literal",
                "write tabs as `\\t` and characters as `\\uXXXX`, or put the text in backticks",
            );
            return None;
        };
        Some(Term::string(text, at))
    }

    /// Whether this version has template strings.
    pub(super) fn has_templates(&self) -> bool {
        self.version == Version::V1
    }
}

/// `input` and `data` alone are references.
fn root(head: Term) -> Term {
    if is_var(&head, "input") || is_var(&head, "data") {
        let at = head.at;
        return Term::new(Node::Ref(vec![head]), at);
    }
    head
}

/// Whether this is the variable of this name.
pub(super) fn is_var(term: &Term, name: &str) -> bool {
    term.as_var().is_some_and(|var| &**var == name)
}

//! Arrays, sets, objects and comprehensions.
//!
//! `{a | b}` could be a set of one union or a comprehension: where it can be a comprehension, it is one. So the
//! first item is read without operators, then what follows decides.

use super::ast::{Body, Comprehension, Node, ObjectComprehension, Term};
use super::memory::DeadEnd;
use super::parser::{Parser, State};
use super::token::Token;

impl Parser<'_> {
    /// `[…]`. Leaves the last bracket to be looked at.
    #[inline(never)]
    pub(super) fn array(&mut self) -> Option<Term> {
        let at = self.at();
        self.scan();
        if self.is(Token::RBrack) {
            return Some(Term::new(Node::Array(Vec::new()), at));
        }
        let comprehension = self.no_leading_comma();
        let from = self.offset();
        let head = self.term()?;
        if comprehension && self.is(Token::Or) {
            let behind_head = self.now;
            if let Some(body) = self.comprehension_body(from, Token::RBrack) {
                let all = Comprehension { term: head, body };
                return Some(Term::new(Node::ArrayComprehension(Box::new(all)), at));
            }
            self.give_up_comprehension(from, behind_head)?;
        }
        let items = self.list_behind(Token::RBrack, head)?;
        Some(Term::new(Node::Array(items), at))
    }

    /// `{…}`. Leaves the last brace to be looked at.
    #[inline(never)]
    pub(super) fn set_or_object(&mut self) -> Option<Term> {
        let at = self.at();
        self.scan();
        if self.is(Token::RBrace) {
            return Some(Term::new(Node::Object(Vec::new()), at));
        }
        let comprehension = self.no_leading_comma();
        let from = self.offset();
        let head = self.term()?;
        let node = match self.token() {
            Token::Or if comprehension => {
                let behind_head = self.now;
                if let Some(body) = self.comprehension_body(from, Token::RBrace) {
                    let all = Comprehension { term: head, body };
                    Node::SetComprehension(Box::new(all))
                } else {
                    self.give_up_comprehension(from, behind_head)?;
                    Node::Set(self.list_behind(Token::RBrace, head)?)
                }
            }
            Token::Colon => self.object(head, comprehension)?,
            _ => {
                let head = self.infix_behind(head)?;
                match self.token() {
                    Token::RBrace | Token::Comma => {
                        Node::Set(self.list_rest(Token::RBrace, vec![head])?)
                    }
                    Token::Colon => self.object(head, comprehension)?,
                    _ => {
                        self.unexpected("`,`, `:` or `}` in a set or object (non-terminated set)");
                        return None;
                    }
                }
            }
        };
        Some(Term::new(node, at))
    }

    /// `: value, …}` behind the first key.
    #[inline(never)]
    fn object(&mut self, key: Term, comprehension: bool) -> Option<Node> {
        self.scan();
        let from = self.offset();
        let value = self.term()?;
        if comprehension && self.is(Token::Or) {
            let behind_value = self.now;
            if let Some(body) = self.comprehension_body(from, Token::RBrace) {
                let all = ObjectComprehension { key, value, body };
                return Some(Node::ObjectComprehension(Box::new(all)));
            }
            self.dead_ends.insert(DeadEnd::Comprehension(from));
            self.now = behind_value;
        }
        let value = self.infix_behind(value)?;
        if !matches!(self.token(), Token::RBrace | Token::Comma) {
            self.unexpected("`,` or `}` in an object (non-terminated object)");
            return None;
        }
        let mut fields = vec![(key, value)];
        while !self.is(Token::RBrace) {
            self.scan();
            if self.is(Token::RBrace) {
                break;
            }
            let key = self.infix_in_list()?;
            if !self.is(Token::Colon) {
                self.unexpected("`:` between a key and its value");
                return None;
            }
            self.scan();
            let value = self.infix_in_list()?;
            fields.push((key, value));
            if !matches!(self.token(), Token::RBrace | Token::Comma) {
                self.unexpected("`,` or `}` in an object");
                return None;
            }
        }
        Some(Node::Object(fields))
    }

    /// The conditions behind the `|` here, unless what began there was found to be no comprehension.
    fn comprehension_body(&mut self, from: usize, end: Token) -> Option<Body> {
        if self.dead_ends.contains(&DeadEnd::Comprehension(from)) {
            return None;
        }
        self.scan();
        self.body(end)
    }

    /// Goes back to behind the first item, if a list may have been meant.
    fn give_up_comprehension(&mut self, from: usize, behind_head: State) -> Option<()> {
        if !self.dead_ends.contains(&DeadEnd::Comprehension(from)) {
            if !self.is(Token::Comma) {
                return None;
            }
            self.dead_ends.insert(DeadEnd::Comprehension(from));
        }
        self.now = behind_head;
        Some(())
    }

    /// Skips a comma before the first item, as OPA does. There is no comprehension then.
    fn no_leading_comma(&mut self) -> bool {
        let comma = self.is(Token::Comma);
        if comma {
            self.scan();
        }
        !comma
    }

    /// Items up to the end. Leaves the end to be looked at.
    pub(super) fn list(&mut self, end: Token, mut items: Vec<Term>) -> Option<Vec<Term>> {
        items.push(self.infix_in_list()?);
        self.list_rest(end, items)
    }

    fn list_behind(&mut self, end: Token, first: Term) -> Option<Vec<Term>> {
        let first = self.infix_behind(first)?;
        self.list_rest(end, vec![first])
    }

    /// `, item, …` up to the end.
    fn list_rest(&mut self, end: Token, mut items: Vec<Term>) -> Option<Vec<Term>> {
        loop {
            if self.is(end) {
                return Some(items);
            }
            if !self.is(Token::Comma) {
                self.unexpected(&format!("`,` or `{}`", end.name()));
                return None;
            }
            self.scan();
            if self.is(end) {
                return Some(items);
            }
            items.push(self.infix_in_list()?);
        }
    }
}

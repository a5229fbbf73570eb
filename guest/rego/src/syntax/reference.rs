//! References and calls.

use super::ast::{Location, Node, Term};
use super::parser::Parser;
use super::term::is_var;
use super::token::Token;

impl Parser<'_> {
    /// A reference, or a call, whose head has been read.
    pub(super) fn reference(&mut self, head: Term) -> Option<Term> {
        let outer = self.enter()?;
        let term = self.reference_behind(head);
        self.leave(outer);
        term
    }

    #[inline(never)]
    fn reference_behind(&mut self, head: Term) -> Option<Term> {
        let at = head.at;
        if !matches!(
            head.node,
            Node::Var(_)
                | Node::Array(_)
                | Node::Object(_)
                | Node::Set(_)
                | Node::ArrayComprehension(_)
                | Node::ObjectComprehension(_)
                | Node::SetComprehension(_)
                | Node::Call(_)
        ) {
            self.refuse(
                at,
                format!("illegal ref (head cannot be {})", head.node.kind_name()),
                "name the value by a variable, and refer into that",
            );
        }
        let mut parts = vec![head];
        loop {
            match self.token() {
                Token::Dot => {
                    self.scan_space();
                    if !self.is(Token::Ident) && !self.is_name_in_refs(self.token()) {
                        self.unexpected("a name behind the dot");
                        return None;
                    }
                    parts.push(Term::string(self.word(), self.at()));
                    self.scan_space();
                }
                Token::LBrack => {
                    self.scan();
                    let part = self.infix()?;
                    if !self.is(Token::RBrack) {
                        self.unexpected("`]`");
                        return None;
                    }
                    parts.push(part);
                    self.scan_space();
                }
                Token::LParen => {
                    let called = self.call(Term::new(Node::Ref(parts), at), at)?;
                    return match self.token() {
                        Token::Whitespace => {
                            self.scan();
                            Some(called)
                        }
                        Token::Dot | Token::LBrack => self.reference(called),
                        _ => Some(called),
                    };
                }
                Token::Whitespace => {
                    self.scan();
                    return Some(Term::new(Node::Ref(parts), at));
                }
                _ => return Some(Term::new(Node::Ref(parts), at)),
            }
        }
    }

    fn call(&mut self, operator: Term, at: Location) -> Option<Term> {
        self.scan();
        if self.is(Token::RParen) {
            self.scan_space();
            let is_set = operator
                .as_ref_term()
                .is_some_and(|name| matches!(name.as_slice(), [head] if is_var(head, "set")));
            let node = if is_set {
                Node::Set(Vec::new())
            } else {
                Node::Call(vec![operator])
            };
            return Some(Term::new(node, at));
        }
        let terms = self.list(Token::RParen, vec![operator])?;
        self.scan_space();
        Some(Term::new(Node::Call(terms), at))
    }
}

//! `some` and `every`.

use super::ast::{Every, Expr, ExprKind, Node, Term, operator_name};
use super::parser::Parser;
use super::token::Token;

impl Parser<'_> {
    #[inline(never)]
    pub(super) fn some(&mut self) -> Option<Expr> {
        let (before, at) = (self.now, self.at());
        self.scan();
        if let Some(term) = self.infix()
            && matches!(term.node, Node::Call(_))
        {
            match membership(&term) {
                Some(Membership { complete: true }) => {}
                Some(Membership { complete: false }) => {
                    self.unexpected("what to go through behind `in`");
                    return None;
                }
                None => {
                    self.unexpected("`some x in xs` or `some k, v in xs`");
                    return None;
                }
            }
            let expr = Expr::new(ExprKind::Some(vec![term]), at);
            return self.attach_with(expr);
        }
        self.now = before;
        if !self.now.keywords.contain("in") {
            let found = self.guess(|parser| {
                parser.scan();
                parser.infix()
            });
            if found.is_some_and(|term| membership(&term).is_some()) {
                self.now.missing = Some("in");
            }
        }
        let mut names = Vec::new();
        loop {
            self.scan();
            if !self.is(Token::Ident) {
                self.unexpected("a variable");
                return None;
            }
            names.push(self.var());
            self.scan();
            if !self.is(Token::Comma) {
                return Some(Expr::new(ExprKind::Some(names), at));
            }
        }
    }

    #[inline(never)]
    pub(super) fn every(&mut self) -> Option<Expr> {
        let at = self.at();
        self.scan();
        let term = self.infix()?;
        let is_membership = membership(&term);
        let Node::Call(terms) = term.node else {
            self.unexpected("`every x in xs { … }` or `every k, v in xs { … }`");
            return None;
        };
        match is_membership {
            Some(Membership { complete: true }) => {}
            Some(Membership { complete: false }) => {
                self.unexpected("what to go through behind `in`");
                return None;
            }
            None => {
                self.unexpected("`every x in xs { … }` or `every k, v in xs { … }`");
                return None;
            }
        }
        let mut terms = terms.into_iter().skip(1).rev();
        let (domain, value, key) = (terms.next()?, terms.next()?, terms.next());
        let is_variable = |term: &Term| matches!(term.node, Node::Var(_));
        if key.as_ref().is_some_and(|key| !is_variable(key)) {
            self.unexpected("the key of `every` to be a variable");
            return None;
        }
        if !is_variable(&value) {
            self.unexpected("the value of `every` to be a variable");
            return None;
        }
        if !self.is(Token::LBrace) {
            self.unexpected("the body of `every` in braces");
            return None;
        }
        let body = self.braced_body()?;
        let every = Every {
            key,
            value,
            domain,
            body,
            at,
        };
        self.attach_with(Expr::new(ExprKind::Every(Box::new(every)), at))
    }
}

/// A call of `internal.member_2` or `internal.member_3`.
pub(super) struct Membership {
    /// Whether it has as many operands as it needs.
    complete: bool,
}

pub(super) fn membership(term: &Term) -> Option<Membership> {
    let Node::Call(terms) = &term.node else {
        return None;
    };
    let needed = match operator_name(terms.first()?)?.as_str() {
        "internal.member_2" => 3,
        "internal.member_3" => 4,
        _ => return None,
    };
    Some(Membership {
        complete: terms.len() == needed,
    })
}

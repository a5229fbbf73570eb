//! Operators between terms.

use super::ast::{Location, Node, Term};
use super::parser::Parser;
use super::token::Token;

/// How strongly operators bind, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    In,
    Relation,
    Or,
    And,
    Arithmetic,
    Factor,
}

impl Strength {
    const fn weaker(self) -> Self {
        match self {
            Self::Factor => Self::Arithmetic,
            Self::Arithmetic => Self::And,
            Self::And => Self::Or,
            Self::Or => Self::Relation,
            Self::Relation | Self::In => Self::In,
        }
    }

    const fn stronger(self) -> Self {
        match self {
            Self::In => Self::Relation,
            Self::Relation => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Arithmetic,
            Self::Arithmetic | Self::Factor => Self::Factor,
        }
    }

    const fn has(self, token: Token) -> bool {
        match self {
            Self::In => matches!(token, Token::In),
            Self::Relation => matches!(
                token,
                Token::Equal | Token::Neq | Token::Lt | Token::Gt | Token::Lte | Token::Gte
            ),
            Self::Or => matches!(token, Token::Or),
            Self::And => matches!(token, Token::And),
            Self::Arithmetic => matches!(token, Token::Add | Token::Sub),
            Self::Factor => matches!(token, Token::Mul | Token::Quo | Token::Rem),
        }
    }
}

/// Whether `k, v in xs` may stand here: not where a comma parts the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comma {
    Pairs,
    Parts,
}

impl Parser<'_> {
    /// Terms with operators between them.
    pub(super) fn infix(&mut self) -> Option<Term> {
        let from = self.offset();
        if let Some(kept) = self.kept.take_if(|kept| kept.from == from) {
            self.now = kept.then;
            return Some(kept.term);
        }
        self.climb(Strength::In, Comma::Pairs, None)
    }

    /// Terms with operators between them, in a list.
    pub(super) fn infix_in_list(&mut self) -> Option<Term> {
        self.climb(Strength::In, Comma::Parts, None)
    }

    /// What operators make of a term in a list that has been read already.
    pub(super) fn infix_behind(&mut self, first: Term) -> Option<Term> {
        self.climb(Strength::In, Comma::Parts, Some(first))
    }

    /// Reads operators of this strength and stronger ones. One function for all strengths: a level of brackets
    /// costs the stack two frames, not nine.
    fn climb(&mut self, weakest: Strength, comma: Comma, first: Option<Term>) -> Option<Term> {
        let outer = self.measure();
        let mut left = match first {
            Some(first) => first,
            None => self.term()?,
        };
        let mut strength = Strength::Factor;
        while strength > Strength::In && strength >= weakest {
            while strength.has(self.token()) {
                let operator = self.operator();
                let height = self.measure();
                let right = if strength == Strength::Factor {
                    self.term()
                } else {
                    self.climb(strength.stronger(), Comma::Parts, None)
                };
                // OPA goes on with the left side, and reports the fault in the end.
                let Some(right) = right else { break };
                self.stack(height)?;
                left = call(vec![operator, left, right]);
            }
            strength = strength.weaker();
        }
        if weakest == Strength::In {
            left = self.membership(left, comma)?;
        }
        self.measured(outer);
        Some(left)
    }

    /// `left in …`, `left, value in …`.
    #[inline(never)]
    fn membership(&mut self, mut left: Term, comma: Comma) -> Option<Term> {
        loop {
            if comma == Comma::Pairs && self.is(Token::Comma) {
                let before = self.now;
                let height = self.measure();
                self.scan();
                if let Some(value) = self.relation()
                    && self.is(Token::In)
                {
                    let operator = self.member_operator("internal.member_3");
                    if let Some(domain) = self.relation() {
                        self.stack(height)?;
                        left = call(vec![operator, left, value, domain]);
                        if self.is(Token::In) {
                            continue;
                        }
                        return Some(left);
                    }
                }
                self.now = before;
                self.measured(height);
            }
            self.keyword_begins_ref();
            if !self.is(Token::In) {
                return Some(left);
            }
            let operator = self.member_operator("internal.member_2");
            let height = self.measure();
            let Some(domain) = self.relation() else {
                return Some(left);
            };
            self.stack(height)?;
            left = call(vec![operator, left, domain]);
            if !self.is(Token::In) {
                return Some(left);
            }
        }
    }

    fn relation(&mut self) -> Option<Term> {
        self.climb(Strength::Relation, Comma::Parts, None)
    }

    /// The function that the operator here calls.
    pub(super) fn operator(&mut self) -> Term {
        let at = self.at();
        let name = Term::var(self.token().name(), at);
        self.scan();
        Term::new(Node::Ref(vec![name]), at)
    }

    fn member_operator(&mut self, name: &str) -> Term {
        let operator = Term::operator(name, self.at());
        self.scan();
        operator
    }
}

/// A call by an operator: it stands where its left side does.
fn call(terms: Vec<Term>) -> Term {
    let at = terms.get(1).map_or_else(Location::default, |left| left.at);
    Term::new(Node::Call(terms), at)
}

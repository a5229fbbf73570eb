//! Terms: values, variables, references, calls and what operators make of them.

use super::ast::{Location, Node, Term};
use super::escape::unescape;
use super::parser::Parser;
use super::token::Token;
use crate::module::Version;
use crate::value::{Number, NumberFault};

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

    /// A reference, or a call, whose head has been read.
    fn reference(&mut self, head: Term) -> Option<Term> {
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
                format!("illegal ref (head cannot be {})", kind_name(&head.node)),
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

/// A call by an operator: it stands where its left side does.
fn call(terms: Vec<Term>) -> Term {
    let at = terms.get(1).map_or_else(Location::default, |left| left.at);
    Term::new(Node::Call(terms), at)
}

/// OPA's word for a kind of term.
pub(super) const fn kind_name(node: &Node) -> &'static str {
    match node {
        Node::Null => "null",
        Node::Bool(_) => "boolean",
        Node::Number(_) => "number",
        Node::String(_) => "string",
        Node::Var(_) => "var",
        Node::Ref(_) => "ref",
        Node::Array(_) => "array",
        Node::Object(_) => "object",
        Node::Set(_) => "set",
        Node::ArrayComprehension(_) => "arraycomprehension",
        Node::SetComprehension(_) => "setcomprehension",
        Node::ObjectComprehension(_) => "objectcomprehension",
        Node::Call(_) => "call",
        Node::Template(_) => "templatestring",
    }
}

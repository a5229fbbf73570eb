//! Bodies and what they are made of: conditions, with their modifiers.

use super::ast::{Body, Expr, ExprKind, Location, Node, Term, With};
use super::group::Group;
use super::memory::DeadEnd;
use super::parser::Parser;
use super::quantifier::membership;
use super::term::is_var;
use super::token::Token;

impl Parser<'_> {
    /// Conditions up to the end, a level deeper. Leaves the end to be looked at.
    pub(super) fn body(&mut self, end: Token) -> Option<Body> {
        let outer = self.enter()?;
        let body = self.conditions(end);
        self.leave(outer);
        body
    }

    /// `{ … }` whose brace is looked at. Goes past the last one.
    pub(super) fn braced_body(&mut self) -> Option<Body> {
        self.scan();
        let body = self.body(Token::RBrace)?;
        self.scan();
        Some(body)
    }

    fn conditions(&mut self, end: Token) -> Option<Body> {
        if self.is_end_of_empty_body(end) {
            return None;
        }
        let mut body = Vec::new();
        loop {
            body.push(self.literal()?);
            if self.is(Token::Semicolon) {
                self.scan();
            } else if self.is(end) {
                return Some(body);
            } else if !self.now.after_line_break {
                self.unexpected_behind_condition(end);
                return None;
            }
        }
    }

    /// Conditions that `;` parts, and no line break: a statement outside of rules.
    pub(super) fn query(&mut self) -> Option<Body> {
        if self.is_end_of_empty_body(Token::Eof) {
            return None;
        }
        let mut body = Vec::new();
        loop {
            body.push(self.literal()?);
            if !self.is(Token::Semicolon) {
                return Some(body);
            }
            self.scan();
        }
    }

    fn is_end_of_empty_body(&mut self, end: Token) -> bool {
        let empty = self.is(end);
        if empty {
            self.refuse(
                self.at(),
                "found empty body",
                "write a condition, or `true`",
            );
        }
        empty
    }

    #[inline(never)]
    fn unexpected_behind_condition(&mut self, end: Token) {
        // One fault is enough.
        if self.has_faults() {
            return;
        }
        self.guess_missing_operator();
        self.unexpected(&format!("a new line, `;` or `{}`", end.name()));
    }

    /// Finds the import that would make an operator of what stands behind a condition.
    #[inline(never)]
    fn guess_missing_operator(&mut self) {
        if self.now.missing.is_some() {
            return;
        }
        self.now.missing = match self.token() {
            Token::Ident => ["in", "and", "or"]
                .into_iter()
                .find(|keyword| *keyword == self.text()),
            Token::Comma if !self.now.keywords.contain("in") => self
                .guess(|parser| {
                    parser.scan();
                    parser.infix()
                })
                .filter(|term| membership(term).is_some())
                .map(|_| "in"),
            _ => None,
        };
    }

    /// One condition.
    pub(super) fn literal(&mut self) -> Option<Expr> {
        let at = self.at();
        let mut expr = self.literal_anywhere()?;
        expr.at = at;
        if let ExprKind::Not(nested) = &mut expr.kind
            && !nested.explicit
        {
            for inner in &mut nested.body {
                inner.at = at;
            }
        }
        Some(expr)
    }

    fn literal_anywhere(&mut self) -> Option<Expr> {
        if self.now.keywords.has_logical() {
            if self.is(Token::LBrace) {
                let found = self.operand_in_braces()?;
                if found.is_some() {
                    return found;
                }
            } else if self.is(Token::LParen) {
                match self.group(false, "") {
                    Group::None => {}
                    Group::Wrong => return None,
                    Group::Of(nested) => return self.fold(nested),
                }
            }
        }
        if self.keyword_begins_ref() {
            return self.condition(None);
        }
        let negated = self.is(Token::Not).then(|| self.at());
        if let Some(not) = negated {
            self.scan();
            if self.not_bodies && self.is(Token::LBrace) {
                let nested = self.not_body(not)?;
                return self.fold(nested);
            }
        }
        match self.token() {
            Token::Some | Token::Every if negated.is_some() => {
                let what = self.token().name();
                self.refuse(
                    self.at(),
                    format!("illegal negation of `{what}`"),
                    "write the condition as a rule of its own, and negate that",
                );
                None
            }
            Token::Some => self.some(),
            Token::Every => self.every(),
            _ => self.condition(negated),
        }
    }

    /// `{ … } and …`. Nothing if the braces here are no operand.
    #[expect(
        clippy::option_option,
        reason = "the outer one is the parser's way to fail"
    )]
    #[inline(never)]
    fn operand_in_braces(&mut self) -> Option<Option<Expr>> {
        let dead_end = DeadEnd::Operand(self.offset());
        if self.dead_ends.contains(&dead_end) {
            return Some(None);
        }
        let (before, at) = (self.now, self.at());
        let renamed = self.renamed.clone();
        if let Some(body) = self.braced_body()
            && matches!(self.token(), Token::LogicalAnd | Token::LogicalOr)
        {
            if self.is_ambiguous_union(&body) {
                self.refuse_ambiguous_union(at);
                return None;
            }
            let operand = super::logical::explicit(body, at);
            let all = self.or_chain(operand)?;
            return self.attach_with(all).map(Some);
        }
        self.dead_ends.insert(dead_end);
        self.renamed = renamed;
        self.now = before;
        Some(None)
    }

    /// A condition that is no declaration; `negated` is where its `not` stands.
    fn condition(&mut self, negated: Option<Location>) -> Option<Expr> {
        let before = self.now;
        let at = self.at();
        if let Some(not) = negated
            && self.not_bodies
            && self.is(Token::LParen)
        {
            match self.group(true, "not ") {
                Group::None => {}
                Group::Wrong => return None,
                Group::Of(nested) => return self.fold(super::logical::negation(nested, not)),
            }
        }
        let mut expr = self.expr()?;
        let with = self.is(Token::With).then(|| self.at());
        if with.is_some() {
            expr.with = self.with()?;
        }
        self.guess_missing_every(&expr, before);
        if let Some(not) = negated
            && self.not_bodies
        {
            let with = std::mem::take(&mut expr.with);
            expr = super::logical::negated_expr(expr, not);
            expr.with = with;
        } else {
            expr.negated = negated.is_some();
        }
        if !matches!(self.token(), Token::LogicalAnd | Token::LogicalOr) {
            return Some(expr);
        }
        let operator = self.token().name();
        if let Some(with) = with {
            self.refuse_with_on_operand(with, operator);
            return None;
        }
        if negated.is_none() && self.source_at(before.begin.offset).starts_with('{') {
            if is_empty_object(&expr) {
                self.refuse(at, "found empty body", "write a condition, or `true`");
            } else {
                self.refuse_value_in_braces(at, operator);
            }
            return None;
        }
        let all = self.or_chain(super::logical::implicit(expr))?;
        self.attach_with(all)
    }

    /// What the source says from here on.
    pub(super) fn source_at(&self, offset: usize) -> &str {
        self.source.get(offset..).unwrap_or_default()
    }

    #[inline(never)]
    fn guess_missing_every(&mut self, expr: &Expr, before: super::parser::State) {
        let is_name = matches!(&expr.kind, ExprKind::Term(term) if is_var(term, "every"));
        if !is_name || self.now.keywords.contain("every") {
            return;
        }
        let found = self.guess(|parser| {
            parser.now = before;
            parser.now.keywords = super::token::Keywords::ALL;
            parser.every()
        });
        if found.is_some() {
            self.now.missing = Some("every");
        }
    }

    /// Terms with operators, `=` and `:=` among them.
    pub(super) fn expr(&mut self) -> Option<Expr> {
        let at = self.at();
        let left = self.infix()?;
        if matches!(self.token(), Token::Assign | Token::Unify) {
            let operator = self.operator();
            let right = self.infix()?;
            return Some(Expr::new(ExprKind::Call(vec![operator, left, right]), at));
        }
        let kind = match left.node {
            Node::Call(terms) => ExprKind::Call(terms),
            _ => ExprKind::Term(left),
        };
        Some(Expr::new(kind, at))
    }

    /// `with … as …`, once or more.
    #[inline(never)]
    pub(super) fn with(&mut self) -> Option<Vec<With>> {
        let mut all = Vec::new();
        while self.is(Token::With) {
            let at = self.at();
            self.scan();
            if !self.is(Token::Ident) {
                self.unexpected("`input`, `data` or a function to replace");
                return None;
            }
            let target = self.term()?;
            if !matches!(target.node, Node::Ref(_) | Node::Var(_)) {
                self.unexpected("a path behind `with`");
            }
            if !self.is(Token::As) {
                self.unexpected("`as` and a value");
                return None;
            }
            self.scan();
            let value = self.infix()?;
            all.push(With { target, value, at });
        }
        Some(all)
    }

    /// The same condition, with the modifiers that follow.
    pub(super) fn attach_with(&mut self, mut expr: Expr) -> Option<Expr> {
        if self.is(Token::With) {
            expr.with = self.with()?;
        }
        Some(expr)
    }
}

fn is_empty_object(expr: &Expr) -> bool {
    expr.with.is_empty()
        && matches!(
            &expr.kind,
            ExprKind::Term(Term { node: Node::Object(fields), .. }) if fields.is_empty()
        )
}

//! `and`, `or`, and `not` with a body: operands, braces and parentheses.
//!
//! In an operand's place braces hold a body, and parentheses group. Both could also begin a value, so each is
//! tried, and given up if what follows says otherwise.

use super::ast::{Body, Expr, ExprKind, Location, Nested, Pair, operator_name};
use super::group::Group;
use super::parser::Parser;
use super::token::Token;

/// One condition as an operand.
pub(super) fn implicit(expr: Expr) -> Nested {
    Nested {
        at: expr.at,
        body: vec![expr],
        explicit: false,
    }
}

/// A body in braces as an operand.
pub(super) const fn explicit(body: Body, at: Location) -> Nested {
    Nested {
        body,
        explicit: true,
        at,
    }
}

/// `not …` of one condition.
pub(super) fn negated_expr(inner: Expr, not: Location) -> Expr {
    let nested = Nested {
        body: vec![inner],
        explicit: false,
        at: not,
    };
    Expr::new(ExprKind::Not(Box::new(nested)), not)
}

/// `not …` of an operand, as an operand.
pub(super) fn negation(nested: Nested, not: Location) -> Nested {
    let nested = Nested { at: not, ..nested };
    implicit(Expr::new(ExprKind::Not(Box::new(nested)), not))
}

impl Parser<'_> {
    /// What `and` and `or` make of an operand at the beginning of a condition.
    pub(super) fn fold(&mut self, first: Nested) -> Option<Expr> {
        let expr = if matches!(self.token(), Token::LogicalAnd | Token::LogicalOr) {
            self.or_chain(first)?
        } else {
            first.body.into_iter().next()?
        };
        self.attach_with(expr)
    }

    /// `first or …`, `first and … or …`: `and` binds stronger.
    pub(super) fn or_chain(&mut self, first: Nested) -> Option<Expr> {
        let outer = self.enter()?;
        let all = self.or_chain_inside(first);
        self.leave(outer);
        all
    }

    #[inline(never)]
    fn or_chain_inside(&mut self, first: Nested) -> Option<Expr> {
        let mut left = self.and_chain(first)?;
        while self.is(Token::LogicalOr) {
            self.scan();
            let height = self.measure();
            let right = self.operand("or")?;
            let right = self.and_chain(right)?;
            self.stack(height)?;
            self.check_void_operands(&left, &right, "or");
            let at = left.at;
            let pair = Pair { left, right, at };
            left = implicit(Expr::new(ExprKind::Or(Box::new(pair)), at));
        }
        left.body.into_iter().next()
    }

    fn and_chain(&mut self, mut left: Nested) -> Option<Nested> {
        while self.is(Token::LogicalAnd) {
            self.scan();
            let height = self.measure();
            let right = self.operand("and")?;
            self.stack(height)?;
            self.check_void_operands(&left, &right, "and");
            let at = left.at;
            let pair = Pair { left, right, at };
            left = implicit(Expr::new(ExprKind::And(Box::new(pair)), at));
        }
        Some(left)
    }

    /// One operand of this operator. The operator is unknown (empty) where the reading may be given up.
    pub(super) fn operand(&mut self, operator: &str) -> Option<Nested> {
        if self.is(Token::LBrace) {
            return self.braced_operand(operator);
        }
        let negated = (self.is(Token::Not)
            && !matches!(self.peek_space(), Token::Dot | Token::LBrack))
        .then(|| self.at());
        if negated.is_some() {
            self.scan();
        }
        if let Some(not) = negated
            && self.not_bodies
            && self.is(Token::LBrace)
        {
            return self.not_body(not);
        }
        if self.is(Token::LParen)
            && self.now.keywords.has_logical()
            && (negated.is_none() || self.not_bodies)
        {
            let prefix = if negated.is_some() { "not " } else { "" };
            match (self.group(true, prefix), negated) {
                (Group::None, _) => {}
                (Group::Wrong, _) => return None,
                (Group::Of(nested), Some(not)) => return Some(negation(nested, not)),
                (Group::Of(nested), None) => return Some(nested),
            }
        }
        let mut expr = self.expr()?;
        match negated {
            Some(not) if self.not_bodies => expr = negated_expr(expr, not),
            _ => expr.negated = negated.is_some(),
        }
        Some(implicit(expr))
    }

    #[inline(never)]
    fn braced_operand(&mut self, operator: &str) -> Option<Nested> {
        let (before, at) = (self.now, self.at());
        self.scan();
        let empty = self.is(Token::RBrace);
        let Some(body) = self.body(Token::RBrace) else {
            if !empty && !operator.is_empty() {
                // The braces may hold a value.
                let failed = std::mem::replace(&mut self.now, before);
                if self.infix().is_some() {
                    self.refuse_value_in_braces(at, operator);
                } else {
                    self.now = failed;
                }
            }
            return None;
        };
        self.scan();
        if self.is_ambiguous_union(&body) {
            self.refuse_ambiguous_union(at);
        }
        Some(explicit(body, at))
    }

    /// `{ … }` behind `not`, as an operand.
    #[inline(never)]
    pub(super) fn not_body(&mut self, not: Location) -> Option<Nested> {
        let (before, at) = (self.now, self.at());
        self.scan();
        let empty = self.is(Token::RBrace);
        let Some(body) = self.body(Token::RBrace) else {
            if !empty {
                let failed = std::mem::replace(&mut self.now, before);
                if self.infix().is_some() {
                    self.refuse(
                        at,
                        "`{…}` in an operand position must contain expression(s), not a value",
                        "write `not ({…})` to negate the value, or `not {{…}}` for a body holding it",
                    );
                } else {
                    self.now = failed;
                }
            }
            return None;
        };
        self.scan();
        if self.is_ambiguous_union(&body) {
            self.refuse_ambiguous_union(at);
            return None;
        }
        Some(negation(explicit(body, at), not))
    }

    /// Whether a body begins with a union `a | b`: `{a | b}` would also be a comprehension.
    pub(super) fn is_ambiguous_union(&self, body: &Body) -> bool {
        let Some(first) = body.first() else {
            return false;
        };
        let ExprKind::Call(terms) = &first.kind else {
            return false;
        };
        let Some(operator) = terms.first() else {
            return false;
        };
        operator_name(operator).as_deref() == Some("or")
            && self.source_of(operator.at).starts_with('|')
            && !self.source_of(first.at).starts_with('(')
    }

    /// What the source says from a place on.
    fn source_of(&self, at: Location) -> &str {
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let mut rest = self.source;
        for _ in 1..at.row {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
        let skipped = rest.char_indices().nth(count(at.column.saturating_sub(1)));
        skipped
            .and_then(|(offset, _)| rest.get(offset..))
            .unwrap_or_default()
    }

    pub(super) fn refuse_ambiguous_union(&mut self, at: Location) {
        self.refuse(
            at,
            "ambiguous `{ … | … }` operand: read as a body holding a set union, not as a comprehension",
            "write `({ … | … })` for the comprehension, or `{ (… | …) }` for the union",
        );
    }

    pub(super) fn refuse_with_on_operand(&mut self, at: Location, operator: &str) {
        self.refuse(
            at,
            format!("`with` is not allowed on an operand of `{operator}`"),
            format!("put the operand in parentheses, or move `with` behind the whole `{operator}`"),
        );
    }

    pub(super) fn refuse_value_in_braces(&mut self, at: Location, operator: &str) {
        self.refuse(
            at,
            format!("operand of `{operator}` cannot begin with `{{` unless the braces hold a body"),
            format!("put it in parentheses to keep the value: `({{…}}) {operator} …`"),
        );
    }

    fn check_void_operands(&mut self, left: &Nested, right: &Nested, operator: &str) {
        for operand in [left, right] {
            let Some((at, name)) = void_call(&operand.body) else {
                continue;
            };
            self.refuse(
                at,
                format!("operand of `{operator}` cannot consist only of calls to `{name}`"),
                format!("move `{name}` out of the operand, or add a condition that can fail"),
            );
        }
    }
}

/// The first call of a body that does nothing but call functions without a result.
fn void_call(body: &Body) -> Option<(Location, String)> {
    let mut first = None;
    for expr in body {
        let name = expr.operator().filter(|_| !expr.negated)?;
        if crate::builtins::find(&name)?.declaration.contains("->") {
            return None;
        }
        first.get_or_insert((expr.at, name));
    }
    first
}

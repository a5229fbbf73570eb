//! Parentheses around `and`, `or` and `not`.

use super::ast::{Body, ExprKind, Location, Nested};
use super::logical::implicit;
use super::memory::DeadEnd;
use super::parser::Parser;
use super::token::Token;

/// What parentheses hold.
pub(super) enum Group {
    /// A term, or something that is found wrong when it is read as one.
    None,
    /// Something wrong.
    Wrong,
    /// An operand.
    Of(Nested),
}

impl Parser<'_> {
    /// What the parentheses here hold. `operand` tells whether they stand in an operand's place.
    pub(super) fn group(&mut self, operand: bool, prefix: &str) -> Group {
        let dead_end = DeadEnd::Group {
            offset: self.offset(),
            operand,
        };
        if self.dead_ends.contains(&dead_end) {
            return Group::None;
        }
        let Some(outer) = self.enter() else {
            return Group::Wrong;
        };
        let group = self.group_inside(operand, prefix);
        self.leave(outer);
        // What the attempt taught about names would be missing the next time.
        if matches!(group, Group::None) && self.renamed.is_empty() {
            self.dead_ends.insert(dead_end);
        }
        group
    }

    #[inline(never)]
    fn group_inside(&mut self, operand: bool, prefix: &str) -> Group {
        let (before, at) = (self.now, self.at());
        self.scan();
        if self.is(Token::RParen) {
            if operand {
                self.refuse(at, "empty parenthesized group", "write a condition in it");
                return Group::Wrong;
            }
            self.now = before;
            return Group::None;
        }
        let Some(first) = self.operand("") else {
            self.now = before;
            return Group::None;
        };
        match self.token() {
            Token::LogicalAnd | Token::LogicalOr => {
                let all = self.or_chain(first);
                match all.and_then(|all| self.attach_with(all)) {
                    Some(all) => self.close_group(implicit(all), at),
                    None => Group::Wrong,
                }
            }
            Token::With if !first.explicit && first.body.len() == 1 => {
                let with = self.at();
                let Some(expr) = first
                    .body
                    .into_iter()
                    .next()
                    .and_then(|expr| self.attach_with(expr))
                else {
                    return Group::Wrong;
                };
                if matches!(self.token(), Token::LogicalAnd | Token::LogicalOr) {
                    self.refuse_with_on_operand(with, self.token().name());
                    return Group::Wrong;
                }
                let closed = self.close_group(implicit(expr), at);
                if operand
                    || matches!(closed, Group::Wrong)
                    || matches!(self.token(), Token::LogicalAnd | Token::LogicalOr)
                {
                    return closed;
                }
                self.now = before;
                Group::None
            }
            _ if first.explicit => {
                self.now = before;
                self.scan();
                let value = self.term();
                self.now = before;
                if value.is_some() {
                    return Group::None;
                }
                self.refuse(
                    at,
                    "`(…)` in an operand position cannot contain a body",
                    format!("drop the parentheses to keep the body: `{prefix}{{…}}`"),
                );
                Group::Wrong
            }
            _ if is_group(&first.body) => self.close_group(first, at),
            _ => {
                self.now = before;
                Group::None
            }
        }
    }

    fn close_group(&mut self, nested: Nested, at: Location) -> Group {
        if !self.is(Token::RParen) {
            self.refuse(
                self.at(),
                "expected ) to close parenthesized group",
                "close it with `)`",
            );
            return Group::Wrong;
        }
        self.scan();
        Group::Of(Nested { at, ..nested })
    }
}

/// Whether a body is one `and`, `or` or `not`.
fn is_group(body: &Body) -> bool {
    match body.as_slice() {
        [expr] => {
            expr.negated
                || matches!(
                    expr.kind,
                    ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_)
                )
        }
        _ => false,
    }
}

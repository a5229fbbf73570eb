//! Template strings: `$"a {b}"`.

use super::ast::{ExprKind, Node, Template, TemplatePart, Term};
use super::escape::{resolve_braces, unescape};
use super::parser::Parser;
use super::token::Token;

impl Parser<'_> {
    /// A template string. Leaves its last part to be looked at.
    #[inline(never)]
    pub(super) fn template(&mut self) -> Option<Term> {
        let at = self.at();
        let raw = matches!(self.token(), Token::RawTemplatePart | Token::RawTemplateEnd);
        if !self.has_templates() {
            self.refuse(
                at,
                "template strings are not part of this version of Rego",
                "use `sprintf`, or write the module in Rego v1",
            );
            return None;
        }
        let mut parts = Vec::new();
        // Of the opening: `$"`.
        let mut opening = 2;
        loop {
            let text = self.template_text(opening, raw)?;
            if !text.is_empty() {
                parts.push(TemplatePart::Text(Term::string(text, self.at())));
            }
            if matches!(self.token(), Token::TemplateEnd | Token::RawTemplateEnd) {
                break;
            }
            parts.push(self.template_expr()?);
            if !self.is(Token::RBrace) {
                self.refuse(
                    self.at(),
                    "expected } to end template string expression",
                    "write one expression between the braces",
                );
                return None;
            }
            self.scan_template(raw);
            opening = 0;
        }
        Some(Term::new(
            Node::Template(Box::new(Template { parts, raw })),
            at,
        ))
    }

    #[inline(never)]
    fn template_text(&mut self, opening: usize, raw: bool) -> Option<String> {
        let is_part = matches!(
            self.token(),
            Token::TemplatePart
                | Token::TemplateEnd
                | Token::RawTemplatePart
                | Token::RawTemplateEnd
        );
        let text = self.text();
        let inner = text.get(opening..text.len().saturating_sub(1));
        let resolved = inner.filter(|_| is_part).and_then(|inner| {
            if !inner.contains('\\') {
                return Some(inner.to_owned());
            }
            let resolved = resolve_braces(inner, raw);
            if raw || !resolved.contains('\\') {
                Some(resolved)
            } else {
                unescape(&resolved)
            }
        });
        if resolved.is_none() {
            self.refuse(
                self.at(),
                "illegal template-string part",
                "write tabs as `\\t`, characters as `\\uXXXX` and braces as `\\{`",
            );
        }
        resolved
    }

    #[inline(never)]
    fn template_expr(&mut self) -> Option<TemplatePart> {
        let comments = self.now.comments;
        self.scan();
        let commented = self.now.comments != comments;
        let outer = self.enter()?;
        let expr = self.literal();
        self.leave(outer);
        let Some(expr) = expr else {
            self.refuse(
                self.at(),
                "invalid template-string expression",
                "write one expression between the braces",
            );
            return None;
        };
        let unexpected = match &expr.kind {
            _ if expr.negated => Some("negation (`not`)"),
            ExprKind::Every(_) => Some("`every`"),
            ExprKind::Some(_) => Some("`some`"),
            ExprKind::Call(_) => match expr.operator().as_deref() {
                Some("eq") => Some("unification (`=`)"),
                Some("assign") => Some("assignment (`:=`)"),
                _ => None,
            },
            _ => None,
        };
        if let Some(unexpected) = unexpected {
            self.refuse(
                expr.at,
                format!("unexpected {unexpected} in template-string expression"),
                "put it before the template string, and name the result here",
            );
            return None;
        }
        Some(match expr.kind {
            ExprKind::Term(
                term @ Term {
                    node: Node::String(_) | Node::Number(_) | Node::Bool(_) | Node::Null,
                    ..
                },
            ) if !commented => TemplatePart::Text(term),
            _ => TemplatePart::Expr(Box::new(expr)),
        })
    }
}

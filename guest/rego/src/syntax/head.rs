//! Rule heads.

use super::ast::{Head, Location, Node, Rule, Term};
use super::parser::{Parser, State};
use super::rule::{rule, truth};
use super::token::Token;
use crate::syntax::shape::is_comprehension;
use crate::syntax::visit::{Part, Step, walk};

/// A head as it was read.
pub(super) struct Written {
    pub(super) head: Head,
    pub(super) contains: bool,
    /// Where the value begins, and the state behind it.
    pub(super) value: Option<(usize, State)>,
}

impl Parser<'_> {
    /// What a rule defines.
    pub(super) fn head(&mut self, default: bool) -> Option<Written> {
        let at = self.at();
        let name = self.var();
        let Some(term) = self.head_rest(name) else {
            self.unexpected("a rule's head");
            return None;
        };
        let mut is_call = false;
        let (reference, args) = match term.node {
            Node::Var(_) => (vec![term], Vec::new()),
            Node::Ref(reference) => (reference, Vec::new()),
            Node::Call(terms) => {
                is_call = true;
                let mut terms = terms.into_iter();
                let Node::Ref(reference) = terms.next()?.node else {
                    return None;
                };
                if reference.first().and_then(Term::as_var).is_none() {
                    self.unexpected("a rule's head that begins with a name");
                    return None;
                }
                (reference, terms.collect())
            }
            _ => return None,
        };
        let mut head = Head {
            reference,
            args,
            key: None,
            value: None,
            assign: false,
            generated_value: false,
            at,
        };
        if self.is(Token::Contains) {
            if is_call {
                self.unexpected("`contains` only in a rule without arguments");
            }
            self.scan();
            head.key = self.infix();
            if head.key.is_none() {
                self.unexpected("the set's element behind `contains`");
            }
            return Some(Written {
                head,
                contains: true,
                value: None,
            });
        }
        let mut value = None;
        if matches!(self.token(), Token::Unify | Token::Assign) {
            head.assign = self.is(Token::Assign);
            self.scan();
            let from = self.offset();
            head.value = self.infix();
            if head.value.is_some() {
                value = Some((from, self.now));
            } else {
                let of = match (default, is_call) {
                    (true, _) => "a default rule's value",
                    (false, true) => "a function's value",
                    (false, false) => "a rule's value",
                };
                self.unexpected(of);
            }
        }
        if head.value.is_none() && (head.reference.len() != 2 || !head.args.is_empty()) {
            head.generated_value = true;
            head.value = Some(Term::new(Node::Bool(true), at));
        }
        Some(Written {
            head,
            contains: false,
            value,
        })
    }

    /// `default …`: with a value that nothing has to be evaluated for, and plain arguments.
    pub(super) fn default_rule(&mut self, head: Head, at: Location) -> Option<Rule> {
        let Some(value) = &head.value else {
            self.refuse(
                at,
                "illegal default rule (must have a value)",
                "write `default name := value`",
            );
            return None;
        };
        if let Some(part) = variable_part(value) {
            self.refuse(
                at,
                format!("illegal default rule (value cannot contain {part})"),
                "write a value that is known without input, data and other rules",
            );
            return None;
        }
        for (position, arg) in head.args.iter().enumerate() {
            let wrong = match &arg.node {
                Node::Var(name) => {
                    let earlier = head.args.iter().take(position);
                    if !earlier.into_iter().any(|arg| arg.as_var() == Some(name)) {
                        continue;
                    }
                    format!("arguments cannot be repeated {name}")
                }
                other => format!("arguments cannot contain {}", other.kind_name()),
            };
            self.refuse(
                at,
                format!("illegal default rule ({wrong})"),
                "name each argument by a variable of its own",
            );
            return None;
        }
        let mut rule = rule(head, vec![truth(at)], at);
        rule.default = true;
        Some(rule)
    }

    /// Refuses a keyword as a rule's name, where it cannot be anything else.
    pub(super) fn refuse_keyword_as_rule_name(&mut self, behind_default: bool) -> bool {
        let keyword = self.token();
        let refused = if behind_default {
            follows_rule_name(keyword, Token::If) || follows_rule_name(keyword, Token::Assign)
        } else {
            keyword.is_keyword() && follows_rule_name(keyword, self.peek())
        };
        if refused {
            self.refuse(
                self.at(),
                format!("{} keyword cannot be used for rule name", keyword.name()),
                "name the rule otherwise",
            );
        }
        refused
    }
}

/// Whether a keyword before this token can only be meant as a rule's name.
const fn follows_rule_name(keyword: Token, next: Token) -> bool {
    let value = matches!(next, Token::Assign | Token::Unify);
    let word = matches!(next, Token::If | Token::Contains);
    let args = matches!(next, Token::LParen);
    match keyword {
        Token::Every | Token::If | Token::In | Token::Some | Token::As => value || word || args,
        // A path may itself be named after a keyword: `package contains`.
        Token::Package | Token::Import => value || args,
        // `not (x)` is a condition, `or(x, y)` a call.
        Token::Not | Token::LogicalAnd | Token::LogicalOr => value || word,
        // Elsewhere it is a plain name.
        Token::Contains => word,
        _ => false,
    }
}

/// What in a value has to be evaluated. Comprehensions may be.
fn variable_part(value: &Term) -> Option<&'static str> {
    let mut found = None;
    walk(value, &mut |part| {
        if let Part::Term(term) = part {
            if matches!(term.node, Node::Ref(_) | Node::Var(_) | Node::Call(_)) {
                found = found.or(Some(term.node.kind_name()));
            }
            if is_comprehension(term) {
                return Step::Over;
            }
        }
        Step::Into
    });
    found
}

//! Rules: bodies, `else`, several bodies for one head.

use super::ast::{Body, Expr, ExprKind, Head, Location, Node, Rule, Term};
use super::depth::HEIGHT;
use super::head::Written as WrittenHead;
use super::memory::Kept;
use super::parser::Parser;
use super::token::Token;
use crate::syntax::shape::is_ground_ref;
use crate::syntax::visit::{PartMut, Step, walk_mut};

/// A rule, and the keywords that it was written with: v1 requires them.
pub(super) struct Written {
    pub(super) rule: Rule,
    pub(super) contains: bool,
    /// Whether `if` stands before the body: of the rule, then of each `else` branch.
    pub(super) ifs: Vec<bool>,
}

impl Parser<'_> {
    /// One rule, or several of one head where bodies follow each other. Nothing, and nothing wrong, if this
    /// has to be read as a condition first.
    pub(super) fn rules(&mut self) -> Option<Vec<Written>> {
        let at = self.at();
        self.keyword_begins_ref();
        let default = self.is(Token::Default);
        if default {
            self.scan();
            self.keyword_begins_ref();
        }
        if !self.is(Token::Ident) {
            if default {
                self.refuse_keyword_as_rule_name(true);
            }
            return None;
        }
        let WrittenHead {
            mut head,
            contains,
            value,
        } = self.head(default)?;
        if default {
            let rule = self.default_rule(head, at)?;
            return Some(vec![Written {
                rule,
                contains,
                ifs: vec![false],
            }]);
        }
        let has_if = self.is(Token::If);
        if !contains && !settle_key(&mut head, has_if) {
            return None;
        }
        let body = if has_if {
            self.scan();
            self.body_behind_if()?
        } else if self.is(Token::LBrace) {
            self.braced_body()?
        } else if contains {
            let mut rule = rule(head, vec![truth(at)], at);
            rule.generated_body = true;
            return Some(vec![Written {
                rule,
                contains,
                ifs: vec![false],
            }]);
        } else {
            // It is a condition that makes a rule: `p := 1`. Its value need not be read twice.
            self.kept = value
                .zip(head.value)
                .map(|((from, then), term)| Kept { from, term, then });
            return None;
        };
        let first = Written {
            rule: rule(head, body, at),
            contains,
            ifs: vec![has_if],
        };
        self.rest_of_rules(first)
    }

    fn rest_of_rules(&mut self, mut first: Written) -> Option<Vec<Written>> {
        if self.is(Token::Else) && !self.keyword_begins_ref() {
            self.otherwise(&mut first)?;
        }
        let mut all = vec![first];
        while self.is(Token::LBrace) {
            let at = self.at();
            let first = all.first()?;
            if first.rule.otherwise.is_some() {
                self.refuse(
                    at,
                    "expected else keyword",
                    "write `else` before the body, or repeat the rule's head",
                );
                return None;
            }
            let (mut head, contains, has_if) = (
                first.rule.head.clone(),
                first.contains,
                first.ifs.first().copied().unwrap_or_default(),
            );
            let body = self.braced_body()?;
            self.rename_wildcards(&mut head);
            relocate_head(&mut head, at);
            all.push(Written {
                rule: rule(head, body, at),
                contains,
                ifs: vec![has_if],
            });
        }
        Some(all)
    }

    /// What stands behind `if`: one condition, or a body in braces. Braces that could be a set are a body.
    fn body_behind_if(&mut self) -> Option<Body> {
        let before = self.now;
        let braces = self.is(Token::LBrace);
        if let Some(expr) = self.literal() {
            let is_set = matches!(
                &expr.kind,
                ExprKind::Term(Term {
                    node: Node::Set(_),
                    ..
                })
            );
            if !(braces && is_set) {
                return Some(vec![expr]);
            }
        }
        if !braces {
            return None;
        }
        self.now = before;
        self.braced_body()
    }

    /// All `else` branches.
    fn otherwise(&mut self, first: &mut Written) -> Option<()> {
        let head = &first.rule.head;
        if !is_ground_ref(&head.reference) {
            self.refuse(
                self.at(),
                "else keyword cannot be used on rules with variables in head",
                "write a rule of its own for the other case, with the opposite condition",
            );
            return None;
        }
        if head.key.is_some() {
            self.refuse(
                self.at(),
                "else keyword cannot be used on multi-value rules",
                "write a rule of its own for the other case, with the opposite condition",
            );
            return None;
        }
        let mut branches = Vec::new();
        let mut more = true;
        while more && self.is(Token::Else) {
            if branches.len() >= usize::try_from(HEIGHT).unwrap_or(usize::MAX) {
                self.refuse(
                    self.at(),
                    format!("more than {HEIGHT} `else` branches"),
                    "look the value up in an object instead",
                );
                return None;
            }
            let (branch, has_if) = self.otherwise_branch(&first.rule.head)?;
            first.ifs.push(has_if);
            more = !branch.generated_body;
            branches.push(branch);
        }
        first.rule.otherwise = branches.into_iter().rev().fold(None, |below, mut branch| {
            branch.otherwise = below;
            Some(Box::new(branch))
        });
        Some(())
    }

    fn otherwise_branch(&mut self, head: &Head) -> Option<(Rule, bool)> {
        let at = self.at();
        let mut head = head.clone();
        head.at = at;
        head.generated_value = false;
        self.rename_wildcards(&mut head);
        self.scan();
        match self.token() {
            Token::LBrace | Token::If => {
                head.generated_value = true;
                head.value = Some(Term::new(Node::Bool(true), at));
            }
            Token::Assign | Token::Unify => {
                head.assign = self.is(Token::Assign);
                self.scan();
                head.value = Some(self.infix()?);
            }
            _ => {
                self.unexpected("`else := value`, `else if` or a body");
                return None;
            }
        }
        let has_if = self.is(Token::If);
        if has_if {
            self.scan();
        } else if !self.is(Token::LBrace) {
            let mut branch = rule(head, vec![truth(at)], at);
            branch.generated_body = true;
            return Some((branch, false));
        }
        let body = match self.token() {
            Token::LBrace => self.braced_body()?,
            Token::Eof => {
                self.unexpected("a rule body");
                return None;
            }
            _ => {
                let mut expr = self.literal()?;
                relocate(PartMut::Expr(&mut expr), at);
                vec![expr]
            }
        };
        Some((rule(head, body, at), has_if))
    }

    /// Each definition has wildcards of its own among its arguments.
    fn rename_wildcards(&mut self, head: &mut Head) {
        for arg in &mut head.args {
            if arg.as_var().is_some_and(|name| name.starts_with('$')) {
                arg.node = Node::Var(self.wildcard());
            }
        }
    }
}

/// Decides what `p[x]` is: an entry of an object where a value or `if` follows, else an element of a set.
/// Whether this can be a rule.
fn settle_key(head: &mut Head, has_if: bool) -> bool {
    let [name, part] = head.reference.as_slice() else {
        return true;
    };
    let is_named = name.as_var().is_some();
    if has_if {
        let is_ref = matches!(part.node, Node::Ref(_));
        if head.args.is_empty() && (is_ref || !crate::syntax::shape::is_ground(part)) {
            head.key = Some(part.clone());
        }
        if head.value.is_some() {
            return is_named;
        }
        head.generated_value = true;
        head.value = Some(Term::new(Node::Bool(true), head.at));
        return true;
    }
    if !head.args.is_empty() {
        return true;
    }
    if !is_named {
        return false;
    }
    head.key = Some(part.clone());
    if head.value.is_none() {
        head.reference.truncate(1);
    }
    true
}

/// A rule without more to it than these.
pub(super) const fn rule(head: Head, body: Body, at: Location) -> Rule {
    Rule {
        head,
        body,
        otherwise: None,
        default: false,
        generated_body: false,
        at,
    }
}

/// The condition of a rule that has none.
pub(super) fn truth(at: Location) -> Expr {
    let mut truth = Expr::new(ExprKind::Term(Term::new(Node::Bool(true), at)), at);
    truth.generated = true;
    truth
}

fn relocate_head(head: &mut Head, at: Location) {
    head.at = at;
    for term in head
        .args
        .iter_mut()
        .chain(&mut head.key)
        .chain(&mut head.value)
    {
        relocate(PartMut::Term(term), at);
    }
}

/// Puts all of it at one place.
fn relocate(part: PartMut<'_>, at: Location) {
    walk_mut(part, &mut |part| {
        match part {
            PartMut::Body(_) => {}
            PartMut::Expr(expr) => {
                expr.at = at;
                match &mut expr.kind {
                    ExprKind::Every(every) => every.at = at,
                    ExprKind::Not(nested) => nested.at = at,
                    ExprKind::And(pair) | ExprKind::Or(pair) => pair.at = at,
                    ExprKind::Term(_) | ExprKind::Call(_) | ExprKind::Some(_) => {}
                }
            }
            PartMut::With(with) => with.at = at,
            PartMut::Term(term) => term.at = at,
        }
        Step::Into
    });
}

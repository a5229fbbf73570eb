//! The variables in a piece of a syntax tree.

use std::collections::BTreeSet;
use std::ops::BitOr;

use crate::syntax::ast::{Expr, ExprKind, Name, Node, Term};
use crate::syntax::visit::{Part, Step, walk_inside};

/// Names of variables, sorted as OPA sorts them.
pub type VarSet = BTreeSet<Name>;

/// The names that are bound from the start: `data` and `input`.
#[must_use]
pub fn reserved() -> VarSet {
    ["data", "input"].into_iter().map(Name::from).collect()
}

/// Whether this is a `_`.
#[must_use]
pub fn is_wildcard(name: &str) -> bool {
    name.starts_with('$')
}

/// Whether the compiler made this name up.
#[must_use]
pub fn is_made_up(name: &str) -> bool {
    name.starts_with("__local")
}

/// What a [`Vars`] leaves out: OPA's `VarVisitorParams`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skip(u8);

impl Skip {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// The first variable of references.
    pub const REF_HEADS: Self = Self(1);
    /// The first variable of operators of calls, and of targets and values of `with` that are references.
    pub const CALL_HEADS: Self = Self(1 << 1);
    /// Keys of objects.
    pub const OBJECT_KEYS: Self = Self(1 << 2);
    /// What has a body of its own, and templates. Of `every` only the domain is seen.
    pub const CLOSURES: Self = Self(1 << 3);
    /// Sets.
    pub const SETS: Self = Self(1 << 4);
    /// What the safety check leaves out.
    pub const SAFETY: Self = Self(Self::CALL_HEADS.0 | Self::CLOSURES.0);

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Skip {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Gathers the variables of all it is shown: OPA's `VarVisitor`.
#[derive(Default)]
pub struct Vars {
    /// What it has seen so far.
    pub seen: VarSet,
    skip: Skip,
}

impl Vars {
    /// Has seen nothing yet.
    #[must_use]
    pub const fn new(skip: Skip) -> Self {
        Self {
            seen: VarSet::new(),
            skip,
        }
    }

    /// Gathers the variables of a part.
    pub fn walk<'tree>(&mut self, part: impl Into<Part<'tree>>) {
        self.walk_part(part.into());
    }

    /// Gathers the variables of terms.
    pub fn walk_terms(&mut self, terms: &[Term]) {
        for term in terms {
            self.walk_part(Part::Term(term));
        }
    }

    /// Gathers the variables of a reference that no term holds.
    pub fn walk_ref(&mut self, reference: &[Term]) {
        let skipped = usize::from(self.skip.has(Skip::REF_HEADS));
        self.walk_terms(reference.get(skipped..).unwrap_or_default());
    }

    fn walk_part(&mut self, part: Part<'_>) {
        match part {
            Part::Expr(expr) => self.walk_expr(expr),
            Part::With(with) if self.skip.has(Skip::CALL_HEADS) => {
                if let Node::Ref(target) = &with.target.node {
                    self.walk_terms(target.get(1..).unwrap_or_default());
                }
                match &with.value.node {
                    Node::Ref(value) => self.walk_terms(value.get(1..).unwrap_or_default()),
                    _ => self.walk_part(Part::Term(&with.value)),
                }
            }
            Part::Head(head) => {
                self.walk_ref(&head.reference);
                self.walk_terms(&head.args);
                if let Some(value) = &head.value {
                    self.walk_part(Part::Term(value));
                }
            }
            Part::Term(term) => self.walk_term(term),
            _ => self.walk_children(part),
        }
    }

    fn walk_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Every(every) if self.skip.has(Skip::CLOSURES) => {
                self.walk_part(Part::Term(&every.domain));
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_)
                if self.skip.has(Skip::CLOSURES) =>
            {
                for with in &expr.with {
                    self.walk_part(Part::With(with));
                }
            }
            ExprKind::Call(terms) if self.skip.has(Skip::CALL_HEADS) => {
                self.walk_call(terms);
                for with in &expr.with {
                    self.walk_part(Part::With(with));
                }
            }
            _ => self.walk_children(Part::Expr(expr)),
        }
    }

    /// Of the operator all but its first variable, then the operands.
    fn walk_call(&mut self, terms: &[Term]) {
        let Some((operator, operands)) = terms.split_first() else {
            return;
        };
        if let Node::Ref(operator) = &operator.node {
            self.walk_terms(operator.get(1..).unwrap_or_default());
        }
        self.walk_terms(operands);
    }

    fn walk_term(&mut self, term: &Term) {
        match &term.node {
            Node::Object(fields) if self.skip.has(Skip::OBJECT_KEYS) => {
                for (_, value) in fields {
                    self.walk_part(Part::Term(value));
                }
            }
            Node::Ref(reference) => self.walk_ref(reference),
            Node::ArrayComprehension(_)
            | Node::SetComprehension(_)
            | Node::ObjectComprehension(_)
            | Node::Template(_)
                if self.skip.has(Skip::CLOSURES) => {}
            Node::Set(_) if self.skip.has(Skip::SETS) => {}
            Node::Call(terms) if self.skip.has(Skip::CALL_HEADS) => self.walk_call(terms),
            Node::Var(name) => {
                if !self.seen.contains(name) {
                    self.seen.insert(name.clone());
                }
            }
            _ => self.walk_children(Part::Term(term)),
        }
    }

    fn walk_children(&mut self, part: Part<'_>) {
        walk_inside(part, &mut |child| {
            self.walk_part(child);
            Step::Over
        });
    }
}

/// The variables of a part.
#[must_use]
pub fn vars_of<'tree>(part: impl Into<Part<'tree>>, skip: Skip) -> VarSet {
    let mut vars = Vars::new(skip);
    vars.walk(part);
    vars.seen
}

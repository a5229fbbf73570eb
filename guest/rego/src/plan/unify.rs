//! Equalities.

use super::planner::{Planned, Planner, unplanned};
use super::scope::Scope;
use super::step::{Pattern, Step};
use crate::syntax::ast::{Location, Node, Term};

/// Two terms that must be equal.
type Pair<'t> = (&'t Term, &'t Term);

impl Planner<'_> {
    /// `left = right`.
    pub(super) fn equality(
        &mut self,
        scope: &mut Scope,
        left: &Term,
        right: &Term,
        out: &mut Vec<Step>,
    ) -> Planned<()> {
        // References are evaluated first, the left one before the right one, as OPA does.
        match (Evaluated::of(left), Evaluated::of(right)) {
            (Evaluated::No, Evaluated::No) => Self::unify(scope, left, right, out),
            (Evaluated::No, _) => self.evaluate(scope, right, Want::Term(left), out),
            (_, Evaluated::No) => self.evaluate(scope, left, Want::After(right), out),
            (Evaluated::Comprehension, Evaluated::Reference) => self.both(scope, right, left, out),
            _ => self.both(scope, left, right, out),
        }
    }

    fn both(
        &mut self,
        scope: &mut Scope,
        first: &Term,
        then: &Term,
        out: &mut Vec<Step>,
    ) -> Planned<()> {
        let slot = scope.temporary();
        self.evaluate(scope, first, Want::Pattern(Pattern::Bind(slot)), out)?;
        let same = Pattern::Same(super::step::Build::Slot(slot));
        self.evaluate(scope, then, Want::Pattern(same), out)
    }

    fn unify(scope: &mut Scope, left: &Term, right: &Term, out: &mut Vec<Step>) -> Planned<()> {
        let mut open: Vec<Pair> = vec![(left, right)];
        // Each round must settle a pair, or no order of them settles all.
        while !open.is_empty() {
            let mut left_over = Vec::new();
            let mut settled = false;
            for pair in std::mem::take(&mut open) {
                match Self::settle(scope, pair, out)? {
                    Settled::Done => settled = true,
                    Settled::Split(pairs) => {
                        settled = true;
                        left_over.extend(pairs);
                    }
                    Settled::Later => left_over.push(pair),
                }
            }
            if !settled {
                return Err(unplanned(
                    left.at,
                    "neither side of an equality has a value",
                ));
            }
            open = left_over;
        }
        Ok(())
    }

    fn settle<'t>(
        scope: &mut Scope,
        (left, right): Pair<'t>,
        out: &mut Vec<Step>,
    ) -> Planned<Settled<'t>> {
        for (known, other) in [(left, right), (right, left)] {
            if Self::is_ground(scope, known) && Self::can_match(scope, other) {
                let build = Self::build(scope, known)?;
                match Self::pattern(scope, other)? {
                    Pattern::Any => {}
                    Pattern::Bind(slot) => {
                        scope.note_written(slot, &build);
                        out.push(Step::Unify(build, Pattern::Bind(slot)));
                    }
                    pattern => out.push(Step::Unify(build, pattern)),
                }
                return Ok(Settled::Done);
            }
        }
        match (&left.node, &right.node) {
            (Node::Var(one), Node::Var(other)) if one == other => Ok(Settled::Done),
            (Node::Var(_), _) | (_, Node::Var(_)) | (Node::Set(_), Node::Set(_)) => {
                Ok(Settled::Later)
            }
            (Node::Array(one), Node::Array(other)) if one.len() == other.len() => {
                Ok(Settled::Split(one.iter().zip(other).collect()))
            }
            (Node::Object(one), Node::Object(other)) if one.len() == other.len() => {
                Self::split_objects(one, other, left.at, out)
            }
            _ => {
                out.push(Step::Fail);
                Ok(Settled::Done)
            }
        }
    }

    fn split_objects<'t>(
        one: &'t [(Term, Term)],
        other: &'t [(Term, Term)],
        at: Location,
        out: &mut Vec<Step>,
    ) -> Planned<Settled<'t>> {
        let mut pairs = Vec::new();
        for (key, value) in one {
            let Some(wanted) = key.to_value() else {
                return Err(unplanned(at, "keys of two open objects must be constants"));
            };
            let found = other
                .iter()
                .find(|(key, _)| key.to_value().as_ref() == Some(&wanted));
            match found {
                Some((_, counterpart)) => pairs.push((value, counterpart)),
                None if other.iter().all(|(key, _)| key.to_value().is_some()) => {
                    out.push(Step::Fail);
                    return Ok(Settled::Done);
                }
                None => return Err(unplanned(at, "keys of two open objects must be constants")),
            }
        }
        Ok(Settled::Split(pairs))
    }

    /// Whether a term can be matched against a value: the keys of its objects and its sets are known.
    fn can_match(scope: &Scope, term: &Term) -> bool {
        match &term.node {
            Node::Array(items) => items.iter().all(|item| Self::can_match(scope, item)),
            Node::Object(fields) => fields
                .iter()
                .all(|(key, value)| Self::is_ground(scope, key) && Self::can_match(scope, value)),
            Node::Set(_) => Self::is_ground(scope, term),
            _ => true,
        }
    }
}

enum Settled<'t> {
    Done,
    Split(Vec<Pair<'t>>),
    Later,
}

/// What a value is wanted for.
pub(super) enum Want<'t> {
    /// To equal this term.
    Term(&'t Term),
    /// To equal this term, which is looked at only afterwards.
    After(&'t Term),
    /// To match this pattern.
    Pattern(Pattern),
}

impl Want<'_> {
    /// The pattern, planned as late as possible: what is evaluated before may give its variables a value.
    pub(super) fn pattern(self, scope: &mut Scope) -> Planned<Pattern> {
        match self {
            Self::Term(term) | Self::After(term) => Planner::pattern(scope, term),
            Self::Pattern(pattern) => Ok(pattern),
        }
    }
}

/// How a side of an equality gets its value.
#[derive(Clone, Copy)]
enum Evaluated {
    No,
    Reference,
    Comprehension,
}

impl Evaluated {
    fn of(term: &Term) -> Self {
        match &term.node {
            Node::Ref(_) => Self::Reference,
            Node::Var(name) if matches!(&**name, "input" | "data") => Self::Reference,
            Node::ArrayComprehension(_)
            | Node::SetComprehension(_)
            | Node::ObjectComprehension(_) => Self::Comprehension,
            _ => Self::No,
        }
    }
}

//! Which variables an equality binds.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::vars::{Skip, VarSet, vars_of};
use crate::syntax::ast::{Name, Node, Term};

/// What an equality may take as bound.
pub trait Bound {
    /// Whether a variable is bound.
    fn has(&self, name: &str) -> bool;

    /// Whether what a reference stands on is bound.
    fn has_root(&self, reference: &[Term]) -> bool {
        match reference.first() {
            None => true,
            Some(Term {
                node: Node::Var(head),
                ..
            }) => self.has(head),
            Some(head) => self.has_all(head),
        }
    }

    /// Whether all variables of a term are bound.
    fn has_all(&self, term: &Term) -> bool {
        vars_of(term, Skip::SAFETY)
            .iter()
            .all(|name| self.has(name))
    }
}

/// The variables that are bound where `left = right` holds, beside those bound already: OPA's `Unify`.
#[must_use]
pub fn unify(bound: &impl Bound, left: &Term, right: &Term) -> VarSet {
    let mut unifier = Unifier {
        bound,
        unified: VarSet::new(),
        waiting: BTreeMap::new(),
    };
    unifier.unify(left, right);
    unifier.unified
}

struct Unifier<'bound, B> {
    bound: &'bound B,
    unified: VarSet,
    /// What each variable still needs.
    waiting: BTreeMap<Name, BTreeSet<Name>>,
}

impl<B: Bound> Unifier<'_, B> {
    fn is_bound(&self, name: &str) -> bool {
        self.bound.has(name) || self.unified.contains(name)
    }

    fn unify(&mut self, left: &Term, right: &Term) {
        match (&left.node, &right.node) {
            (Node::Var(left), Node::Var(right)) => {
                if self.is_bound(right) {
                    self.bind(left);
                } else if self.is_bound(left) {
                    self.bind(right);
                } else {
                    self.wait(left, right);
                    self.wait(right, left);
                }
            }
            (Node::Var(name), Node::Array(_) | Node::Object(_)) => self.unify_all(name, right),
            (Node::Array(_) | Node::Object(_), Node::Var(name)) => self.unify_all(name, left),
            (Node::Var(name), Node::Ref(reference)) | (Node::Ref(reference), Node::Var(name)) => {
                let holds = self.bound.has_root(reference);
                self.bind_if(holds, name);
            }
            (Node::Var(name), Node::Call(_)) => {
                let holds = self.bound.has_all(right);
                self.bind_if(holds, name);
            }
            (Node::Call(_), Node::Var(name)) => {
                let holds = self.bound.has_all(left);
                self.bind_if(holds, name);
            }
            (Node::Var(name), _) | (_, Node::Var(name)) => self.bind(name),
            (Node::Ref(reference), Node::Array(_) | Node::Object(_)) => {
                let holds = self.bound.has_root(reference);
                self.bind_all_if(holds, right);
            }
            (Node::Array(_) | Node::Object(_), Node::Ref(reference)) => {
                let holds = self.bound.has_root(reference);
                self.bind_all_if(holds, left);
            }
            (Node::Call(_), Node::Array(_) | Node::Object(_)) => {
                let holds = self.bound.has_all(left);
                self.bind_all_if(holds, right);
            }
            (Node::Array(_) | Node::Object(_), Node::Call(_)) => {
                let holds = self.bound.has_all(right);
                self.bind_all_if(holds, left);
            }
            (Node::ArrayComprehension(_), Node::Array(_))
            | (Node::ObjectComprehension(_), Node::Object(_)) => self.bind_all(right),
            (
                Node::Array(_),
                Node::ArrayComprehension(_)
                | Node::ObjectComprehension(_)
                | Node::SetComprehension(_),
            ) => self.bind_all(left),
            (Node::Array(left), Node::Array(right)) if left.len() == right.len() => {
                for (left, right) in left.iter().zip(right) {
                    self.unify(left, right);
                }
            }
            (Node::Object(left), Node::Object(right)) if left.len() == right.len() => {
                for (key, left) in left {
                    if let Some((_, right)) = right.iter().find(|(other, _)| other == key) {
                        self.unify(left, right);
                    }
                }
            }
            _ => {}
        }
    }

    fn bind_if(&mut self, holds: bool, name: &Name) {
        if holds {
            self.bind(name);
        }
    }

    fn bind_all_if(&mut self, holds: bool, term: &Term) {
        if holds {
            self.bind_all(term);
        }
    }

    fn bind_all(&mut self, term: &Term) {
        for name in pattern_vars(term) {
            self.bind(&name);
        }
    }

    /// Binds a variable, what it waited for, and what waited for nothing else.
    fn bind(&mut self, name: &Name) {
        let mut next = vec![name.clone()];
        while let Some(name) = next.pop() {
            next.extend(self.waiting.remove(&name).into_iter().flatten());
            self.waiting.retain(|other, needs| {
                let done = needs.remove(&name) && needs.is_empty();
                if done {
                    next.push(other.clone());
                }
                !done
            });
            self.unified.insert(name);
        }
    }

    fn wait(&mut self, name: &Name, needed: &Name) {
        self.waiting
            .entry(name.clone())
            .or_default()
            .insert(needed.clone());
    }

    fn unify_all(&mut self, name: &Name, term: &Term) {
        if self.is_bound(name) {
            self.bind_all(term);
            return;
        }
        let mut unbound = pattern_vars(term);
        unbound.retain(|other| !self.is_bound(other));
        if unbound.is_empty() {
            self.bind(name);
        }
        for other in &unbound {
            self.wait(name, other);
        }
    }
}

/// The variables that a pattern can bind.
fn pattern_vars(term: &Term) -> VarSet {
    vars_of(term, Skip::REF_HEADS | Skip::OBJECT_KEYS | Skip::CLOSURES)
}

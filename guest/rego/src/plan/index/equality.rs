//! `input.role == "admin"`, `x := input.role`, `input.roles[_] == "admin"`.

use super::constraint::{Pattern, Test, is_scalar};
use super::reference::Reference;
use super::scan::{Constants, Scan, pattern};
use crate::syntax::ast::{Name, Node, Term};

impl<'rule> Scan<'rule> {
    /// Two terms that have to be equal.
    pub fn equality(
        &mut self,
        one: &'rule Term,
        other: &'rule Term,
        constants: &mut Constants<'rule>,
    ) {
        let _ = self.any_member(one, other, constants)
            || self.any_member(other, one, constants)
            || self.sides_equal(one, other, constants)
            || self.sides_equal(other, one, constants);
    }

    fn sides_equal(
        &mut self,
        one: &'rule Term,
        other: &'rule Term,
        constants: &mut Constants<'rule>,
    ) -> bool {
        if let Some(name) = local(one) {
            if let Some(constant) = constant(other, constants) {
                constants.insert(name.clone(), constant);
            }
            let Some(wanted) = pattern(other) else {
                return false;
            };
            let Some(spot) = self.resolve(name) else {
                return false;
            };
            self.ask(spot, wanted, Test::Equal);
            return true;
        }
        let Some(reference) = Reference::of(one, constants) else {
            return false;
        };
        let wanted = match local(other).and_then(|name| constants.get(name)) {
            Some(constant) => Some(Pattern::of(constant)),
            None => pattern(other),
        };
        let Some(wanted) = wanted else { return false };
        let Some(spot) = self.readable(reference) else {
            return false;
        };
        self.ask(spot, wanted, Test::Equal);
        true
    }

    /// `input.roles[_] == "admin"`: some member has to be this scalar.
    fn any_member(&mut self, one: &Term, other: &Term, constants: &Constants<'rule>) -> bool {
        let Some(reference) = Reference::of(one, constants) else {
            return false;
        };
        let Some(value) = constant(other, constants)
            .and_then(Term::to_value)
            .filter(is_scalar)
        else {
            return false;
        };
        let members = self.rooted(reference).and_then(Reference::members);
        let Some(spot) = members.and_then(|members| self.readable(members)) else {
            return false;
        };
        self.ask(spot, Pattern::Ground(value), Test::Member);
        true
    }
}

/// The variable, if the term is a local one.
pub fn local(term: &Term) -> Option<&Name> {
    match &term.node {
        Node::Var(name) if !Reference::is_document(term) => Some(name),
        _ => None,
    }
}

/// The term if it is constant, or the constant that its variable is known to be.
pub fn constant<'rule, 'term: 'rule>(
    term: &'term Term,
    constants: &Constants<'rule>,
) -> Option<&'rule Term> {
    match local(term) {
        Some(name) => constants.get(name).copied(),
        None => term.to_value().map(|_| term),
    }
}

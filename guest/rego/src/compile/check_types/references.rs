//! Whether references can find anything: OPA's `refChecker`.

use super::checker::Checker;
use super::env::{Env, Spot};
use super::fault::Fault;
use crate::syntax::ast::{ExprKind, Node, Term};
use crate::syntax::shape::is_reserved;
use crate::syntax::shape::{is_comprehension, is_scalar};
use crate::syntax::visit::{Part, Step, walk};
use crate::types::Type;
use crate::value::Value;

impl Checker<'_> {
    /// Checks all references outside comprehensions, and tells what the variables in them are.
    pub fn check_references(&self, env: &Env<'_>, part: Part<'_>, faults: &mut Vec<Fault>) {
        walk_references(part, &mut |reference| {
            if let Type::Function(_) = env.reference(reference) {
                faults.push(self.not_called(reference));
                return Step::Over;
            }
            faults.extend(self.check_reference(env, reference).err());
            Step::Into
        });
    }

    fn check_reference(&self, env: &Env<'_>, reference: &[Term]) -> Result<(), Fault> {
        let Some((head, parts)) = reference.split_first() else {
            return Ok(());
        };
        let Some(name) = head.as_var() else {
            return self.check_parts(env, Type::Any, reference, 0);
        };
        for spot in env.spots(name) {
            if self.check_spot(env, spot, reference, parts)? == Found::Here {
                return Ok(());
            }
        }
        let known = usize::from(is_reserved(name));
        self.check_parts(env, Type::Any, reference, known)
    }

    /// Follows a reference through documents and, where a type is known, through it.
    fn check_spot(
        &self,
        env: &Env<'_>,
        spot: Spot<'_>,
        reference: &[Term],
        parts: &[Term],
    ) -> Result<Found, Fault> {
        let mut spot = spot;
        for (at, part) in (1..).zip(parts) {
            if let Some(of) = spot.leaf() {
                return self
                    .check_parts(env, of, reference, at)
                    .map(|()| Found::Here);
            }
            if at <= 2 && !matches!(part.node, Node::Var(_) | Node::String(_)) {
                let have = self.type_of(env, part);
                return Err(self.no_key(reference, at, &have, &Type::String, spot.keys()));
            }
            if let Node::Var(name) = &part.node {
                let keys = spot.extent().keys();
                match env.variable(name).and_then(Type::known) {
                    Some(have) if !keys.unifies(&have) => {
                        return Err(self.no_key(reference, at, &have, &keys, spot.keys()));
                    }
                    Some(_) => {}
                    None => env.put(name, keys),
                }
            }
            match spot.child(part) {
                Some(child) => spot = child,
                None => return Ok(Found::Elsewhere),
            }
        }
        Ok(Found::Here)
    }

    /// Follows the parts of a reference from a position on through a type: OPA's `checkRefLeaf`.
    fn check_parts(
        &self,
        env: &Env<'_>,
        of: Type,
        reference: &[Term],
        from: usize,
    ) -> Result<(), Fault> {
        let mut of = of;
        for (at, part) in reference.iter().enumerate().skip(from) {
            if of.is_empty_collection() {
                return self.check_empty(env, &of, reference, at);
            }
            let keys = of.keys();
            if keys.is_unknown() {
                return Err(self.no_parts(reference, at, &of));
            }
            let bad = |have: &Type| self.no_key(reference, at, have, &keys, field_keys(&of));
            match &part.node {
                Node::Ref(part) => {
                    let have = env.reference(part);
                    if !have.is_unknown() && !have.unifies(&keys) {
                        return Err(bad(&have));
                    }
                }
                Node::Var(name) => match env.variable(name).and_then(Type::known) {
                    Some(have) if !have.unifies(&keys) => return Err(bad(&have)),
                    Some(_) => {}
                    None => env.put(name, keys),
                },
                Node::Array(_) | Node::Object(_) | Node::Set(_) => {
                    if !self.infer(env, part, &keys, false) {
                        return Err(bad(&self.type_of(env, part)));
                    }
                }
                _ => {
                    let found = part.to_value().map(|key| of.select(&key));
                    match found.and_then(Type::known) {
                        Some(found) => of = found,
                        None => return Err(bad(&Type::Unknown)),
                    }
                    continue;
                }
            }
            of = of.values();
        }
        Ok(())
    }

    /// A collection without members can be gone through, but no constant key is in it.
    fn check_empty(
        &self,
        env: &Env<'_>,
        of: &Type,
        reference: &[Term],
        at: usize,
    ) -> Result<(), Fault> {
        let Some(part) = reference.get(at) else {
            return Ok(());
        };
        if is_scalar(part) {
            return Err(self.no_key(reference, at, &Type::Unknown, &Type::Unknown, []));
        }
        if let Node::Var(name) = &part.node {
            let keys = of.keys();
            match env.variable(name).and_then(Type::known) {
                Some(have) if !keys.is_unknown() && !have.unifies(&keys) => {
                    return Err(self.no_key(reference, at, &have, &keys, []));
                }
                Some(_) => {}
                None => env.put(name, Type::Any),
            }
        }
        Ok(())
    }
}

/// Whether a layer had the last word on a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Here,
    Elsewhere,
}

impl Spot<'_> {
    fn keys(&self) -> impl Iterator<Item = &Value> {
        match self {
            Self::Place(place) => Some(place.keys()),
            Self::Variable(_) => None,
        }
        .into_iter()
        .flatten()
    }
}

/// Visits the references outside comprehensions. Operators of conditions are none.
fn walk_references(part: Part<'_>, visit: &mut impl FnMut(&[Term]) -> Step) {
    walk(part, &mut |part| match part {
        Part::Term(term) if is_comprehension(term) => Step::Over,
        Part::Term(term) => term
            .as_ref_term()
            .map_or(Step::Into, |reference| visit(reference)),
        Part::Expr(expr) => {
            match &expr.kind {
                ExprKind::Call(terms) => {
                    for term in terms.iter().skip(1) {
                        walk_references(Part::Term(term), visit);
                    }
                }
                ExprKind::Term(term) => walk_references(Part::Term(term), visit),
                ExprKind::Not(nested) => walk_references(Part::Body(&nested.body), visit),
                _ => return Step::Into,
            }
            Step::Over
        }
        _ => Step::Into,
    });
}

/// The known keys of an object, or of the objects in a union.
fn field_keys(of: &Type) -> Vec<&Value> {
    match of {
        Type::Object(object) => object.fields.iter().map(|(key, _)| key).collect(),
        Type::Union(union) => {
            let mut keys: Vec<_> = union.members.iter().flat_map(field_keys).collect();
            keys.sort();
            keys.dedup();
            keys
        }
        _ => Vec::new(),
    }
}

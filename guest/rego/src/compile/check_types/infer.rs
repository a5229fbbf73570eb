//! What variables must be where terms meet types: OPA's `unify1` and `unify2`.

use super::checker::Checker;
use super::env::Env;
use crate::syntax::ast::{Node, Term};
use crate::syntax::compare::compare;
use crate::types::{Object, Type};

impl Checker<'_> {
    /// Whether two terms can be equal. Tells what the variables in them are.
    pub fn infer_both(
        &self,
        env: &Env<'_>,
        (a, type_a): (&Term, &Type),
        (b, type_b): (&Term, &Type),
    ) -> bool {
        match (type_a.has_unknown(), type_b.has_unknown()) {
            (true, false) => return self.infer(env, a, type_b, false),
            (false, true) => return self.infer(env, b, type_a, false),
            (false, false) => return type_a.unifies(type_b),
            (true, true) => {}
        }
        match (&a.node, &b.node) {
            (Node::Array(one), Node::Array(other)) => {
                return one.len() == other.len()
                    && one
                        .iter()
                        .zip(other)
                        .all(|(a, b)| self.infer_terms(env, a, b));
            }
            (Node::Object(one), Node::Object(other)) => {
                return one.len() == other.len()
                    && one.iter().all(|(key, a)| {
                        let same = |(other, _): &&(Term, Term)| compare(other, key).is_eq();
                        other
                            .iter()
                            .find(same)
                            .is_some_and(|(_, b)| self.infer_terms(env, a, b))
                    });
            }
            (Node::Array(_) | Node::Object(_) | Node::Var(_), Node::Var(_)) => {
                return self.infer_through(env, a, b);
            }
            (Node::Var(_), Node::Array(_) | Node::Object(_)) => {
                return self.infer_through(env, b, a);
            }
            (Node::Array(_) | Node::Object(_), _) => return false,
            (Node::Var(_), Node::Ref(_)) => return self.infer(env, a, &Type::Any, false),
            (Node::Ref(_), Node::Var(_)) => return self.infer(env, b, &Type::Any, false),
            _ => {}
        }
        // A variable takes what little is known of the other side.
        match (&a.node, &b.node) {
            (Node::Var(_), _) if type_a.is_unknown() && !type_b.is_unknown() => {
                self.infer(env, a, type_b, false)
            }
            (_, Node::Var(_)) if type_b.is_unknown() && !type_a.is_unknown() => {
                self.infer(env, b, type_a, false)
            }
            _ => false,
        }
    }

    fn infer_terms(&self, env: &Env<'_>, a: &Term, b: &Term) -> bool {
        let (type_a, type_b) = (self.type_of(env, a), self.type_of(env, b));
        self.infer_both(env, (a, &type_a), (b, &type_b))
    }

    /// What is unknown in one term is anything; the other, a variable, then is what the one is.
    fn infer_through(&self, env: &Env<'_>, term: &Term, var: &Term) -> bool {
        self.infer(env, term, &Type::Any, false)
            && self.infer(env, var, &self.type_of(env, term), false)
    }

    /// Whether a term can be of a type. Tells what the variables in it are; `widen` adds to what they may be.
    pub fn infer(&self, env: &Env<'_>, term: &Term, of: &Type, widen: bool) -> bool {
        match (&term.node, of) {
            (Node::Ref(reference), _) => env.reference(reference).unifies(of),
            (Node::Var(name), _) => {
                let have = env.variable(name).unwrap_or_default();
                if widen {
                    env.put(name, have.or(of.clone()));
                    return true;
                }
                if !have.is_unknown() {
                    return have.unifies(of);
                }
                env.put(name, of.clone());
                true
            }
            (Node::Array(_) | Node::Object(_) | Node::Set(_), Type::Any) => {
                self.infer_anything(env, term);
                true
            }
            (Node::Array(_) | Node::Object(_) | Node::Set(_), Type::Union(union)) => {
                let mut fits = false;
                for member in &union.members {
                    fits |= self.infer(env, term, member, true);
                }
                fits
            }
            (Node::Array(items), Type::Array(array)) => {
                (items.len() == array.items.len() || !array.rest.is_unknown())
                    && (0..)
                        .zip(items)
                        .all(|(at, item)| self.infer(env, item, array.item(at), widen))
            }
            (Node::Object(fields), Type::Object(object)) => {
                self.infer_object(env, fields, object, widen)
            }
            (Node::Set(elements), Type::Set(set)) => elements
                .iter()
                .all(|element| self.infer(env, element, &set.of, widen)),
            (Node::Array(_) | Node::Object(_) | Node::Set(_), _) => false,
            // Calls have become conditions of their own.
            (Node::Call(_), _) => true,
            _ => self.type_of(env, term).unifies(of),
        }
    }

    fn infer_anything(&self, env: &Env<'_>, term: &Term) {
        match &term.node {
            Node::Array(items) | Node::Set(items) => {
                for item in items {
                    self.infer(env, item, &Type::Any, true);
                }
            }
            Node::Object(fields) => {
                for (key, value) in fields {
                    self.infer(env, key, &Type::Any, true);
                    self.infer(env, value, &Type::Any, true);
                }
            }
            _ => {}
        }
    }

    fn infer_object(
        &self,
        env: &Env<'_>,
        fields: &[(Term, Term)],
        object: &Object,
        widen: bool,
    ) -> bool {
        if fields.len() != object.fields.len() && object.rest_value().is_unknown() {
            return false;
        }
        fields.iter().all(|(key, value)| {
            let Some(key) = key.to_value() else {
                // Which of the object's keys it is, is not known.
                self.infer(env, value, &Type::Any, widen);
                return true;
            };
            let found = object.select(&key);
            !found.is_unknown() && self.infer(env, value, &found, widen)
        })
    }
}

//! The types of terms.

use super::checker::Checker;
use super::env::Env;
use crate::syntax::ast::{Node, Term};
use crate::syntax::compare::compare;
use crate::types::Type;

impl Checker<'_> {
    /// The type of a term, as far as it is known: OPA's `GetByValue`.
    pub fn type_of(&self, env: &Env<'_>, term: &Term) -> Type {
        match &term.node {
            Node::Null => Type::Null,
            Node::Bool(_) => Type::Boolean,
            Node::Number(_) => Type::Number,
            Node::String(_) | Node::Template(_) => Type::String,
            Node::Array(items) => {
                let items = items.iter().map(|item| self.type_of(env, item));
                Type::array(items.collect(), Type::Unknown)
            }
            Node::Object(fields) => self.type_of_object(env, fields),
            Node::Set(elements) => {
                let elements: Vec<_> = elements
                    .iter()
                    .map(|element| self.type_of(env, element))
                    .collect();
                Type::set(Type::any_of(&elements))
            }
            Node::ArrayComprehension(_)
            | Node::SetComprehension(_)
            | Node::ObjectComprehension(_) => self.closure(env, term).unwrap_or_default(),
            Node::Var(name) => env.variable(name).unwrap_or_default(),
            Node::Ref(reference) => env.reference(reference),
            Node::Call(_) => Type::Unknown,
        }
    }

    /// Constant keys have types of their own. Of the others only the last one counts.
    fn type_of_object(&self, env: &Env<'_>, fields: &[(Term, Term)]) -> Type {
        let mut known = Vec::new();
        let mut open: Option<&(Term, Term)> = None;
        for field in fields {
            if let Some(key) = field.0.to_value() {
                known.push((key, self.type_of(env, &field.1)));
            } else if open.is_none_or(|open| compare(&open.0, &field.0).is_le()) {
                open = Some(field);
            }
        }
        let rest = open.map(|(key, value)| (self.type_of(env, key), self.type_of(env, value)));
        Type::object(known, rest)
    }
}

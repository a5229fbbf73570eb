//! Terms to what makes a value, and to what takes one apart.

use super::planner::{Planned, Planner, unplanned};
use super::scope::Scope;
use super::step::{Build, Pattern};
use crate::syntax::ast::{Node, Term};
use crate::syntax::compare::{sort_elements, sort_fields};

impl Planner<'_> {
    /// Whether everything a term needs has a value here.
    pub(super) fn is_ground(scope: &Scope, term: &Term) -> bool {
        match &term.node {
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) => true,
            Node::Var(name) => scope.bound(name).is_some(),
            Node::Array(items) | Node::Set(items) => {
                items.iter().all(|item| Self::is_ground(scope, item))
            }
            Node::Object(fields) => fields
                .iter()
                .all(|(key, value)| Self::is_ground(scope, key) && Self::is_ground(scope, value)),
            _ => false,
        }
    }

    /// What makes the value of a term whose variables all have one.
    pub(super) fn build(scope: &Scope, term: &Term) -> Planned<Build> {
        if let Some(value) = term.to_value() {
            return Ok(Build::Const(value));
        }
        let all = |items: &[Term]| -> Planned<Box<[Build]>> {
            items.iter().map(|item| Self::build(scope, item)).collect()
        };
        match &term.node {
            Node::Var(name) => match scope.bound(name) {
                Some(slot) => Ok(match scope.known(slot) {
                    Some(value) => Build::Const(value.clone()),
                    None => Build::Slot(slot),
                }),
                None => Err(unplanned(
                    term.at,
                    format!("variable `{name}` has no value"),
                )),
            },
            Node::Array(items) => Ok(Build::Array(all(items)?)),
            Node::Set(items) => {
                let mut items = items.clone();
                sort_elements(&mut items);
                Ok(Build::Set(all(&items)?))
            }
            Node::Object(fields) => {
                let mut fields = fields.clone();
                sort_fields(&mut fields);
                let fields: Planned<_> = fields
                    .iter()
                    .map(|(key, value)| Ok((Self::build(scope, key)?, Self::build(scope, value)?)))
                    .collect();
                Ok(Build::Object(fields?))
            }
            _ => Err(unplanned(term.at, "a term was left unevaluated")),
        }
    }

    /// What takes a value apart as a term says. Variables without a value get one.
    pub(super) fn pattern(scope: &mut Scope, term: &Term) -> Planned<Pattern> {
        if Self::is_ground(scope, term) {
            return Ok(Pattern::Same(Self::build(scope, term)?));
        }
        match &term.node {
            Node::Var(name) if is_wildcard(name) => Ok(Pattern::Any),
            Node::Var(name) => Ok(Pattern::Bind(scope.bind(name))),
            Node::Array(items) => {
                let items: Planned<_> = items
                    .iter()
                    .map(|item| Self::pattern(scope, item))
                    .collect();
                Ok(Pattern::Array(items?))
            }
            Node::Object(fields) => {
                let fields: Planned<_> = fields
                    .iter()
                    .map(|(key, value)| {
                        Ok((Self::build(scope, key)?, Self::pattern(scope, value)?))
                    })
                    .collect();
                Ok(Pattern::Object(fields?))
            }
            Node::Set(items) => {
                for item in items {
                    Self::pattern(scope, item)?;
                }
                Ok(Pattern::Never)
            }
            _ => Err(unplanned(term.at, "a term was left unevaluated")),
        }
    }
}

/// The name of a variable that nothing refers to.
pub(super) const WILDCARD: &str = "$";

/// Whether a variable was written `_`.
pub(super) fn is_wildcard(name: &str) -> bool {
    name.starts_with('$')
}

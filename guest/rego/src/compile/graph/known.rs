//! The values that variables can have, where a body says so before a reference asks for them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::syntax::ast::{Expr, Name, Node, Term};
use crate::syntax::shape::{equality, is_constant};
use crate::value::Value;

/// Into how many references one is spread at most. Past that it may mean anything.
const MOST: usize = 64;

/// The values that variables can have.
pub type Known = BTreeMap<Name, Arc<[Value]>>;

/// What becomes known on the way through a body.
#[derive(Default)]
pub struct Knowledge {
    /// By the condition that makes it known, in order.
    coming: VecDeque<(usize, Name, Arc<[Value]>)>,
    known: Known,
}

impl Knowledge {
    /// Of a body. Only the first condition that gives a variable finitely many values counts, and only if all it
    /// reads is known before it.
    pub fn of(body: &[Expr]) -> Self {
        let mut coming = VecDeque::new();
        let mut known = Known::new();
        for (at, expr) in body.iter().enumerate() {
            if expr.negated || !expr.with.is_empty() {
                continue;
            }
            let Some((left, right)) = equality(expr) else {
                continue;
            };
            let bound = [(left, right), (right, left)]
                .into_iter()
                .find_map(|(name, term)| Some((name.as_var()?, values_of(term, &known)?)));
            if let Some((name, values)) = bound
                && !known.contains_key(name)
            {
                known.insert(name.clone(), values.clone());
                coming.push_back((at, name.clone(), values));
            }
        }
        Self {
            coming,
            known: Known::new(),
        }
    }

    /// What is known when a condition is reached. To be asked in the order of the body.
    pub fn before(&mut self, at: usize) -> &Known {
        while let Some((_, name, values)) = self.coming.pop_front_if(|(bound, ..)| *bound < at) {
            self.known.insert(name, values);
        }
        &self.known
    }
}

/// The values a term can have; none if that cannot be told.
fn values_of(term: &Term, known: &Known) -> Option<Arc<[Value]>> {
    match &term.node {
        Node::Var(name) => known.get(name).cloned(),
        Node::Ref(reference) => values_of_ref(reference, known),
        _ => Some(Arc::new([term.to_value()?])),
    }
}

fn values_of_ref(reference: &[Term], known: &Known) -> Option<Arc<[Value]>> {
    let (base, parts) = reference.split_first()?;
    let mut values = values_of(base, known)?;
    for part in parts {
        let mut next: Vec<Value> = Vec::new();
        if let Some(key) = part.to_value() {
            next.extend(values.iter().filter_map(|value| value.get(&key).cloned()));
        } else {
            for value in values.iter() {
                match value {
                    Value::Array(items) => next.extend(items.iter().cloned()),
                    Value::Set(items) => next.extend(items.iter().cloned()),
                    Value::Object(fields) => {
                        next.extend(fields.iter().map(|(_, value)| value.clone()));
                    }
                    _ => return None,
                }
            }
        }
        if next.len() > MOST {
            return None;
        }
        values = next.into();
    }
    Some(values)
}

/// The references that one can mean, with its variables replaced by the values they can have. A part that this
/// does not make definite, or that has too many values, stays as it is.
pub fn spread(reference: &[Term], known: &Known) -> Vec<Vec<Term>> {
    let mut spread = vec![reference.to_vec()];
    for (at, part) in reference.iter().enumerate().skip(1) {
        if is_constant(part) {
            continue;
        }
        let Some(values) = values_of(part, known).filter(|values| !values.is_empty()) else {
            continue;
        };
        if spread.len() * values.len() > MOST {
            continue;
        }
        spread = spread
            .iter()
            .flat_map(|prefix| {
                values.iter().map(|value| {
                    let mut next = prefix.clone();
                    if let Some(place) = next.get_mut(at) {
                        *place = Term::of_value(value, part.at);
                    }
                    next
                })
            })
            .collect();
    }
    spread
}

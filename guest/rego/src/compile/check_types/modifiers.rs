//! What `with` changes in what is known.

use std::rc::Rc;

use super::checker::Checker;
use super::documents::{DocumentPath, Documents};
use super::env::Env;
use super::fault::Fault;
use crate::syntax::ast::{Expr, Term};
use crate::syntax::shape::{ground_prefix, is_ground_ref};
use crate::types::Type;

impl Checker<'_> {
    /// A function can only be replaced by one that takes as much.
    pub fn check_with(&self, env: &Env<'_>, expr: &Expr) -> Result<(), Fault> {
        for with in &expr.with {
            let Some(target) = with.target.as_ref_term() else {
                continue;
            };
            if let Type::Function(want) = env.reference(target)
                && let replacement @ Type::Function(have) = &self.type_of(env, &with.value)
                && !Type::Function(want.clone()).unifies(replacement)
            {
                return Err(self.bad_call(with.at, target, "arity mismatch", &have.args, &want));
            }
        }
        Ok(())
    }

    /// What a condition's modifiers put over what is known, last first: OPA's `withEnv`. Documents can also be of
    /// the type of what replaces them, and what depends on them can be anything.
    pub fn modified(&self, env: &Env<'_>, expr: &Expr) -> Option<Vec<Rc<Documents>>> {
        let mut layers = Vec::new();
        let mut replaced = Documents::default();
        let mut any_replaced = false;
        for with in &expr.with {
            let Some(target) = with.target.as_ref_term() else {
                continue;
            };
            let type_before = env.reference(target);
            let function = matches!(type_before, Type::Function(_));
            layers.extend(self.relaxed(target, function));
            if function {
                continue;
            }
            let mut of = Type::Any;
            if is_ground_ref(target)
                && !type_before.is_unknown()
                && let Some(value) = self.type_of(env, &with.value).known()
            {
                of = type_before.or(value).known().unwrap_or(Type::Any);
            }
            if let Some(path) = DocumentPath::of(target) {
                replaced.put(path, of);
                any_replaced = true;
            }
        }
        if any_replaced {
            layers.push(Rc::new(replaced));
        }
        layers.reverse();
        (!layers.is_empty()).then_some(layers)
    }

    /// The documents that replacing this one makes anything.
    fn relaxed(&self, target: &[Term], function: bool) -> Option<Rc<Documents>> {
        let key = format!("{function}:{}", self.spell(target));
        if let Some(known) = self.relaxed.borrow().get(&key) {
            return known.clone();
        }
        let mut documents = Documents::default();
        let mut found = false;
        for rule in self.dependents.of(self.unit, target) {
            let reference = ground_prefix(&rule.head.reference);
            if function && reference == target {
                continue;
            }
            if let Some(path) = DocumentPath::of(reference) {
                documents.put(path, Type::Any);
                found = true;
            }
        }
        let documents = found.then(|| Rc::new(documents));
        self.relaxed.borrow_mut().insert(key, documents.clone());
        documents
    }
}

//! Checks bodies: OPA's `typeChecker`.
//!
//! What bounds it: comprehensions deeper than [`DEPTH`] in each other are not looked into, and of a rule's
//! comprehensions no more than [`CLOSURES`] are looked into again in another place, as OPA does. It then refuses
//! less.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::dependents::Dependents;
use super::documents::Documents;
use super::env::Env;
use super::fault::Fault;
use crate::compile::unit::Unit;
use crate::syntax::ast::{Expr, Node, Term};
use crate::syntax::shape::is_comprehension;
use crate::syntax::visit::{Part, Step, walk};
use crate::types::Type;

const DEPTH: u32 = 64;
const CLOSURES: u32 = 4096;

/// What all rules are checked with.
pub struct Checker<'unit> {
    /// The policy.
    pub unit: &'unit Unit<'unit>,
    /// Which rules need which documents.
    pub(super) dependents: Dependents,
    envs: Cell<u32>,
    depth: Cell<u32>,
    checked: Cell<u32>,
    closures: RefCell<HashMap<(*const Term, u32), Known>>,
    /// What no longer holds where a document is replaced, by the document.
    pub(super) relaxed: RefCell<HashMap<String, Option<Rc<Documents>>>>,
}

/// A comprehension's type, and how much was known when it was found out.
struct Known {
    changes: u64,
    found: Result<Type, Vec<Fault>>,
}

impl<'unit> Checker<'unit> {
    pub fn new(unit: &'unit Unit<'unit>) -> Self {
        Self {
            unit,
            dependents: Dependents::default(),
            envs: Cell::new(0),
            depth: Cell::new(0),
            checked: Cell::new(0),
            closures: RefCell::default(),
            relaxed: RefCell::default(),
        }
    }

    /// Forgets what was found out about one rule's comprehensions.
    pub fn begin_rule(&self) {
        self.closures.borrow_mut().clear();
        self.checked.set(0);
    }

    /// A body's own layer.
    pub fn body_env<'up>(&self, up: &'up Env<'up>) -> Env<'up> {
        Env::body(self.next_env(), up)
    }

    /// A number that no layer has.
    pub fn next_env(&self) -> u32 {
        let next = self.envs.get() + 1;
        self.envs.set(next);
        next
    }

    /// Finds out what a body's variables are, and what is wrong: OPA's `CheckBody`.
    pub fn check_body(&self, env: &Env<'_>, body: &[Expr]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for expr in body {
            match self.modified(env, expr) {
                Some(documents) => {
                    let env = Env::modified(self.next_env(), documents, env);
                    self.check_expr(&env, expr, &mut faults);
                }
                None => self.check_expr(env, expr, &mut faults),
            }
        }
        faults
    }

    fn check_expr(&self, env: &Env<'_>, expr: &Expr, faults: &mut Vec<Fault>) {
        let before = faults.len();
        self.check_closures(env, expr, faults);
        self.check_references(env, Part::Expr(expr), faults);
        if let Err(fault) = self.check_condition(env, expr) {
            let explained = faults.len() > before && fault.unknown;
            if !explained {
                faults.push(fault);
            }
        }
    }

    /// As OPA does, comprehensions in comprehensions are checked here once more, where less is known.
    fn check_closures(&self, env: &Env<'_>, expr: &Expr, faults: &mut Vec<Fault>) {
        let mut last = Vec::new();
        walk(expr, &mut |part| match part {
            Part::Term(term) if is_comprehension(term) => match self.closure(env, term) {
                Ok(_) if self.checked.get() > CLOSURES => Step::Over,
                Ok(_) => Step::Into,
                Err(faults) => {
                    last = faults;
                    Step::Over
                }
            },
            _ => Step::Into,
        });
        faults.append(&mut last);
    }

    /// The type of a comprehension, or what is wrong in it.
    pub fn closure(&self, env: &Env<'_>, term: &Term) -> Result<Type, Vec<Fault>> {
        let key = (std::ptr::from_ref(term), env.id);
        let changes = env.changes();
        if let Some(known) = self.closures.borrow().get(&key)
            && known.changes == changes
        {
            return known.found.clone();
        }
        if self.depth.get() >= DEPTH {
            return Ok(Type::Any);
        }
        self.depth.set(self.depth.get() + 1);
        let found = self.check_closure(env, term);
        self.depth.set(self.depth.get() - 1);
        self.checked.set(self.checked.get() + 1);
        let known = Known {
            changes,
            found: found.clone(),
        };
        self.closures.borrow_mut().insert(key, known);
        found
    }

    fn check_closure(&self, env: &Env<'_>, term: &Term) -> Result<Type, Vec<Fault>> {
        let inner = self.body_env(env);
        let check = |body: &[Expr]| {
            let faults = self.check_body(&inner, body);
            if faults.is_empty() {
                Ok(())
            } else {
                Err(faults)
            }
        };
        match &term.node {
            Node::ArrayComprehension(all) => {
                check(&all.body)?;
                Ok(Type::array(Vec::new(), self.type_of(&inner, &all.term)))
            }
            Node::SetComprehension(all) => {
                check(&all.body)?;
                Ok(Type::set(self.type_of(&inner, &all.term)))
            }
            Node::ObjectComprehension(all) => {
                check(&all.body)?;
                let rest = (
                    self.type_of(&inner, &all.key),
                    self.type_of(&inner, &all.value),
                );
                Ok(Type::object(Vec::new(), Some(rest)))
            }
            _ => Ok(Type::Unknown),
        }
    }
}

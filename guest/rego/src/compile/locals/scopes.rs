//! Which variable has which name where.

use std::collections::BTreeMap;

use crate::syntax::ast::{Location, Name};

/// How a variable came into a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// As a function's argument.
    Arg,
    /// It is used, not declared.
    Seen,
    /// By `:=`.
    Assigned,
    /// By `some` or `every`.
    Declared,
}

/// A variable in a scope.
#[derive(Debug, Clone)]
pub struct Local {
    /// Its name from now on.
    pub name: Name,
    /// How it came here.
    pub occurrence: Occurrence,
    /// The condition that declares it, if a condition of the scope's body does.
    pub at: Option<Location>,
}

/// The variables of a body, by the name they were written with.
pub type Scope = BTreeMap<Name, Local>;

/// Scopes in one another, the innermost last.
#[derive(Debug, Clone)]
pub struct Scopes(Vec<Scope>);

impl Default for Scopes {
    fn default() -> Self {
        Self(vec![Scope::new()])
    }
}

impl Scopes {
    pub fn push(&mut self) {
        self.0.push(Scope::new());
    }

    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The innermost scope.
    pub fn innermost(&self) -> Option<&Scope> {
        self.0.last()
    }

    pub fn insert(
        &mut self,
        written: Name,
        name: Name,
        occurrence: Occurrence,
        at: Option<Location>,
    ) {
        let local = Local {
            name,
            occurrence,
            at,
        };
        if let Some(scope) = self.0.last_mut() {
            scope.insert(written, local);
        }
    }

    /// The variable of this name in the nearest scope that has one.
    pub fn declared(&self, written: &str) -> Option<&Local> {
        self.0.iter().rev().find_map(|scope| scope.get(written))
    }

    /// The variable of this name in the innermost scope.
    pub fn here(&self, written: &str) -> Option<&Local> {
        self.innermost()?.get(written)
    }
}

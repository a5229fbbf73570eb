//! What is bound around a body.

use std::collections::HashSet;

use crate::compile::vars::VarSet;
use crate::syntax::ast::Name;

/// The variables that are bound around a body. Grows on the way through a body, and shrinks again when the body
/// is left.
#[derive(Debug, Default)]
pub struct Globals {
    names: HashSet<Name>,
    /// In the order they came.
    log: Vec<Name>,
}

impl Globals {
    /// Whether a variable is bound.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Binds a variable.
    pub fn add(&mut self, name: &Name) {
        if self.names.insert(name.clone()) {
            self.log.push(name.clone());
        }
    }

    /// Binds variables.
    pub fn add_all(&mut self, names: &VarSet) {
        for name in names {
            self.add(name);
        }
    }

    /// How much is bound now, for [`Self::back_to`].
    #[must_use]
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forgets what was bound since.
    pub fn back_to(&mut self, mark: usize) {
        for name in self.log.drain(mark.min(self.log.len())..) {
            self.names.remove(&name);
        }
    }
}

impl FromIterator<Name> for Globals {
    fn from_iter<T: IntoIterator<Item = Name>>(names: T) -> Self {
        let mut globals = Self::default();
        for name in names {
            globals.add(&name);
        }
        globals
    }
}

//! What is compiled together, on its way through the stages.

use std::collections::{BTreeMap, HashMap};

use super::tree::{RuleAt, Tree};
use crate::problem::{Code, Problem};
use crate::syntax::ast::{Location, Module, Name, Rule, Term};
use crate::value::Value;

/// All modules of a bundle, and what the stages find out about them.
#[derive(Debug)]
pub struct Unit<'data> {
    /// The modules. [`Location::module`] counts in them.
    pub modules: Vec<Module>,
    /// The base document.
    pub data: &'data Value,
    /// Rules by place. Filled by the stage `set_rule_tree`.
    pub tree: Tree,
    /// Names as written, by the names that the compiler gave instead: for messages.
    pub rewritten: HashMap<Name, Name>,
    /// What was found wrong so far.
    pub problems: Vec<Problem>,
    /// How many variables were made up, by their prefix.
    pub made_up: BTreeMap<&'static str, u32>,
}

impl<'data> Unit<'data> {
    /// Modules that no stage has seen.
    #[must_use]
    pub fn new(modules: Vec<Module>, data: &'data Value) -> Self {
        Self {
            modules,
            data,
            tree: Tree::default(),
            rewritten: HashMap::new(),
            problems: Vec::new(),
            made_up: BTreeMap::new(),
        }
    }

    /// A variable that no module has: `__local7__`.
    pub fn make_up(&mut self, at: Location) -> Term {
        let count = self.made_up.entry("local").or_default();
        let name = format!("__local{count}__");
        *count += 1;
        Term::var(name, at)
    }

    /// The rule at a place.
    #[must_use]
    pub fn rule(&self, at: RuleAt) -> Option<&Rule> {
        self.modules.get(at.module)?.rules.get(at.rule)
    }

    /// The name a variable was written with.
    #[must_use]
    pub fn written<'name>(&'name self, name: &'name Name) -> &'name Name {
        self.rewritten.get(name).unwrap_or(name)
    }

    /// Notes that something is wrong.
    pub fn report(
        &mut self,
        code: Code,
        at: Location,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        let file = usize::try_from(at.module)
            .ok()
            .and_then(|module| self.modules.get(module))
            .map_or_else(String::new, |module| module.path.clone());
        let problem = Problem::new(code, message, cure);
        self.problems.push(problem.at(file, at.row, at.column));
    }
}

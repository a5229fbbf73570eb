//! What a policy's modules declare, by path.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::Compiled;
use crate::compile::tree::Tree;
use crate::path::Path;
use crate::syntax::ast::{Node, Term};

/// Everything that can be named from outside.
#[derive(Debug, Default)]
pub struct Rules {
    /// Rules that have a value, by the part of their head that is fixed.
    pub documents: BTreeSet<Path>,
    /// Functions.
    pub functions: BTreeSet<Path>,
    /// Packages, each with the first file that declares it.
    pub packages: BTreeMap<Path, String>,
}

impl Rules {
    /// Reads what a policy declares.
    pub fn of(compiled: &Compiled) -> Self {
        let mut rules = Self::default();
        for module in &compiled.modules {
            let path = Path::new(module.package.path.iter().skip(1).filter_map(text));
            let file = || module.path.clone();
            rules.packages.entry(path).or_insert_with(file);
        }
        rules.read(&compiled.tree, compiled, &mut Vec::new());
        rules
    }

    fn read(&mut self, tree: &Tree, compiled: &Compiled, path: &mut Vec<String>) {
        if let Some(first) = tree.rules.first() {
            let rule = compiled
                .modules
                .get(first.module)
                .and_then(|module| module.rules.get(first.rule));
            let is_function = rule.is_some_and(|rule| !rule.head.args.is_empty());
            let path = Path::new(path.iter());
            if is_function {
                self.functions.insert(path);
            } else {
                self.documents.insert(path);
            }
        }
        for (key, below) in &tree.children {
            if let Some(key) = key.as_str() {
                path.push(key.to_owned());
                self.read(below, compiled, path);
                path.pop();
            } else {
                // What lies behind a key that is no text cannot be named by a path, but what holds it can.
                self.documents.insert(Path::new(path.iter()));
            }
        }
    }
}

fn text(term: &Term) -> Option<String> {
    match &term.node {
        Node::String(text) => Some(text.to_string()),
        _ => None,
    }
}

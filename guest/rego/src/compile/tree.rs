//! The tree of rules below `data`.

use std::collections::BTreeMap;

use crate::syntax::ast::{Module, Node, Term};
use crate::syntax::shape::ground_prefix;
use crate::value::Value;

/// Which rule: a definition at the top of a module, `else` branches not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleAt {
    /// Number of the module.
    pub module: usize,
    /// Number of the rule in it.
    pub rule: usize,
}

/// A place in the tree: the rules whose head's fixed part ends here, and what lies below.
///
/// A head's fixed part is all that stands before its first variable: `data.p.q` for `data.p.q[x].r`; its last
/// text counts, so `data.p.q.r` is `data.p.q.r` for a complete rule.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// The rules here, in source order.
    pub rules: Vec<RuleAt>,
    /// How many arguments the first of them takes.
    pub arity: usize,
    /// Whether one of them is a function.
    pub function: bool,
    /// What lies below, sorted by key as OPA sorts it.
    pub children: BTreeMap<Value, Tree>,
    /// Whether this is a package, or lies above one.
    pub package: bool,
    /// Whether references that ask for all that lies above it do not see it: so it is with `data.system`.
    pub hidden: bool,
}

impl Tree {
    /// The tree of modules whose rule heads are absolute.
    #[must_use]
    pub fn of(modules: &[Module]) -> Self {
        let mut root = Self::default();
        // OPA goes through the packages from above, and through the modules of one package by name. Modules are
        // numbered by name, so only packages need sorting.
        let mut order: Vec<_> = modules.iter().enumerate().collect();
        order.sort_by(|(_, one), (_, other)| {
            crate::syntax::compare::compare_all(&one.package.path, &other.package.path)
        });
        for (number, module) in order {
            let mut place = &mut root;
            place.package = true;
            for part in module.package.path.iter().skip(1) {
                let Some(key) = key(part) else { break };
                place = place.children.entry(key).or_default();
                place.package = true;
            }
            for (rule, definition) in module.rules.iter().enumerate() {
                let path = ground_prefix(&definition.head.reference);
                let arity = definition.head.args.len();
                let place = root.grow(path);
                if place.rules.is_empty() {
                    place.arity = arity;
                }
                place.function |= arity > 0;
                place.rules.push(RuleAt {
                    module: number,
                    rule,
                });
            }
        }
        if let Some(system) = root.children.get_mut(&Value::from("system")) {
            system.hidden = true;
        }
        root
    }

    fn grow(&mut self, path: &[Term]) -> &mut Self {
        path.iter()
            .skip(1)
            .map_while(key)
            .fold(self, |place, key| place.children.entry(key).or_default())
    }

    /// The place that a reference names, from `data` down; none if one of its parts is not a scalar.
    #[must_use]
    pub fn find_ref(&self, reference: &[Term]) -> Option<&Self> {
        let (head, parts) = reference.split_first()?;
        if head.as_var().is_none_or(|name| &**name != "data") {
            return None;
        }
        parts.iter().try_fold(self, Self::child)
    }

    /// The place below this one that a part of a reference names.
    #[must_use]
    pub fn child(&self, part: &Term) -> Option<&Self> {
        if self.children.is_empty() {
            return None;
        }
        self.children.get(&key(part)?)
    }

    /// This place and all below it, outside first, in the order of keys.
    pub fn depth_first<'tree>(&'tree self, visit: &mut impl FnMut(&'tree Self)) {
        visit(self);
        for child in self.children.values() {
            child.depth_first(visit);
        }
    }
}

/// The value of a scalar.
fn key(part: &Term) -> Option<Value> {
    match &part.node {
        Node::Null => Some(Value::Null),
        Node::Bool(truth) => Some(Value::Bool(*truth)),
        Node::Number(number) => Some(Value::Number(number.clone())),
        Node::String(text) => Some(Value::String(text.clone())),
        _ => None,
    }
}

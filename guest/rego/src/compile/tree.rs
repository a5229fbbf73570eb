//! The tree of rules below `data`.

use std::collections::BTreeMap;

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
    /// What lies below, sorted by key as OPA sorts it.
    pub children: BTreeMap<Value, Tree>,
    /// Whether this is a package, or lies above one.
    pub package: bool,
}

impl Tree {
    /// The place at a path.
    #[must_use]
    pub fn find<'key>(&self, path: impl IntoIterator<Item = &'key Value>) -> Option<&Self> {
        path.into_iter()
            .try_fold(self, |tree, key| tree.children.get(key))
    }
}

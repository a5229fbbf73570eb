//! How many arguments functions take.

use std::collections::HashMap;

use super::tree::Tree;
use crate::builtins;
use crate::syntax::ast::{Node, Term, operator_name};
use crate::syntax::shape::starts_with_data;
use crate::types;

/// How many arguments each function takes: OPA's `GetArity`.
#[derive(Debug)]
pub struct Arities<'tree> {
    tree: &'tree Tree,
    builtins: HashMap<&'static str, usize>,
}

impl<'tree> Arities<'tree> {
    /// Those of all builtin functions, and of the rules in a tree: of several at one place, the first counts.
    #[must_use]
    pub fn of(tree: &'tree Tree) -> Self {
        let builtins = builtins::all()
            .filter_map(|builtin| {
                let signature = types::signature(builtin.declaration)?;
                Some((builtin.name, signature.args.len()))
            })
            .collect();
        Self { tree, builtins }
    }

    /// How many arguments the function that an operator names takes. `None` if there is no such function.
    #[must_use]
    pub fn of_operator(&self, operator: &Term) -> Option<usize> {
        let Node::Ref(reference) = &operator.node else {
            return None;
        };
        if starts_with_data(reference) {
            let place = self.tree.find_ref(reference)?;
            return (!place.rules.is_empty()).then_some(place.arity);
        }
        if let [head] = reference.as_slice() {
            return self.builtins.get(&**head.as_var()?).copied();
        }
        self.builtins
            .get(operator_name(operator)?.as_str())
            .copied()
    }
}

//! Names to keep clear of, and the tree of rules. (OPA's stage `removeImports` has no counterpart: nobody looks at
//! imports afterwards, except for the dialect that they choose.)

use super::tree::Tree;
use super::unit::Unit;
use super::vars::is_made_up;
use crate::syntax::ast::Node;
use crate::syntax::visit::{Part, Step, each_branch_mut, walk};

/// OPA's stage `initLocalVarGen`: notes the names that must not be made up.
pub fn note_taken_names(unit: &mut Unit<'_>) {
    let mut taken = std::mem::take(&mut unit.locals.taken);
    let mut note = |part: Part<'_>| {
        if let Part::Term(term) = part
            && let Node::Var(name) = &term.node
            && is_made_up(name)
        {
            taken.insert(name.clone());
        }
        Step::Into
    };
    for rule in unit.rules() {
        // The key of a partial set is left out, as in OPA.
        let head = &rule.head;
        let terms = head.reference.iter().chain(&head.args);
        for term in terms.chain(&head.value) {
            walk(term, &mut |part| note(part));
        }
        walk(&rule.body, &mut |part| note(part));
    }
    unit.locals.taken = taken;
}

/// OPA's stages `setModuleTree` and `setRuleTree`. From here on heads are absolute.
pub fn stage(unit: &mut Unit<'_>) {
    for module in &mut unit.modules {
        let package = &module.package.path;
        for rule in &mut module.rules {
            each_branch_mut(rule, |rule| {
                let head = &mut rule.head.reference;
                if let Some(name) = head.first_mut()
                    && let Node::Var(text) = &name.node
                {
                    name.node = Node::String(text.clone());
                }
                head.splice(..0, package.iter().cloned());
            });
        }
    }
    unit.tree = Tree::of(&unit.modules);
}

//! The small stages between resolving and rewriting: names to keep clear of, imports, the rule tree.

use super::dialect::is_v1;
use super::tree::Tree;
use super::unit::Unit;
use super::vars::is_made_up;
use super::visit::{Part, Step, each_branch_mut, walk};
use crate::module::Version;
use crate::syntax::ast::Node;

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
        for part in &rule.head.reference {
            walk(part, &mut |part| note(part));
        }
        walk(&rule.head, &mut |part| note(part));
        walk(&rule.body, &mut |part| note(part));
    }
    unit.locals.taken = taken;
}

/// OPA's stage `removeImports`.
pub fn remove_imports(unit: &mut Unit<'_>) {
    for module in &mut unit.modules {
        if is_v1(module) {
            module.version = Version::V1;
        }
        module.imports = Vec::new();
    }
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

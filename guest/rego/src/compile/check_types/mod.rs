//! Types: what each rule can be, and which conditions can never hold. OPA's stage `CheckTypes`.
//!
//! Nothing is known of input and of the base document, so only what the policy itself says can contradict itself.

mod checker;
mod conditions;
mod dependents;
mod documents;
mod env;
mod fault;
mod infer;
mod modifiers;
mod references;
mod rules;
mod terms;

use std::sync::{Arc, LazyLock};

use self::checker::Checker;
use self::documents::{DocumentPath, Documents};
use self::env::Env;
use self::fault::Fault;
use super::unit::Unit;
use crate::problem::Code;
use crate::types::{Type, signature};

/// The declarations of all builtin functions.
static BUILTINS: LazyLock<Documents> = LazyLock::new(|| {
    let mut documents = Documents::default();
    for builtin in crate::builtins::all() {
        if let Some(signature) = signature(builtin.declaration) {
            let path = DocumentPath::of_builtin(builtin.name);
            documents.put(path, Type::Function(Arc::new(signature)));
        }
    }
    documents
});

/// Checks all rules, each after those it needs.
pub fn stage(unit: &mut Unit<'_>) {
    let mut faults = check(unit);
    faults.sort_by(|one, other| {
        one.at
            .cmp(&other.at)
            .then_with(|| one.message.cmp(&other.message))
    });
    for Fault {
        at, message, cure, ..
    } in faults
    {
        unit.note(Code::RegoType, at, message, cure);
    }
}

fn check(unit: &Unit<'_>) -> Vec<Fault> {
    let checker = Checker::new(unit);
    let builtins = Env::documents(&BUILTINS, None);
    let mut documents = Documents::default();
    let mut faults = Vec::new();
    for id in unit.graph.order() {
        if let Some(rule) = id.find(&unit.modules) {
            let env = Env::documents(&documents, Some(&builtins));
            let found = checker.check_rule(&env, rule, &mut faults);
            found.keep(&mut documents);
        }
    }
    faults
}

#[cfg(test)]
mod tests;

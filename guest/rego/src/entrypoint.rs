//! An entry point: a place in the `data` document that is asked for.

use crate::eval::RESULT;
use crate::path::Path;
use crate::plan::step::{Build, DataStep, Hop, Pattern};
use crate::problem::{Code, Problem};
use crate::rules::Rules;
use crate::value::Value;

/// The number of an entry point in its policy.
pub type EntrypointId = usize;

/// The keys behind `data`, as a reference has them.
pub fn hops(path: &Path) -> Vec<Hop> {
    let keys = path.parts().iter().map(|part| Value::from(part.as_str()));
    keys.map(|key| Hop::Key(Build::Const(key))).collect()
}

/// What evaluates the value at a path.
pub fn place(path: &Path, plan: &crate::plan::program::Program) -> DataStep {
    let hops = hops(path);
    DataStep {
        known: plan.known(&hops),
        hops: hops.into(),
        result: Pattern::Bind(RESULT),
    }
}

/// Makes sure that a value can be at a path.
///
/// # Errors
///
/// `unknown_entrypoint` when neither a rule, nor a package, nor data can ever be there.
pub fn check(path: &Path, rules: &Rules, data: &Value) -> Result<(), Problem> {
    let by_rule = rules
        .documents
        .iter()
        .any(|rule| path.contains(rule) || rule.contains(path));
    let by_package = || rules.packages.keys().any(|package| path.contains(package));
    let by_data = || {
        let mut parts = path.parts().iter();
        parts
            .try_fold(data, |value, part| value.get(&Value::from(part.as_str())))
            .is_some()
    };
    if by_rule || by_package() || by_data() {
        Ok(())
    } else {
        Err(unknown(path, rules))
    }
}

fn unknown(path: &Path, rules: &Rules) -> Problem {
    let message = if rules.functions.contains(path) {
        format!("entry point `{path}` is a function")
    } else {
        format!("entry point `{path}` does not exist")
    };
    let last = path.parts().last();
    let like = rules
        .documents
        .iter()
        .find(|rule| rule.parts().last() == last);
    let cure = match like.or(rules.documents.first()) {
        Some(rule) => format!("ask for a rule of the bundle, for example `{rule}`"),
        None => "add a rule to the bundle: it has none".to_owned(),
    };
    Problem::new(Code::UnknownEntrypoint, message, cure)
}

//! regorus' error texts to problems with a code and a place.
//!
//! regorus reports every error as text: `--> file:row:column`, the row itself, and `error: what`.

use crate::problem::{Code, Problem};

/// A problem from an error that regorus raised while it read the module `file`.
pub fn of_parser(error: &anyhow::Error, file: &str) -> Problem {
    let told = Told::read(&error.to_string());
    Problem::new(
        Code::RegoParse,
        told.what,
        "correct the syntax at this place; a module in Rego v0 needs `rego_version` or `file_rego_versions` in the manifest",
    )
    .at(file, told.row, told.column)
}

/// A problem from an error that regorus raised while it prepared all modules together.
pub fn of_compiler(error: &anyhow::Error) -> Problem {
    let told = Told::read(&error.to_string());
    Problem::new(
        Code::RegoCompile,
        told.what,
        "check that every variable is bound and every reference is complete at this place",
    )
    .at(told.file, told.row, told.column)
}

/// A problem from an error that regorus raised while it evaluated.
pub fn of_evaluation(error: &anyhow::Error) -> Problem {
    let told = Told::read(&error.to_string());
    let (code, cure) = if is_conflict(&told.what) {
        (
            Code::EvalConflict,
            "make sure that only one value can be true at a time, for example with `else`",
        )
    } else if told.what.contains("expects") {
        (
            Code::EvalType,
            "check the type of the operand before the call, for example with `is_string`",
        )
    } else if told.what.contains("recursion") {
        (
            Code::RegoRecursion,
            "break the cycle between the rules named",
        )
    } else {
        (
            Code::EvalBuiltin,
            "check the operands before the call, so that it cannot fail on this input",
        )
    };
    Problem::new(code, told.what, cure).at(told.file, told.row, told.column)
}

fn is_conflict(what: &str) -> bool {
    what.contains("multiple outputs") || what.contains("conflict") || what.contains("duplicate key")
}

struct Told {
    file: String,
    row: u32,
    column: u32,
    what: String,
}

impl Told {
    fn read(text: &str) -> Self {
        let mut told = Self {
            file: String::new(),
            row: 0,
            column: 0,
            what: text.trim().to_owned(),
        };
        if let Some((_, place)) = text.split_once("--> ") {
            let place = place.lines().next().unwrap_or_default();
            let mut parts = place.rsplitn(3, ':');
            told.column = parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
            told.row = parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
            parts.next().unwrap_or_default().clone_into(&mut told.file);
        }
        if let Some((_, what)) = text.rsplit_once("\nerror: ") {
            what.trim().clone_into(&mut told.what);
        }
        told.what = told.what.split_whitespace().collect::<Vec<_>>().join(" ");
        told
    }
}

//! regorus' error texts to problems with a code and a place.
//!
//! regorus reports every error as text: `--> file:row:column`, the row itself, and `error: what`.

use crate::problem::{Code, Problem};

/// A problem from an error that regorus raised while it read the module `file`.
pub fn of_parser(error: &anyhow::Error, file: &str) -> Problem {
    let told = Told::read(&error.to_string());
    // Syntax to regorus; OPA reads these and refuses them when it compiles.
    let code = if told.has(&["shadow"]) {
        Code::RegoCompile
    } else {
        Code::RegoParse
    };
    let cure = "correct the syntax at this place; a module in Rego v0 needs `rego_version` or \
                `file_rego_versions` in the manifest";
    Problem::new(code, told.what, cure).at(file, told.row, told.column)
}

/// A problem from an error that regorus raised while it prepared all modules together.
pub fn of_compiler(error: &anyhow::Error) -> Problem {
    let told = Told::read(&error.to_string());
    let (code, cure) = if told.has(&["unsafe"]) {
        (
            Code::RegoUnsafeVar,
            "bind the variable before it is used, or correct its name",
        )
    } else {
        (
            Code::RegoCompile,
            "check that every reference is complete at this place",
        )
    };
    Problem::new(code, told.what, cure).at(told.file, told.row, told.column)
}

/// A problem from an error that regorus raised while it evaluated.
pub fn of_evaluation(error: &anyhow::Error) -> Problem {
    let told = Told::read(&error.to_string());
    let (code, cure) = if told.has(&[
        "multiple outputs",
        "conflict",
        "duplicate key",
        "generated multiple times",
    ]) {
        (
            Code::EvalConflict,
            "make sure that only one value can be true at a time, for example with `else`",
        )
    } else if told.has(&["expects", "requires", "must be"]) {
        (
            Code::EvalType,
            "check the type of the operand before the call, for example with `is_string`",
        )
    } else if told.has(&["recursion"]) {
        (Code::RegoRecursion, "break the cycle between the rules")
    } else {
        (
            Code::EvalBuiltin,
            "check the operands before the call, so that it cannot fail on this input",
        )
    };
    Problem::new(code, told.what, cure).at(told.file, told.row, told.column)
}

struct Told {
    file: String,
    row: u32,
    column: u32,
    what: String,
}

impl Told {
    fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.what.contains(word))
    }

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
            // What follows in further lines is more of the source.
            what.trim()
                .lines()
                .next()
                .unwrap_or_default()
                .clone_into(&mut told.what);
        }
        told.what = told.what.split_whitespace().collect::<Vec<_>>().join(" ");
        told
    }
}

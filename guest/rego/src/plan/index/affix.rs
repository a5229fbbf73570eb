//! `startswith(input.path, "/api/")`, `strings.any_suffix_match(input.file, [".go", ".rego"])`.

use super::constraint::{Pattern, Test};
use super::equality::constant;
use super::scan::{Constants, Scan};
use crate::syntax::ast::Term;
use crate::value::Value;

impl<'rule> Scan<'rule> {
    /// A text that has to begin or end with another.
    pub fn affix(
        &mut self,
        function: &str,
        text: &Term,
        affix: &'rule Term,
        constants: &Constants<'rule>,
    ) {
        let Some(spot) = self.operand(text, constants) else {
            return;
        };
        if let Some(affix @ Value::String(_)) = constant(affix, constants).and_then(Term::to_value)
        {
            self.ask(spot, Pattern::Ground(affix), test(function));
        }
    }

    /// A text that has to begin or end with one of several.
    pub fn any_affix(
        &mut self,
        function: &str,
        text: &Term,
        affixes: &'rule Term,
        constants: &Constants<'rule>,
    ) {
        let Some(spot) = self.operand(text, constants) else {
            return;
        };
        let affixes = match constant(affixes, constants).and_then(Term::to_value) {
            Some(single @ Value::String(_)) => {
                return self.ask(spot, Pattern::Ground(single), test(function));
            }
            Some(Value::Array(items)) => items.to_vec(),
            Some(Value::Set(items)) => items.as_slice().to_vec(),
            _ => return,
        };
        // One that is no text makes the call fail, and that must be seen.
        if !affixes.is_empty() && affixes.iter().all(|affix| affix.as_str().is_some()) {
            let affixes = affixes.into_iter().map(Pattern::Ground).collect();
            let place = self.places.intern(spot.place, spot.at);
            self.findings.insert_affixes(place, affixes, test(function));
        }
    }
}

fn test(function: &str) -> Test {
    match function {
        "startswith" | "strings.any_prefix_match" => Test::Prefix,
        _ => Test::Suffix,
    }
}

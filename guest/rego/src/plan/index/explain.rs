//! An index in words: what it asks for, and which definitions it cannot tell apart, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::constraint::{Constraint, Test};
use super::place::Place;
use super::scan::Scan;
use crate::compile::tree::Tree;
use crate::compile::vars::is_made_up;
use crate::syntax::ast::{Expr, ExprKind, Location, Rule, Term, operator_name};
use crate::syntax::shape::starts_with_data;
use crate::value::Value;

/// What is known of the index of one set of rules.
#[derive(Debug, Default)]
pub struct Explained {
    /// What a look-up asks for, as `input.role ==`, sorted.
    pub asks: Vec<String>,
    /// The definitions that are tried for every input that has what they look at, each with the reasons.
    pub tried: Vec<(Location, Vec<String>)>,
}

/// Explains the index of these definitions, `else` branches apart.
pub fn explain<'rule>(
    definitions: impl Iterator<Item = &'rule Rule>,
    tree: &'rule Tree,
) -> Explained {
    let mut scan = Scan::new(tree);
    let mut asks = BTreeSet::new();
    let mut present = BTreeSet::new();
    let mut tried = Vec::new();
    for rule in definitions.filter(|rule| !rule.default) {
        let findings = scan.rule(rule);
        let mut is_found = !findings.memberships.is_empty();
        for constraint in findings.paths().into_iter().flatten() {
            let Some(place) = scan.places.get(constraint.place).map(written) else {
                continue;
            };
            if constraint.wanted.is_var() {
                present.insert(place);
            } else {
                is_found = true;
                asks.insert((place, asked(&constraint).to_owned()));
            }
        }
        for membership in &findings.memberships {
            if let Some(place) = scan.places.get(membership.key).map(written) {
                asks.insert((place, format!("in {}", written(&membership.collection))));
            }
        }
        if !is_found {
            tried.push((rule.at, reasons(rule)));
        }
    }
    present.retain(|place| !asks.iter().any(|(asked, _)| asked == place));
    asks.extend(
        present
            .into_iter()
            .map(|place| (place, "is there".to_owned())),
    );
    let asks = asks.into_iter();
    Explained {
        asks: asks
            .map(|(place, asked)| format!("{place} {asked}"))
            .collect(),
        tried,
    }
}

const fn asked(constraint: &Constraint) -> &'static str {
    match (constraint.test, &constraint.split) {
        (_, Some(_)) => "by glob.match",
        (Test::Equal, None) => "==",
        (Test::Prefix, None) => "by its beginning",
        (Test::Suffix, None) => "by its end",
        (Test::Member, None) => "has",
    }
}

fn written(place: &Place) -> String {
    let (root, path) = match place {
        Place::Input(path) => ("input", path),
        Place::Data(path) => ("data", path),
        Place::Argument(number) => return format!("argument {}", number + 1),
    };
    let mut text = root.to_owned();
    for key in path {
        match key.as_str() {
            Some(key) if is_plain(key) => {
                let _ = write!(text, ".{key}");
            }
            _ => {
                let _ = write!(text, "[{}]", json(key));
            }
        }
    }
    text
}

fn is_plain(key: &str) -> bool {
    let mut characters = key.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|other| other.is_ascii_alphanumeric() || other == '_')
}

fn json(value: &Value) -> String {
    let mut text = String::new();
    crate::json::write_json(value, &mut text);
    text
}

/// Why no condition of a definition can be asked beforehand: one reason a row.
fn reasons(rule: &Rule) -> Vec<String> {
    let mut rows = BTreeMap::new();
    for expr in &rule.body {
        if let Some(reason) = reason(expr) {
            rows.entry(expr.at.row).or_insert(reason);
        }
    }
    if rows.is_empty() {
        return vec!["it has no condition".to_owned()];
    }
    let tell = |(row, reason)| match row {
        row if row == rule.at.row => reason,
        row => format!("row {row}: {reason}"),
    };
    rows.into_iter().map(tell).collect()
}

fn reason(expr: &Expr) -> Option<String> {
    if expr.negated {
        return Some("what is negated is not asked".to_owned());
    }
    if !expr.with.is_empty() {
        return Some("`with` changes what is asked".to_owned());
    }
    Some(match &expr.kind {
        ExprKind::Call(terms) => return call(terms),
        ExprKind::Term(term) if term.to_value().is_some() => return None,
        ExprKind::Term(term) if is_rule(term) => rule(),
        ExprKind::Term(_) => "it only has to be there".to_owned(),
        ExprKind::Every(_) => "`every` is not asked".to_owned(),
        ExprKind::Not(_) => "what is negated is not asked".to_owned(),
        ExprKind::And(_) => "neither side of `and` can be asked".to_owned(),
        ExprKind::Or(_) => "not each side of `or` can be asked".to_owned(),
        ExprKind::Some(_) => return None,
    })
}

fn call(terms: &[Term]) -> Option<String> {
    let (operator, operands) = terms.split_first()?;
    let name = match operator.as_ref_term() {
        Some(reference) if starts_with_data(reference) => {
            return Some("a function of the policy is called".to_owned());
        }
        _ => operator_name(operator)?,
    };
    if matches!(name.as_str(), "eq" | "equal" | "assign") {
        // What the compiler made up carries a value from one condition to the next.
        let made_up = |term: &Term| term.as_var().is_some_and(|name| is_made_up(name));
        if operands.iter().any(made_up) {
            return operands.iter().any(is_rule).then(rule);
        }
        return Some(
            "`==` compares no place of input or data, and no argument, with a constant".to_owned(),
        );
    }
    let operator = crate::builtins::find(&name).and_then(|builtin| builtin.infix);
    Some(format!("`{}` is not asked", operator.unwrap_or(&name)))
}

fn is_rule(term: &Term) -> bool {
    term.as_ref_term()
        .is_some_and(|reference| starts_with_data(reference))
}

fn rule() -> String {
    "a rule's value is known only when it is evaluated".to_owned()
}

//! Refuses rules that cannot stand beside each other, beside data, or beside a package.

use std::collections::{BTreeSet, HashMap};

use super::report::{name_of, name_of_ref};
use super::tree::{RuleAt, Tree};
use super::unit::Unit;
use crate::problem::Code;
use crate::syntax::ast::{Location, Module, Rule};
use crate::syntax::shape::is_ground_ref;
use crate::value::Value;

/// How many rules in the way a message names.
const NAMED: usize = 3;

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let mut conflicts = Vec::new();
    unit.tree.depth_first(&mut |place| {
        conflicts.extend(conflict_at(unit, place));
    });
    conflicts.extend(conflicts_with_data(unit));
    conflicts.extend(conflicts_with_packages(&unit.modules));
    for conflict in conflicts {
        unit.report(conflict.code, conflict.at, conflict.message, conflict.cure);
    }
}

struct Conflict {
    code: Code,
    at: Location,
    message: String,
    cure: &'static str,
}

/// Whether the rules of one place agree with each other and with those below.
fn conflict_at(unit: &Unit<'_>, place: &Tree) -> Option<Conflict> {
    let rules: Vec<&Rule> = place.rules.iter().filter_map(|at| unit.rule(*at)).collect();
    let first = rules.first()?;
    let conflict = |at, message, cure| {
        Some(Conflict {
            code: Code::RegoType,
            at,
            message,
            cure,
        })
    };

    let is_fixed = |rule: &Rule| is_ground_ref(&rule.head.reference);
    let mut below = Vec::new();
    if rules.iter().any(|rule| is_fixed(rule)) {
        below = rules_below(unit, place, |_| true);
    }
    // A function in what another rule fills would be a function that is only known when it is evaluated.
    if below.is_empty() && rules.iter().any(|rule| !is_fixed(rule)) {
        below = rules_below(unit, place, |rule| !rule.head.args.is_empty());
    }
    if !below.is_empty() {
        let names: Vec<String> = below
            .iter()
            .map(|rule| format!("`{}` in row {}", name_of(rule), rule.at.row))
            .collect();
        return conflict(
            first.at,
            format!(
                "rule `{}` conflicts with what lies below it: {}",
                name_of(first),
                names.join(", ")
            ),
            "rename one of them",
        );
    }

    let kinds: BTreeSet<_> = rules
        .iter()
        .map(|rule| rule.head.is_multi_value())
        .collect();
    let arities: BTreeSet<_> = rules.iter().map(|rule| rule.head.args.len()).collect();
    let shapes: BTreeSet<_> = rules
        .iter()
        .map(|rule| !rule.head.is_multi_value() && is_fixed(rule))
        .collect();
    let sets: BTreeSet<_> = rules
        .iter()
        .filter(|rule| rule.head.is_multi_value())
        .map(|rule| is_fixed(rule))
        .collect();
    if [kinds.len(), arities.len(), shapes.len(), sets.len()]
        .iter()
        .any(|count| *count > 1)
    {
        return conflict(
            first.at,
            format!("conflicting rules `{}` found", name_of(first)),
            "give all of them one form: a value, a set or an object, and the same arguments",
        );
    }

    let defaults: Vec<&&Rule> = rules.iter().filter(|rule| rule.default).collect();
    let [first, _, ..] = defaults.as_slice() else {
        return None;
    };
    let rows: Vec<String> = defaults
        .iter()
        .map(|rule| rule.at.row.to_string())
        .collect();
    // OPA tells the package's place.
    let module = unit.modules.get(usize::try_from(first.at.module).ok()?)?;
    conflict(
        module.package.at,
        format!(
            "multiple default rules `{}` found in rows {}",
            name_of(first),
            rows.join(", ")
        ),
        "keep one of them",
    )
}

/// Some of the rules below a place.
fn rules_below<'unit>(
    unit: &'unit Unit<'_>,
    place: &Tree,
    matters: impl Fn(&Rule) -> bool,
) -> Vec<&'unit Rule> {
    let mut found = Vec::new();
    let mut open: Vec<&Tree> = place.children.values().rev().collect();
    while let Some(place) = open.pop() {
        let rules = place.rules.iter().filter_map(|at| unit.rule(*at));
        found.extend(rules.filter(|rule| matters(rule)));
        if found.len() >= NAMED {
            found.truncate(NAMED);
            break;
        }
        open.extend(place.children.values().rev());
    }
    found
}

/// Rules at a place where data has a value, or below one that is no object.
fn conflicts_with_data(unit: &Unit<'_>) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut open = vec![(&unit.tree, Some(unit.data))];
    while let Some((place, data)) = open.pop() {
        for (key, child) in &place.children {
            // Keys of data are texts.
            let Value::String(_) = key else { continue };
            let data = match data {
                Some(object @ Value::Object(_)) => object.get(key),
                other => other,
            };
            match (data, child.rules.first()) {
                (Some(_), Some(first)) => found.extend(conflict_with_data(unit, *first)),
                (None, _) => {}
                (Some(_), None) => open.push((child, data)),
            }
        }
    }
    found
}

fn conflict_with_data(unit: &Unit<'_>, first: RuleAt) -> Option<Conflict> {
    let rule = unit.rule(first)?;
    Some(Conflict {
        code: Code::RegoCompile,
        at: rule.at,
        message: format!("conflicting rule for data path `{}` found", name_of(rule)),
        cure: "rename the rule, or take the value out of the data",
    })
}

/// Rules at the place of a package.
fn conflicts_with_packages(modules: &[Module]) -> Vec<Conflict> {
    let mut packages: HashMap<String, Vec<&Module>> = HashMap::new();
    for module in modules {
        let path = name_of_ref(&module.package.path);
        packages.entry(path).or_default().push(module);
    }
    let mut found = Vec::new();
    for module in modules {
        for rule in &module.rules {
            if !is_ground_ref(&rule.head.reference) {
                continue;
            }
            let name = name_of(rule);
            for other in packages.get(&name).into_iter().flatten() {
                found.push(Conflict {
                    code: Code::RegoType,
                    at: module.package.at,
                    message: format!(
                        "package `{}` of `{}` conflicts with rule `{name}` in row {}",
                        name_of_ref(&other.package.path),
                        other.path,
                        rule.at.row
                    ),
                    cure: "rename one of them",
                });
            }
        }
    }
    found
}

//! What is said about variables that nothing binds.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::compile::report::name_of;
use crate::compile::unit::Unit;
use crate::compile::vars::{Skip, VarSet, is_made_up, vars_of};
use crate::problem::Code;
use crate::syntax::ast::{Expr, ExprKind, Location, Module, Name, Rule};
use crate::syntax::shape::calls;
use crate::syntax::visit::branches;

/// The keywords that a variable may be the misspelling of, for want of an import.
const IMPORTABLE: &[&str] = &["and", "contains", "every", "if", "in", "not", "or"];

/// A condition that no order makes safe.
#[derive(Debug)]
pub struct Unsafe {
    at: Location,
    vars: VarSet,
    /// What it would assign.
    assigned: VarSet,
}

impl Unsafe {
    /// A condition, and what it lacks.
    #[must_use]
    pub fn new(expr: &Expr, vars: VarSet) -> Self {
        let assigned = match &expr.kind {
            ExprKind::Call(terms) if expr.from_assignment && calls(expr, "eq") => {
                match terms.as_slice() {
                    [_, left, _] => vars_of(left, Skip::NONE),
                    _ => VarSet::new(),
                }
            }
            _ => VarSet::new(),
        };
        Self {
            at: expr.at,
            vars,
            assigned,
        }
    }
}

/// Where one row has rules of several names, and so a row alone says too little.
#[derive(Debug)]
pub struct Scopes {
    shared: HashSet<u32>,
}

impl Scopes {
    /// Those of a module.
    #[must_use]
    pub fn of(module: &Module) -> Self {
        let mut first: HashMap<u32, String> = HashMap::new();
        let mut shared = HashSet::new();
        for rule in module.rules.iter().flat_map(branches) {
            let name = name_of(rule);
            let known = first.entry(rule.at.row).or_insert_with(|| name.clone());
            if *known != name {
                shared.insert(rule.at.row);
            }
        }
        Self { shared }
    }

    /// What a message about a rule ends with.
    #[must_use]
    pub fn of_rule(&self, rule: &Rule) -> String {
        if self.shared.contains(&rule.at.row) {
            format!(" in rule `{}`", name_of(rule))
        } else {
            String::new()
        }
    }
}

/// Reports conditions of one rule that no order makes safe: the variables, or, where only names that the
/// compiler made up are unsafe, the conditions.
pub fn report(unit: &mut Unit<'_>, found: &[Unsafe], scope: &str) {
    let mut places: BTreeMap<&Name, Location> = BTreeMap::new();
    let mut assigned: HashSet<&str> = HashSet::new();
    for condition in found {
        for name in &condition.vars {
            let at = places.entry(name).or_insert(condition.at);
            *at = condition.at.min(*at);
        }
        for name in &condition.assigned {
            assigned.extend([&**name, &**unit.written(name)]);
        }
    }
    let mut unsafe_vars: Vec<(Name, Location, bool)> = places
        .into_iter()
        .map(|(name, at)| {
            let written = unit.written(name).clone();
            // As OPA, by either name: two variables may have been written alike.
            let is_assigned = assigned.contains(&**name) || assigned.contains(&*written);
            (written, at, is_assigned)
        })
        .filter(|(written, ..)| !is_made_up(written))
        .collect();
    // What is only unsafe because its right side is tells nobody anything.
    if unsafe_vars.iter().any(|(.., assigned)| !assigned) {
        unsafe_vars.retain(|(.., assigned)| !assigned);
    }
    unsafe_vars.sort_by_key(|(_, at, _)| *at);
    for (name, at, _) in &unsafe_vars {
        report_var(unit, name, *at, scope);
    }
    if !unsafe_vars.is_empty() {
        return;
    }

    let mut seen: HashSet<&Name> = HashSet::new();
    let mut conditions: Vec<&Unsafe> = found.iter().collect();
    conditions.sort_by_key(|condition| condition.at);
    for condition in conditions {
        let before = seen.len();
        seen.extend(condition.vars.iter());
        if seen.len() > before {
            unit.report(
                Code::RegoUnsafeVar,
                condition.at,
                format!("expression is unsafe{scope}"),
                "bind what it asks for in another condition of the same body",
            );
        }
    }
}

/// Reports one variable.
pub fn report_var(unit: &mut Unit<'_>, name: &Name, at: Location, scope: &str) {
    let shown = if name.starts_with('$') { "_" } else { name };
    let cure = if IMPORTABLE.contains(&shown) {
        format!(
            "bind it in a condition of the same body, or `import future.keywords.{shown}` if it is the keyword"
        )
    } else {
        "bind it in a condition of the same body that is not negated".to_owned()
    };
    unit.report(
        Code::RegoUnsafeVar,
        at,
        format!("var `{shown}` is unsafe{scope}"),
        cure,
    );
}

//! Refuses builtin functions that are not there, or would not answer exactly as OPA's. Not one of OPA's stages.
//!
//! A policy's tests may put something in such a function's place with `with`. A call is let through if every way
//! to it leads through such a `with`. Any rule can be asked for by itself, so this is only ever certain for calls
//! right below the `with`, and in functions.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::RuleAt;
use super::unit::Unit;
use crate::builtins::{self, Run};
use crate::problem::Code;
use crate::syntax::ast::{Expr, ExprKind, Location, Node, Rule, Term, operator_name};
use crate::syntax::shape::starts_with_data;
use crate::syntax::visit::{Part, Step, walk};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let mut found = Found::default();
    for (module, source) in unit.modules.iter().enumerate() {
        for (rule, definition) in source.rules.iter().enumerate() {
            let mut seeker = Seeker {
                unit,
                here: RuleAt { module, rule },
                found: &mut found,
            };
            seeker.part(Part::Rule(definition), &BTreeSet::new());
        }
    }
    if found.uses.is_empty() {
        return;
    }
    let exposed = exposed(unit, &found);
    for Use {
        name,
        why,
        at,
        within,
    } in found.uses
    {
        if !exposed.contains(&(within, name)) {
            continue;
        }
        let cure =
            "use another builtin, or a function of the bundle; docs/rego.md lists what works";
        unit.note(
            Code::RegoType,
            at,
            format!("function `{name}` is not available here: {why}"),
            cure,
        );
    }
}

/// A call of a builtin function that is not there, with nothing put in its place right above it.
struct Use {
    name: &'static str,
    why: &'static str,
    at: Location,
    within: RuleAt,
}

/// A call of a policy's own function.
struct OwnCall {
    from: RuleAt,
    to: Vec<RuleAt>,
    /// The builtin functions that something else stands in for.
    replaced: BTreeSet<String>,
}

#[derive(Default)]
struct Found {
    uses: Vec<Use>,
    calls: Vec<OwnCall>,
}

struct Seeker<'unit, 'found> {
    unit: &'unit Unit<'unit>,
    here: RuleAt,
    found: &'found mut Found,
}

impl Seeker<'_, '_> {
    fn part(&mut self, part: Part<'_>, replaced: &BTreeSet<String>) {
        walk(part, &mut |part| {
            match part {
                Part::Expr(expr) if !expr.with.is_empty() => {
                    self.expr_with(expr, replaced);
                    return Step::Over;
                }
                Part::Expr(Expr {
                    kind: ExprKind::Call(terms),
                    at,
                    ..
                })
                | Part::Term(Term {
                    node: Node::Call(terms),
                    at,
                }) => {
                    if let Some(operator) = terms.first() {
                        self.function(operator, *at, replaced);
                    }
                }
                _ => {}
            }
            Step::Into
        });
    }

    /// What stands under `with` is asked in another world, what stands behind `as` is not.
    fn expr_with(&mut self, expr: &Expr, replaced: &BTreeSet<String>) {
        let mut inside = replaced.clone();
        for with in &expr.with {
            inside.extend(operator_name(&with.target));
            self.part(Part::Term(&with.value), replaced);
            // A function may be named, to be called in the place of another one.
            self.function(&with.value, with.at, &BTreeSet::new());
        }
        let mut bare = expr.clone();
        bare.with.clear();
        self.part(Part::Expr(&bare), &inside);
    }

    fn function(&mut self, operator: &Term, at: Location, replaced: &BTreeSet<String>) {
        if let Node::Ref(reference) = &operator.node
            && starts_with_data(reference)
        {
            if let Some(place) = self.unit.tree.find_ref(reference)
                && place.function
            {
                self.found.calls.push(OwnCall {
                    from: self.here,
                    to: place.rules.clone(),
                    replaced: replaced.clone(),
                });
            }
            return;
        }
        let builtin = operator_name(operator).and_then(|name| builtins::find(&name));
        if let Some(builtin) = builtin
            && let Run::Refused(why) = builtin.run
            && !replaced.contains(builtin.name)
        {
            self.found.uses.push(Use {
                name: builtin.name,
                why,
                at,
                within: self.here,
            });
        }
    }
}

/// Which rules can be reached with nothing in the place of which builtin function.
fn exposed(unit: &Unit<'_>, found: &Found) -> BTreeSet<(RuleAt, &'static str)> {
    let is_function = |at: RuleAt| {
        unit.rule(at)
            .is_some_and(|rule: &Rule| !rule.head.args.is_empty())
    };
    let mut calls: BTreeMap<RuleAt, Vec<&OwnCall>> = BTreeMap::new();
    let mut called: BTreeSet<RuleAt> = BTreeSet::new();
    for call in &found.calls {
        calls.entry(call.from).or_default().push(call);
        called.extend(&call.to);
    }
    let names: BTreeSet<&'static str> = found.uses.iter().map(|used| used.name).collect();
    let mut exposed = BTreeSet::new();
    for name in names {
        // What nobody calls is refused as well: who would ever see that it is not there?
        let start = calls
            .keys()
            .copied()
            .chain(found.uses.iter().map(|used| used.within))
            .filter(|at| !is_function(*at) || !called.contains(at));
        let mut open: Vec<RuleAt> = start.collect();
        while let Some(at) = open.pop() {
            if !exposed.insert((at, name)) {
                continue;
            }
            for call in calls.get(&at).into_iter().flatten() {
                if !call.replaced.contains(name) {
                    open.extend(&call.to);
                }
            }
        }
    }
    exposed
}

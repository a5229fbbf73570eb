//! Puts in place of `rego.metadata.rule()` and `rego.metadata.chain()` what they come to.

use super::graph::RuleId;
use super::tree::RuleAt;
use super::unit::{Unit, equal};
use crate::syntax::ast::{Expr, ExprKind, Location, Name, Rule, Term, operator_name};
use crate::syntax::visit::{Part, PartMut, Step, any, each_branch_mut, walk, walk_rule_mut};
use crate::value::Value;

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let called = |rule: &Rule| {
        any(
            rule,
            |part| matches!(part, Part::Expr(expr) if is_either(expr)),
        )
    };
    let with_calls: Vec<RuleAt> = unit
        .modules
        .iter()
        .enumerate()
        .flat_map(|(module, source)| {
            let rules = source.rules.iter().enumerate();
            rules
                .filter(|(_, rule)| called(rule))
                .map(move |(rule, _)| RuleAt { module, rule })
        })
        .collect();
    for at in with_calls {
        let count = unit
            .rule(at)
            .map_or(0, |rule| crate::syntax::visit::branches(rule).count());
        for branch in 0..count {
            rewrite(unit, RuleId { at, branch });
        }
    }
}

fn rewrite(unit: &mut Unit<'_>, id: RuleId) {
    let Some(rule) = id.find(&unit.modules) else {
        return;
    };
    let chain = first(rule, CHAIN).map(|at| (at, unit.annotation_set.chain(id, &unit.modules)));
    let own = first(rule, RULE).map(|at| (at, unit.annotation_set.rule(id)));
    let mut injected = Vec::new();
    let mut name = |unit: &mut Unit<'_>, found: Option<(Location, Value)>| {
        let (at, value) = found?;
        let (local, expr) = unit.locals.name_term(Term::of_value(&value, at));
        injected.push(expr);
        local.as_var().cloned()
    };
    let names = Names {
        chain: name(unit, chain),
        own: name(unit, own),
    };
    let Some(rule) = unit
        .modules
        .get_mut(id.at.module)
        .and_then(|module| module.rules.get_mut(id.at.rule))
    else {
        return;
    };
    let mut branch = 0;
    each_branch_mut(rule, |rule| {
        if branch == id.branch {
            let otherwise = rule.otherwise.take();
            walk_rule_mut(rule, &mut |part| {
                if let PartMut::Body(body) = part {
                    for expr in body {
                        names.replace(expr);
                    }
                }
                Step::Into
            });
            rule.otherwise = otherwise;
            injected.append(&mut rule.body);
            rule.body.append(&mut injected);
        }
        branch += 1;
    });
}

const CHAIN: &str = "rego.metadata.chain";
const RULE: &str = "rego.metadata.rule";

/// The variables that hold what the calls come to.
struct Names {
    chain: Option<Name>,
    own: Option<Name>,
}

impl Names {
    fn replace(&self, expr: &mut Expr) {
        let name = match called(expr).as_deref() {
            Some(CHAIN) => &self.chain,
            Some(RULE) => &self.own,
            _ => return,
        };
        let (Some(name), ExprKind::Call(terms)) = (name, &expr.kind) else {
            return;
        };
        let value = Term::var(name.clone(), expr.at);
        let mut replaced = match terms.get(1) {
            Some(result) => equal(result.clone(), value, expr.at),
            None => Expr::new(ExprKind::Term(value), expr.at),
        };
        replaced.generated = true;
        *expr = replaced;
    }
}

/// Where a rule, its `else` branches left out, first calls a function.
fn first(rule: &Rule, name: &str) -> Option<Location> {
    let mut found = None;
    for part in [Part::Head(&rule.head), Part::Body(&rule.body)] {
        walk(part, &mut |part| {
            if let Part::Expr(expr) = part
                && found.is_none()
                && called(expr).is_some_and(|called| called == name)
            {
                found = Some(expr.at);
            }
            Step::Into
        });
    }
    found
}

fn is_either(expr: &Expr) -> bool {
    called(expr).is_some_and(|name| name == CHAIN || name == RULE)
}

/// What a condition calls, if its name begins as theirs.
fn called(expr: &Expr) -> Option<String> {
    let ExprKind::Call(terms) = &expr.kind else {
        return None;
    };
    let operator = terms.first()?;
    let head = operator.as_ref_term()?.first()?.as_var()?;
    if &**head == "rego" {
        operator_name(operator)
    } else {
        None
    }
}

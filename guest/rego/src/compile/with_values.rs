//! What `with` puts in place is a variable or a plain value; and what it replaces can be replaced.

use std::collections::HashMap;

use super::unit::Unit;
use crate::builtins::{self, Builtin, Run};
use crate::problem::Code;
use crate::syntax::ast::{Body, Location, Node, Term, With, operator_name};
use crate::syntax::shape::{requires_eval, starts_with_data, starts_with_input};
use crate::syntax::visit::{PartMut, Step};

/// OPA's stage `rewriteWithModifiers`.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_part(|unit, part| {
        if let PartMut::Body(body) = part
            && body.iter().any(|expr| !expr.with.is_empty())
        {
            rewrite_body(unit, body);
        }
        Step::Into
    });
}

fn rewrite_body(unit: &mut Unit<'_>, body: &mut Body) {
    // Conditions that were taken out of one condition share its modifiers: only the first has the values.
    let mut values: HashMap<Location, Term> = HashMap::new();
    let mut rewritten = Vec::with_capacity(body.len());
    for mut expr in std::mem::take(body) {
        for with in &mut expr.with {
            if let Some(value) = values.get(&with.at) {
                with.value = value.clone();
                as_function(&mut with.target);
                continue;
            }
            match must_be_evaluated(unit, with) {
                Ok(false) => {}
                Ok(true) => {
                    let placeholder = Term::new(Node::Null, with.value.at);
                    let value = std::mem::replace(&mut with.value, placeholder);
                    let (local, equality) = unit.locals.name_term(value);
                    with.value = local;
                    rewritten.push(equality);
                }
                Err((code, message)) => {
                    let cure = "replace `input`, `data`, what lies below them, or a function";
                    unit.report(code, with.target.at, message, cure);
                    return;
                }
            }
            values.insert(with.at, with.value.clone());
        }
        rewritten.push(expr);
    }
    *body = rewritten;
}

/// Whether a modifier's value is more than a plain value, variable or function.
fn must_be_evaluated(unit: &Unit<'_>, with: &mut With) -> Result<bool, (Code, String)> {
    as_function(&mut with.value);
    match &with.target.node {
        Node::Ref(target) if starts_with_data(target) => {
            check_data_target(unit, target)?;
            if replaces_function(unit, target) && is_function_value(unit, &with.value) {
                return Ok(false);
            }
            if let Node::Ref(value) = &with.value.node
                && let Some(place) = unit.tree.find_ref(value)
                && place.function
            {
                return Ok(false);
            }
        }
        Node::Ref(target) if starts_with_input(target) => {}
        _ => {
            let Some(builtin) = builtin_named(&with.target) else {
                let message =
                    "with keyword target must reference existing input, data, or a function";
                return Err((Code::RegoType, message.to_owned()));
            };
            as_function(&mut with.target);
            check_builtin_target(builtin)?;
            if is_function_value(unit, &with.value) {
                return Ok(false);
            }
        }
    }
    Ok(requires_eval(&with.value))
}

/// The name of a builtin function alone is a variable at first.
fn as_function(term: &mut Term) {
    if let Node::Var(name) = &term.node
        && builtins::find(name).is_some()
    {
        let name = Term::new(Node::Var(name.clone()), term.at);
        term.node = Node::Ref(vec![name]);
    }
}

fn builtin_named(term: &Term) -> Option<&'static Builtin> {
    match &term.node {
        Node::Var(name) => builtins::find(name),
        Node::Ref(_) => builtins::find(&operator_name(term)?),
        _ => None,
    }
}

fn check_data_target(unit: &Unit<'_>, target: &[Term]) -> Result<(), (Code, String)> {
    let Some((_, above)) = target.split_last() else {
        return Ok(());
    };
    let mut place = &unit.tree;
    for part in above.iter().skip(1) {
        let Some(child) = place.child(part) else {
            break;
        };
        if !child.rules.is_empty() {
            let message = "with keyword cannot partially replace virtual document(s)";
            return Err((Code::RegoCompile, message.to_owned()));
        }
        place = child;
    }
    Ok(())
}

/// As in OPA, what is not in the tree on the way is skipped.
fn replaces_function(unit: &Unit<'_>, target: &[Term]) -> bool {
    let Some((last, above)) = target.split_last() else {
        return false;
    };
    let mut place = &unit.tree;
    for part in above.iter().skip(1) {
        let Some(child) = place.child(part) else {
            break;
        };
        place = child;
    }
    place.child(last).is_some_and(|child| child.function)
}

fn is_function_value(unit: &Unit<'_>, value: &Term) -> bool {
    if let Node::Ref(reference) = &value.node
        && unit.tree.find_ref(reference).is_some()
    {
        return true;
    }
    builtin_named(value).is_some()
}

fn check_builtin_target(builtin: &Builtin) -> Result<(), (Code, String)> {
    let name = builtin.name;
    let why = if matches!(name, "eq" | "rego.metadata.chain" | "rego.metadata.rule") {
        format!("replacement of `{name}` invalid")
    } else if name.starts_with("internal.") {
        format!("replacement of internal function `{name}` invalid")
    } else if matches!(builtin.run, Run::Relation) {
        "target must not be a relation".to_owned()
    } else if !builtin.declaration.contains("->") {
        "target must not be a void function".to_owned()
    } else {
        return Ok(());
    };
    let message = format!("with keyword replacing built-in function: {why}");
    Err((Code::RegoCompile, message))
}

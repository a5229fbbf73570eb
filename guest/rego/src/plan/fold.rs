//! Calls whose answer is known before any decision: `60 * 60`, `time.parse_duration_ns("1h")`.

use std::collections::BTreeSet;

use super::planner::Planner;
use super::step::Build;
use crate::builtins::{self, Builtin};
use crate::syntax::ast::{Module, With, operator_name};
use crate::syntax::visit::{Part, Step, walk};
use crate::value::Value;

/// Most bytes of all operands of such a call, and of its answer: nothing is computed that may never be asked for and
/// takes long.
const MOST_BYTES: usize = 256;

/// The builtin functions that a `with` replaces somewhere: a call of one may mean something else.
#[derive(Debug, Default)]
pub(super) struct Mocked(BTreeSet<&'static str>);

impl Mocked {
    /// Those of a policy.
    pub fn of(modules: &[Module]) -> Self {
        let mut names = BTreeSet::new();
        for rule in modules.iter().flat_map(|module| &module.rules) {
            walk(Part::Rule(rule), &mut |part| {
                if let Part::With(With { target, .. }) = part {
                    let builtin = operator_name(target).and_then(|name| builtins::find(&name));
                    names.extend(builtin.map(|builtin| builtin.name));
                }
                Step::Into
            });
        }
        Self(names)
    }
}

impl Planner<'_> {
    /// The answer of a call that is the same in every decision. A call that fails is left to the decision: it may
    /// never be reached.
    pub(super) fn fold(&self, builtin: &Builtin, operands: &[Build]) -> Option<Value> {
        let (_, result) = builtin.declaration.rsplit_once("-> ")?;
        let scalar = matches!(result, "number" | "string" | "boolean");
        if !scalar || builtin.unrepeatable || self.mocked.0.contains(builtin.name) {
            return None;
        }
        let operands: Option<Vec<_>> = operands
            .iter()
            .map(|operand| match operand {
                Build::Const(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let operands = operands?;
        if operands.iter().try_fold(0, add_bytes)? > MOST_BYTES {
            return None;
        }
        let answer = builtin.run.pure(&operands)?.ok()??;
        (add_bytes(0, &answer)? <= MOST_BYTES).then_some(answer)
    }
}

/// The bytes of scalars, and of arrays of them.
fn add_bytes(before: usize, value: &Value) -> Option<usize> {
    match value {
        Value::Null | Value::Bool(_) => Some(before + 1),
        Value::Number(number) => Some(before + number.to_string().len()),
        Value::String(text) => Some(before + text.len()),
        Value::Array(items) => items.iter().try_fold(before + 1, add_bytes),
        Value::Set(_) | Value::Object(_) => None,
    }
}

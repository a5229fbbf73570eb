//! Comprehensions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::flow::{Flow, Ran};
use super::machine::Machine;
use crate::plan::step::{CollectStep, Collection, Pattern};
use crate::problem::{Code, Problem};
use crate::syntax::ast::Location;
use crate::value::{Object, Set, Value};

impl<'p> Machine<'p> {
    /// Whether a collection could be what is wanted at all. If not, OPA does not evaluate its body: errors in there
    /// are not met.
    pub(super) fn may_match(&self, collect: &'p CollectStep, base: usize) -> bool {
        match (&collect.result, &collect.what) {
            (Pattern::Same(wanted), what) if collect.guarded => matches!(
                (self.build(wanted, base), what),
                (Value::Set(_), _)
                    | (Value::Array(_), Collection::Array(_))
                    | (Value::Object(_), Collection::Object(..))
            ),
            (Pattern::Array(_), what) if collect.guarded => matches!(what, Collection::Array(_)),
            (Pattern::Object(_), what) if collect.guarded => matches!(what, Collection::Object(..)),
            _ => true,
        }
    }

    /// The collection of a body's solutions.
    pub(super) fn collect(
        &mut self,
        collect: &'p CollectStep,
        base: usize,
    ) -> Result<Value, Box<Problem>> {
        if let Some(correlated) = &collect.correlated
            && let Some(value) = self.find_correlated(correlated, base)?
        {
            return Ok(value);
        }
        match &collect.what {
            Collection::Array(item) => {
                let mut items = Vec::new();
                self.run(&collect.body, base, &mut |m| {
                    m.limits.gather(1)?;
                    items.push(m.build(item, base));
                    Ok(Flow::Next)
                })?;
                Ok(Value::from(items))
            }
            Collection::Set(item) => {
                let mut items = Vec::new();
                self.run(&collect.body, base, &mut |m| {
                    m.limits.gather(1)?;
                    items.push(m.build(item, base));
                    Ok(Flow::Next)
                })?;
                Ok(Value::from(items.into_iter().collect::<Set>()))
            }
            Collection::Object(key, value) => {
                let mut fields = BTreeMap::new();
                self.run(&collect.body, base, &mut |m| {
                    m.limits.gather(1)?;
                    let value = m.build(value, base);
                    match fields.entry(m.build(key, base)) {
                        Entry::Vacant(free) => {
                            free.insert(value);
                        }
                        // As in OPA the later notation stays: `1.0` after `1`.
                        Entry::Occupied(mut taken) if *taken.get() == value => {
                            taken.insert(value);
                        }
                        Entry::Occupied(_) => {
                            return m.conflict("object keys must be unique", collect.at);
                        }
                    }
                    Ok(Flow::Next)
                })?;
                Ok(Value::from(fields.into_iter().collect::<Object>()))
            }
        }
    }

    /// Two values where there can be one only.
    #[cold]
    pub(super) fn conflict(&self, what: &str, at: Location) -> Ran {
        let cure = "make sure that only one value can be true at a time, for example with `else`";
        let problem = Problem::new(Code::EvalConflict, what, cure);
        Err(Box::new(self.place(problem, at)))
    }
}

//! Comprehensions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::flow::{Flow, Ran};
use super::machine::Machine;
use crate::plan::step::{CollectStep, Collection};
use crate::problem::{Code, Problem};
use crate::syntax::ast::Location;
use crate::value::{Object, Set, Value};

impl<'p> Machine<'p> {
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
                        Entry::Occupied(taken) if *taken.get() == value => {}
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

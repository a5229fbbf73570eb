//! Comprehensions that are evaluated once for all values of the variables around them.

use std::collections::{BTreeMap, HashMap};

use super::flow::Flow;
use super::machine::Machine;
use crate::plan::step::{Collection, CorrelatedStep};
use crate::problem::Problem;
use crate::value::{Object, Set, Value};

/// What is gathered for one set of values.
enum Gathered {
    Items(Vec<Value>),
    /// Of two values at one key the later one counts: as in OPA, this is no conflict here.
    Fields(BTreeMap<Value, Value>),
}

impl<'p> Machine<'p> {
    /// What the comprehension makes for the variables' values here, if it has a solution for them.
    pub(super) fn find_correlated(
        &mut self,
        step: &'p CorrelatedStep,
        base: usize,
    ) -> Result<Option<Value>, Box<Problem>> {
        let wanted: Vec<_> = step
            .wanted
            .iter()
            .map(|slot| self.slot(base, *slot).clone())
            .collect();
        if let Some(made) = self.world.memo.correlated(step) {
            return Ok(made.get(&wanted).cloned());
        }
        let made = self.correlate(step)?;
        let found = made.get(&wanted).cloned();
        self.world.memo.put_correlated(step, made);
        Ok(found)
    }

    fn correlate(
        &mut self,
        step: &'p CorrelatedStep,
    ) -> Result<HashMap<Vec<Value>, Value>, Box<Problem>> {
        let mut all: HashMap<Vec<Value>, Gathered> = HashMap::new();
        let base = self.memory.stack.len();
        self.memory.stack.resize(base + step.slots, Value::Null);
        self.run(&step.body, base, &mut |m| {
            m.limits.gather(1)?;
            let keys = step
                .keys
                .iter()
                .map(|slot| m.slot(base, *slot).clone())
                .collect();
            match &step.what {
                Collection::Array(item) | Collection::Set(item) => {
                    let item = m.build(item, base);
                    if let Gathered::Items(items) = all
                        .entry(keys)
                        .or_insert_with(|| Gathered::Items(Vec::new()))
                    {
                        items.push(item);
                    }
                }
                Collection::Object(key, value) => {
                    let (key, value) = (m.build(key, base), m.build(value, base));
                    if let Gathered::Fields(fields) = all
                        .entry(keys)
                        .or_insert_with(|| Gathered::Fields(BTreeMap::new()))
                    {
                        fields.insert(key, value);
                    }
                }
            }
            Ok(Flow::Next)
        })?;
        self.memory.stack.truncate(base);
        let made = all.into_iter().map(|(keys, gathered)| {
            let value = match gathered {
                Gathered::Items(items) if matches!(step.what, Collection::Set(_)) => {
                    Value::from(items.into_iter().collect::<Set>())
                }
                Gathered::Items(items) => Value::from(items),
                Gathered::Fields(fields) => Value::from(fields.into_iter().collect::<Object>()),
            };
            (keys, value)
        });
        Ok(made.collect())
    }
}

//! Rules of many values: sets and objects.

use super::flow::{Flow, Ran, Sink};
use super::growing::{Growing, Visited};
use super::machine::Machine;
use super::memo::Entry;
use crate::plan::program::{Gives, Kind, SetId};
use crate::plan::step::{Hop, Pattern};
use crate::plan::{Mask, mask};
use crate::problem::Problem;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Runs the sink for each value that a set of rules has behind these hops.
    pub(super) fn partial(
        &mut self,
        set: SetId,
        hops: &'p [Hop],
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        if let Entry::Value(value) = self.world.memo.get(set) {
            let value = value.clone();
            return self.walk(value, hops, result, base, sink);
        }
        let whole = match hops.first() {
            None => true,
            Some(Hop::Each(pattern)) => pattern.is_variable(),
            Some(Hop::Key(_)) => false,
        };
        if whole {
            let value = self.whole(set)?;
            return self.walk(value, hops, result, base, sink);
        }
        let keys: Vec<_> = hops
            .iter()
            .map(|hop| match hop {
                Hop::Key(key) => Some(self.build(key, base)),
                Hop::Each(_) => None,
            })
            .collect();
        let places = self.places(set);
        let fixed: Vec<_> = keys.iter().take(places).map_while(Clone::clone).collect();
        for length in 1..=fixed.len() {
            let prefix = fixed.get(..length).unwrap_or_default();
            if let Some(value) = self.world.memo.keyed(set, prefix).cloned() {
                let rest = hops.get(length..).unwrap_or_default();
                return self.walk(value, rest, result, base, sink);
            }
        }
        let value = self.grow(set, mask(hops), &keys)?;
        let scoped = keys
            .iter()
            .take(places)
            .skip(fixed.len())
            .any(Option::is_some);
        if !fixed.is_empty() && !scoped {
            let found = fixed.iter().try_fold(&value, |value, key| value.find(key));
            if let Some(found) = found {
                self.world.memo.put_keyed(set, &fixed, found.clone());
            }
        }
        self.walk(value, hops, result, base, sink)
    }

    /// All that a set of rules has.
    pub(super) fn whole(&mut self, set: SetId) -> Result<Value, Box<Problem>> {
        if let Entry::Value(value) = self.world.memo.get(set) {
            return Ok(value.clone());
        }
        let value = self.grow(set, Mask::NONE, &[])?;
        self.world.memo.put(set, Entry::Value(value.clone()));
        Ok(value)
    }

    /// What a set of rules has at these keys, as far as they are known.
    fn grow(
        &mut self,
        set: SetId,
        known: Mask,
        keys: &[Option<Value>],
    ) -> Result<Value, Box<Problem>> {
        let kind = self.program.sets.get(set).map(|set| set.kind);
        let mut grown = match kind {
            Some(Kind::Set) => Growing::set(),
            _ => Growing::object(),
        };
        let mut visited = Visited::default();
        let start = self.memory.operands.len();
        let selected = self.select(set, start);
        for branch in &selected.branches {
            let rule = branch.number();
            self.solve(rule, known, start, keys, &mut |m, base, variant| {
                m.limits.gather(1)?;
                let added = if variant.tail.is_empty() {
                    match &variant.gives {
                        Gives::Element(element) => grown.add(m.build(element, base)),
                        Gives::Value(_) => Ok(()),
                    }
                } else {
                    let path: Vec<_> = variant.tail.iter().map(|key| m.build(key, base)).collect();
                    visited.note(&path).and_then(|()| match &variant.gives {
                        Gives::Element(element) => grown.add_at(&path, m.build(element, base)),
                        Gives::Value(value) => grown.put(&path, m.build(value, base)),
                    })
                };
                if added.is_ok() {
                    Ok(Flow::Next)
                } else {
                    let at = m.program.rules.get(rule).map(|rule| rule.at);
                    m.conflict("object keys must be unique", at.unwrap_or_default())
                }
            })?;
        }
        self.memory.selections.push(selected);
        Ok(grown.into_value())
    }

    /// The most places that a head of these rules has.
    fn places(&self, set: SetId) -> usize {
        self.program.sets.get(set).map_or(0, |set| set.places)
    }
}

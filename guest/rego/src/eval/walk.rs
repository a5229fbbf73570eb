//! Going through the parts of a value.

use super::flow::{Flow, Loop, Ran, Sink};
use super::machine::Machine;
use crate::plan::step::{Build, Hop, PartsStep, Pattern};
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Runs the sink for each value that lies behind these hops and matches.
    pub(super) fn walk(
        &mut self,
        mut value: Value,
        mut hops: &'p [Hop],
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        while let Some((hop, rest)) = hops.split_first() {
            hops = rest;
            let key = match hop {
                Hop::Each(pattern) => return self.each(&value, pattern, rest, result, base, sink),
                Hop::Key(key) => key,
            };
            let below = match key {
                Build::Const(key) => value.find(key).cloned(),
                Build::Slot(slot) => value.find(self.slot(base, *slot)).cloned(),
                built => value.find(&self.build(built, base)).cloned(),
            };
            match below {
                Some(below) => value = below,
                None => return Ok(Flow::Next),
            }
        }
        if self.matches(result, value, base) {
            sink(self)
        } else {
            Ok(Flow::Next)
        }
    }

    /// Goes through parts as they are written, each by itself.
    pub(super) fn parts(&mut self, step: &'p PartsStep, base: usize, sink: Sink<'_, 'p>) -> Ran {
        let mut items = Loop::new();
        for (key, value) in &step.parts {
            self.limits.step(1)?;
            let key = self.build(key, base);
            // Of two fields with one key the first counts.
            let same = |other: &&(Build, Build)| self.build(&other.0, base) == key;
            let value = step
                .parts
                .iter()
                .find(same)
                .map_or(value, |(_, first)| first);
            if self.matches(&step.key, key, base) {
                let value = self.build(value, base);
                let flow = self.walk(value, &step.hops, &step.result, base, sink)?;
                if items.ends(flow) {
                    break;
                }
            }
        }
        Ok(items.flow())
    }

    /// Goes through the items whose keys match.
    fn each(
        &mut self,
        value: &Value,
        key: &'p Pattern,
        rest: &'p [Hop],
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        let mut items = Loop::new();
        match value {
            Value::Array(values) => {
                for (index, item) in values.iter().enumerate() {
                    self.limits.step(1)?;
                    // An index is only ever a number: OPA looks at nothing else here.
                    if self.matches(key, Value::from(index), base) {
                        let flow = self.walk(item.clone(), rest, result, base, sink)?;
                        if items.ends(flow) {
                            break;
                        }
                    }
                }
            }
            Value::Object(fields) => {
                for (name, item) in fields.iter() {
                    self.limits.step(1)?;
                    if self.matches(key, name.clone(), base) {
                        let flow = self.walk(item.clone(), rest, result, base, sink)?;
                        if items.ends(flow) {
                            break;
                        }
                    }
                }
            }
            Value::Set(elements) => {
                // The element that is looked for is known: no other one can match.
                if let (Pattern::Same(wanted), []) = (result, rest)
                    && !key.gives_to(wanted)
                {
                    let wanted = self.build(wanted, base);
                    if elements.contains(&wanted) && self.matches(key, wanted, base) {
                        return sink(self);
                    }
                    return Ok(Flow::Next);
                }
                for element in elements.iter() {
                    self.limits.step(1)?;
                    if self.matches(key, element.clone(), base) {
                        let flow = self.walk(element.clone(), rest, result, base, sink)?;
                        if items.ends(flow) {
                            break;
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(items.flow())
    }
}

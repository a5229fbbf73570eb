//! `walk`: all parts of a value, each with its path.

use super::flow::{Flow, Ran, Sink};
use super::limits;
use super::machine::Machine;
use crate::plan::step::Pattern;
use crate::value::Value;

impl<'p> Machine<'p> {
    /// Runs the sink for each part of a value that matches, as `[path, part]`.
    pub(super) fn walk_relation(
        &mut self,
        value: &Value,
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        // What is known of the path, so that only what it can reach is visited.
        let filter = match result {
            Pattern::Array(parts) => match &**parts {
                [Pattern::Array(path), _] => &**path,
                _ => &[],
            },
            _ => &[],
        };
        let pathless =
            matches!(result, Pattern::Array(parts) if matches!(&**parts, [Pattern::Any, _]));
        let mut path = Vec::new();
        self.visit(value, filter, &mut path, pathless, result, base, sink)
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one walk")]
    fn visit(
        &mut self,
        value: &Value,
        filter: &'p [Pattern],
        path: &mut Vec<Value>,
        pathless: bool,
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        self.limits.step(1)?;
        if filter.is_empty() {
            let at = if pathless {
                Value::Null
            } else {
                Value::from(path.clone())
            };
            let flow = self.take(Value::from(vec![at, value.clone()]), result, base, sink)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        let (first, rest) = match filter.split_first() {
            Some((first, rest)) => (Some(first), rest),
            None => (None, filter),
        };
        if let Some(Pattern::Same(key)) = first {
            let key = self.build(key, base);
            let Some(below) = value.get(&key).cloned() else {
                return Ok(Flow::Next);
            };
            return self.below(key, &below, rest, path, pathless, result, base, sink);
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let key = Value::from(index);
                    let flow = self.below(key, item, rest, path, pathless, result, base, sink)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
            }
            Value::Object(fields) => {
                for (key, item) in fields.iter() {
                    let key = key.clone();
                    let flow = self.below(key, item, rest, path, pathless, result, base, sink)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
            }
            Value::Set(elements) => {
                for element in elements.iter() {
                    let key = element.clone();
                    let flow =
                        self.below(key, element, rest, path, pathless, result, base, sink)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
            }
            _ => {}
        }
        Ok(Flow::Next)
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one walk")]
    fn below(
        &mut self,
        key: Value,
        value: &Value,
        filter: &'p [Pattern],
        path: &mut Vec<Value>,
        pathless: bool,
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        path.push(key);
        self.limits.enter(limits::RULE)?;
        let ran = self.visit(value, filter, path, pathless, result, base, sink);
        self.limits.leave(limits::RULE);
        path.pop();
        ran
    }
}

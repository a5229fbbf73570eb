//! Documents at a path, and what the rule index asks for.

use std::convert::Infallible;
use std::ops::Range;

use super::machine::Machine;
use super::tree::merge;
use crate::plan::index::{Index, Place, Resolver, Selected};
use crate::value::{Object, Value};

impl Machine<'_> {
    /// The base document at a path, with what `with` puts over it.
    pub(super) fn document(&self, path: &[Value]) -> Option<Value> {
        let over = self
            .world
            .data
            .as_ref()
            .and_then(|data| path.iter().try_fold(data, |value, key| value.get(key)))
            .cloned();
        if self.world.is_replaced(path) {
            return over;
        }
        let base = self.base(path);
        match (over, base) {
            (Some(over), Some(base)) => Some(merge(over, &base)),
            (over, base) => over.or(base),
        }
    }

    fn base(&self, path: &[Value]) -> Option<Value> {
        let document = self.program.base.as_ref()?;
        if path.is_empty() {
            return Some(without_system(document));
        }
        let found = path
            .iter()
            .try_fold(document, |value, key| match (value, key) {
                // OPA's storage knows keys as texts: a number finds the key that is written like it.
                (Value::Object(fields), Value::Number(number)) => {
                    fields.get_str(&number.to_string())
                }
                (Value::Object(fields), Value::String(key)) => fields.get_str(key),
                (Value::Array(items), Value::Number(number)) => items.get(number.to_index()?),
                (Value::Array(items), Value::String(key)) => {
                    let index = crate::value::Number::parse(key)?.to_index()?;
                    items.get(index)
                }
                _ => None,
            });
        found.cloned()
    }

    /// Asks the index of a set which definitions are to be tried; a function's arguments are these operands.
    pub(super) fn look_up_index(&self, index: &Index, args: Range<usize>, selected: &mut Selected) {
        if !self.options.rule_indexing {
            index.all(selected);
            selected.early_exit = false;
            return;
        }
        let mut asked = Asked {
            machine: self,
            args: self.memory.operands.get(args).unwrap_or_default(),
        };
        match index.lookup(&mut asked, selected) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }
}

/// What an index asks of a decision.
struct Asked<'m, 'p> {
    machine: &'m Machine<'p>,
    args: &'m [Value],
}

impl Resolver for Asked<'_, '_> {
    type Error = Infallible;

    fn resolve(&mut self, place: &Place) -> Result<Option<Value>, Infallible> {
        Ok(match place {
            Place::Input(path) => {
                let input = self.machine.world.input.as_ref();
                let found = input
                    .and_then(|input| path.iter().try_fold(input, |value, key| value.get(key)));
                found.cloned()
            }
            Place::Data(path) => self.machine.document(path),
            Place::Argument(number) => self.args.get(*number).cloned(),
        })
    }
}

/// All of data but what is OPA's own.
fn without_system(document: &Value) -> Value {
    match document {
        Value::Object(fields) if fields.get_str("system").is_some() => {
            let mut fields = Object::clone(fields);
            fields.remove(&Value::from("system"));
            Value::from(fields)
        }
        _ => document.clone(),
    }
}

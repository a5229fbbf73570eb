//! References into `data`: rules and base documents, as one document.

use super::flow::{Flow, Loop, Ran, Settled, Sink};
use super::machine::Machine;
use super::memo::Entry;
use crate::plan::program::{Kind, NodeId, SetId};
use crate::plan::step::{DataStep, Hop, Pattern};
use crate::problem::Problem;
use crate::value::{Object, Value};

impl<'p> Machine<'p> {
    /// Runs the sink for each value that a reference into `data` can mean.
    pub(super) fn data(&mut self, step: &'p DataStep, base: usize, sink: Sink<'_, 'p>) -> Ran {
        self.data_at(step, &step.result, base, sink)
    }

    /// As [`data`](Self::data), where something else is wanted of the values.
    pub(super) fn data_at(
        &mut self,
        step: &'p DataStep,
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        if let Some(known) = step.known
            && self.world.replaced.is_empty()
        {
            let rest = step.hops.get(known.at..).unwrap_or_default();
            return self.rules(known.set, rest, result, base, sink);
        }
        let mut path = Vec::new();
        self.descend(Some(0), &step.hops, &mut path, result, base, sink)
    }

    /// The value of a reference, if it can be found before what follows it.
    pub(super) fn settled_data(
        &mut self,
        step: &'p DataStep,
        base: usize,
    ) -> Result<Settled, Box<Problem>> {
        let Some(known) = step.known.filter(|_| self.world.replaced.is_empty()) else {
            return Ok(Settled::Later);
        };
        let Some(Kind::Complete) = self.program.sets.get(known.set).map(|set| set.kind) else {
            return Ok(Settled::Later);
        };
        let hops = step.hops.get(known.at..).unwrap_or_default();
        if hops.iter().any(|hop| matches!(hop, Hop::Each(_))) {
            return Ok(Settled::Later);
        }
        let value = match self.world.memo.get(known.set) {
            Entry::Undefined => return Ok(Settled::Now(None)),
            Entry::Value(value) => value.clone(),
            Entry::Unknown => {
                let start = self.memory.operands.len();
                match self.settled(known.set, start)? {
                    Settled::Now(Some(value)) => value,
                    other => return Ok(other),
                }
            }
        };
        if hops.is_empty() {
            return Ok(Settled::Now(Some(value)));
        }
        let found = hops.iter().try_fold(value, |value, hop| match hop {
            Hop::Key(key) => self.look_up(&value, std::slice::from_ref(key), base),
            Hop::Each(_) => None,
        });
        Ok(Settled::Now(found))
    }

    fn rules(
        &mut self,
        set: SetId,
        hops: &'p [Hop],
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        match self.program.sets.get(set).map(|set| set.kind) {
            Some(Kind::Complete) => {
                self.complete(set, &mut |m, value| m.walk(value, hops, result, base, sink))
            }
            Some(Kind::Set | Kind::Object) => self.partial(set, hops, result, base, sink),
            // A function is no document.
            Some(Kind::Function(_)) | None => Ok(Flow::Next),
        }
    }

    fn descend(
        &mut self,
        node: Option<NodeId>,
        hops: &'p [Hop],
        path: &mut Vec<Value>,
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        let Some((hop, rest)) = hops.split_first() else {
            return match self.extent(node, path)? {
                Some(value) => self.take(value, result, base, sink),
                None => Ok(Flow::Next),
            };
        };
        let pattern = match hop {
            Hop::Key(key) => {
                let key = self.build(key, base);
                return self.down(node, key, rest, path, result, base, sink);
            }
            Hop::Each(pattern) => pattern,
        };
        let document = self.document(path);
        let mut keys = Loop::new();
        for key in document.iter().flat_map(keys_of) {
            self.limits.step(1)?;
            if self.matches(pattern, key.clone(), base) {
                let flow = self.down(node, key, rest, path, result, base, sink)?;
                if keys.ends(flow) {
                    return Ok(Flow::Stop);
                }
            }
        }
        if keys.flow() != Flow::Next {
            return Ok(keys.flow());
        }
        let program = self.program;
        let Some(node_here) = node.and_then(|node| program.nodes.get(node)) else {
            return Ok(Flow::Next);
        };
        for key in node_here.children.keys() {
            self.limits.step(1)?;
            // What both have was gone through already.
            if document
                .as_ref()
                .is_some_and(|document| document.get(key).is_some())
            {
                continue;
            }
            if self.matches(pattern, key.clone(), base) {
                let flow = self.down(node, key.clone(), rest, path, result, base, sink)?;
                if flow != Flow::Next {
                    return Ok(flow);
                }
            }
        }
        Ok(Flow::Next)
    }

    #[expect(clippy::too_many_arguments, reason = "where a descent stands")]
    fn down(
        &mut self,
        node: Option<NodeId>,
        key: Value,
        hops: &'p [Hop],
        path: &mut Vec<Value>,
        result: &'p Pattern,
        base: usize,
        sink: Sink<'_, 'p>,
    ) -> Ran {
        let program = self.program;
        let mut child = node
            .and_then(|node| program.nodes.get(node))
            .and_then(|node| node.children.get(&key).copied());
        path.push(key);
        if self.world.is_replaced(path) {
            child = None;
        }
        let set = child.and_then(|child| program.nodes.get(child)?.set);
        let ran = match set {
            Some(set) => self.rules(set, hops, result, base, sink),
            None => self.nested(|m| m.descend(child, hops, path, result, base, sink)),
        };
        path.pop();
        ran
    }

    /// The whole document at a path.
    fn extent(
        &mut self,
        node: Option<NodeId>,
        path: &mut Vec<Value>,
    ) -> Result<Option<Value>, Box<Problem>> {
        let document = self.document(path);
        let rules = match node {
            Some(node) => self.leaves(node, path)?.map(Value::from),
            None => None,
        };
        Ok(match (document, rules) {
            (Some(document), Some(rules)) => Some(merge(document, &rules)),
            (document, rules) => document.or(rules),
        })
    }

    /// What the rules at and below a place make of it.
    fn leaves(
        &mut self,
        node: NodeId,
        path: &mut Vec<Value>,
    ) -> Result<Option<Object>, Box<Problem>> {
        let program = self.program;
        let Some(node) = program.nodes.get(node) else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        for (key, child) in &node.children {
            let Some(below) = program.nodes.get(*child).filter(|node| !node.hidden) else {
                continue;
            };
            path.push(key.clone());
            let value = match below.set {
                Some(_) if self.world.is_replaced(path) => self.document(path),
                Some(set) => self.nested(|m| m.value_of(set))?,
                None => self.nested(|m| m.leaves(*child, path))?.map(Value::from),
            };
            path.pop();
            fields.extend(value.map(|value| (key.clone(), value)));
        }
        Ok(Some(fields.into_iter().collect()))
    }

    /// The value of a set of rules.
    fn value_of(&mut self, set: SetId) -> Result<Option<Value>, Box<Problem>> {
        match self.program.sets.get(set).map(|set| set.kind) {
            Some(Kind::Complete) => {
                let mut found = None;
                self.complete(set, &mut |_, value| {
                    found = Some(value);
                    Ok(Flow::Next)
                })?;
                Ok(found)
            }
            Some(Kind::Set | Kind::Object) => self.whole(set).map(Some),
            Some(Kind::Function(_)) | None => Ok(None),
        }
    }
}

/// The keys of a document, as a reference goes through them.
fn keys_of(document: &Value) -> Vec<Value> {
    match document {
        Value::Array(items) => (0..items.len()).map(Value::from).collect(),
        Value::Object(fields) => fields.keys().cloned().collect(),
        Value::Set(elements) => elements.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Two documents as one: where both have something that is not an object, the first counts.
pub(super) fn merge(first: Value, other: &Value) -> Value {
    match (&first, other) {
        (Value::Object(one), Value::Object(more)) => {
            let mut merged = Object::clone(one);
            for (key, value) in more.iter() {
                let value = match one.get(key) {
                    Some(there) => merge(there.clone(), value),
                    None => value.clone(),
                };
                merged.insert(key.clone(), value);
            }
            Value::from(merged)
        }
        _ => first,
    }
}

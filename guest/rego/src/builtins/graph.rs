//! `graph.*`: which nodes can be reached, and on which paths.

use std::collections::HashSet;

use super::operand::{at, items, object, wrong};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Object, Set, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::relation("walk", "any -> array<array[any], any>"),
    Builtin::pure(
        "graph.reachable",
        "object[any: any<array[any], set[any]>], any<array[any], set[any]> -> set[any]",
        reachable,
    ),
    Builtin::pure(
        "graph.reachable_paths",
        "object[any: any<array[any], set[any]>], any<array[any], set[any]> -> set[array[any]]",
        reachable_paths,
    ),
];

/// Paths grow exponentially with a graph's edges.
const MAX_PATHS: usize = 100_000;

/// `graph.reachable`.
pub fn reachable(args: &[Value]) -> Answer {
    let graph = object(args, 0)?;
    let mut queue = initial(args)?.to_vec();
    let mut reached = HashSet::new();
    while let Some(node) = queue.pop() {
        if let Some(edges) = graph.get(&node)
            && reached.insert(node)
        {
            let unseen = items(edges)
                .unwrap_or_default()
                .iter()
                .filter(|node| !reached.contains(*node));
            queue.extend(unseen.cloned());
        }
    }
    Ok(Some(Value::from(reached.into_iter().collect::<Set>())))
}

/// `graph.reachable_paths`: from each initial node to where a path ends, leaves the graph, or meets itself.
pub fn reachable_paths(args: &[Value]) -> Answer {
    let graph = object(args, 0)?;
    let mut paths = Paths {
        graph,
        found: HashSet::new(),
    };
    for node in initial(args)? {
        paths.from(node)?;
    }
    Ok(Some(Value::from(
        paths.found.into_iter().map(Value::from).collect::<Set>(),
    )))
}

struct Paths<'graph> {
    graph: &'graph Object,
    found: HashSet<Vec<Value>>,
}

impl Paths<'_> {
    fn from(&mut self, initial: &Value) -> Result<(), BuiltinError> {
        let Some(edges) = self.graph.get(initial) else {
            return Ok(());
        };
        let mut path = vec![initial.clone()];
        let mut open = vec![items(edges).unwrap_or_default().iter()];
        if open.iter().all(|edges| edges.len() == 0) {
            return self.add(&path);
        }
        while let Some(edges) = open.last_mut() {
            let Some(neighbour) = edges.next() else {
                open.pop();
                path.pop();
                continue;
            };
            // The first step is not asked whether it leads back: OPA takes it, and so meets the node once more.
            let meets_itself = open.len() > 1 && path.contains(neighbour);
            match self.graph.get(neighbour) {
                Some(edges) if !meets_itself => {
                    path.push(neighbour.clone());
                    let edges = items(edges).unwrap_or_default();
                    if edges.is_empty() {
                        self.add(&path)?;
                        path.pop();
                    } else {
                        open.push(edges.iter());
                    }
                }
                _ => self.add(&path)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &[Value]) -> Result<(), BuiltinError> {
        self.found.insert(path.to_vec());
        if self.found.len() > MAX_PATHS {
            return Err(BuiltinError::Failed(format!("more than {MAX_PATHS} paths")));
        }
        Ok(())
    }
}

/// The initial nodes.
fn initial(args: &[Value]) -> Result<&[Value], BuiltinError> {
    let operand = at(args, 1);
    items(operand).ok_or_else(|| wrong(1, "{array, set}", operand))
}

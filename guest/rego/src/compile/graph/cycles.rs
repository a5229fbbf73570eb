//! Rules that need each other.

use std::collections::{HashMap, HashSet, VecDeque};

use super::nodes::Graph;

/// Nodes that need each other, gathered; what others need before those others. Tarjan's algorithm, without
/// recursion: how deep rules stand on each other is the policy's doing.
#[must_use]
pub fn components(graph: &Graph) -> Vec<Vec<usize>> {
    let mut search = Search {
        number: vec![None; graph.len()],
        lowest: vec![0; graph.len()],
        on_path: vec![false; graph.len()],
        path: Vec::new(),
        found: Vec::new(),
        next: 0,
    };
    for start in 0..graph.len() {
        if search.number.get(start).is_some_and(Option::is_none) {
            search.from(start, graph);
        }
    }
    search.found
}

struct Search {
    /// In which order nodes were met.
    number: Vec<Option<usize>>,
    /// The first-met node that a node leads back to.
    lowest: Vec<usize>,
    on_path: Vec<bool>,
    path: Vec<usize>,
    found: Vec<Vec<usize>>,
    next: usize,
}

impl Search {
    fn from(&mut self, start: usize, graph: &Graph) {
        let mut open = vec![(start, 0_usize)];
        self.enter(start);
        while let Some((node, edge)) = open.last_mut() {
            let node = *node;
            let Some(needed) = graph.needs(node).get(*edge).copied() else {
                open.pop();
                if let Some((above, _)) = open.last() {
                    self.lower(*above, self.lowest_of(node));
                }
                self.leave(node);
                continue;
            };
            *edge += 1;
            match self.number.get(needed).copied().flatten() {
                None => {
                    self.enter(needed);
                    open.push((needed, 0));
                }
                Some(number) if self.on_path.get(needed).copied().unwrap_or_default() => {
                    self.lower(node, number);
                }
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, node: usize) {
        set(&mut self.number, node, Some(self.next));
        set(&mut self.lowest, node, self.next);
        set(&mut self.on_path, node, true);
        self.path.push(node);
        self.next += 1;
    }

    fn lowest_of(&self, node: usize) -> usize {
        self.lowest.get(node).copied().unwrap_or_default()
    }

    fn lower(&mut self, node: usize, to: usize) {
        let lowest = self.lowest_of(node).min(to);
        set(&mut self.lowest, node, lowest);
    }

    fn leave(&mut self, node: usize) {
        if self.number.get(node).copied().flatten() != Some(self.lowest_of(node)) {
            return;
        }
        let mut component = Vec::new();
        while let Some(member) = self.path.pop() {
            set(&mut self.on_path, member, false);
            component.push(member);
            if member == node {
                break;
            }
        }
        self.found.push(component);
    }
}

fn set<T>(items: &mut [T], at: usize, value: T) {
    if let Some(item) = items.get_mut(at) {
        *item = value;
    }
}

/// The nodes that can be reached from themselves, each with the number of its component.
#[must_use]
pub fn recursive(graph: &Graph) -> HashMap<usize, usize> {
    let mut found = HashMap::new();
    for (number, component) in components(graph).into_iter().enumerate() {
        let loops = match component.as_slice() {
            [only] => graph.needs(*only).contains(only),
            _ => true,
        };
        if loops {
            found.extend(component.into_iter().map(|node| (node, number)));
        }
    }
    found
}

/// A shortest way from a node back to itself, both ends included.
#[must_use]
pub fn way_back(graph: &Graph, start: usize, within: &HashMap<usize, usize>) -> Vec<usize> {
    let component = within.get(&start);
    let mut from: HashMap<usize, usize> = HashMap::new();
    let mut seen: HashSet<usize> = HashSet::new();
    let mut open = VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        for needed in graph.needs(node).iter().copied() {
            if within.get(&needed) != component || !seen.insert(needed) {
                continue;
            }
            from.insert(needed, node);
            if needed == start {
                let mut way = vec![start];
                let mut at = node;
                while at != start {
                    way.push(at);
                    match from.get(&at) {
                        Some(before) => at = *before,
                        None => break,
                    }
                }
                way.push(start);
                way.reverse();
                return way;
            }
            open.push_back(needed);
        }
    }
    Vec::new()
}

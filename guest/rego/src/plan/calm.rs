//! Which rules can be evaluated before what follows them.
//!
//! A solution runs what follows it before the next solution is looked for. Where no next solution can matter,
//! the value may as well be found first: that needs no nesting. It matters where another value would be a
//! conflict, and where it matters for anything the body itself refers to.

use super::program::{Kind, Program, RuleId, SetId};
use super::step::{Hop, Step};
use crate::builtins::Run;

/// Marks what is calm.
pub fn mark(program: &mut Program) {
    let mut state = vec![State::Unknown; program.sets.len()];
    for set in 0..program.sets.len() {
        settle(program, set, &mut state);
    }
    for (set, state) in program.sets.iter_mut().zip(&state) {
        set.calm = *state == State::Calm;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Open,
    Calm,
    Restless,
}

/// Settles a set after those it refers to; by hand, since policies decide how deep they nest.
fn settle(program: &mut Program, set: SetId, state: &mut [State]) {
    let mut path = vec![set];
    while let Some(&set) = path.last() {
        match state.get_mut(set) {
            Some(state @ State::Unknown) => *state = State::Open,
            Some(State::Open) => {}
            _ => {
                path.pop();
                continue;
            }
        }
        let members = program
            .sets
            .get(set)
            .map(|set| set.members.clone())
            .unwrap_or_default();
        let needed: Vec<_> = members
            .iter()
            .flat_map(|rule| references(program, *rule))
            .flatten()
            .collect();
        let before = path.len();
        path.extend(
            needed
                .iter()
                .filter(|set| state.get(**set) == Some(&State::Unknown)),
        );
        if path.len() > before {
            continue;
        }
        path.pop();
        for rule in &members {
            let calm = references(program, *rule)
                .into_iter()
                .all(|set| set.is_some_and(|set| state.get(set) == Some(&State::Calm)));
            if let Some(rule) = program.rules.get_mut(*rule) {
                rule.calm = calm;
            }
        }
        let is_calm = is_calm(program, set);
        if let Some(state) = state.get_mut(set) {
            *state = if is_calm {
                State::Calm
            } else {
                State::Restless
            };
        }
    }
}

fn is_calm(program: &Program, set: SetId) -> bool {
    let Some(set) = program.sets.get(set) else {
        return false;
    };
    // What makes many values is evaluated whole before anything follows.
    if matches!(set.kind, Kind::Set | Kind::Object) {
        return true;
    }
    let mut rules = set
        .members
        .iter()
        .filter_map(|rule| program.rules.get(*rule));
    let all_calm = rules.clone().all(|rule| rule.calm);
    all_calm
        && (set.index.has_one_value()
            || (set.index.has_one_chain() && rules.all(|rule| rule.single)))
}

/// The sets whose values a definition's body asks for in the open; `None` for what is not known.
fn references(program: &Program, rule: RuleId) -> Vec<Option<SetId>> {
    let mut found = Vec::new();
    let variants = program
        .rules
        .get(rule)
        .map_or(&[][..], |rule| &rule.variants);
    for variant in variants.iter().take(1) {
        read(&variant.body, &mut found);
    }
    found
}

fn read(steps: &[Step], found: &mut Vec<Option<SetId>>) {
    for step in steps {
        match step {
            Step::Data(data) => found.push(data.known.map(|known| known.set)),
            Step::Apply(apply) => found.push(Some(apply.set)),
            // Another world may hold other functions.
            Step::With(_) => found.push(None),
            _ => {}
        }
    }
}

/// Whether a body has one solution at most.
pub fn is_single(body: &[Step]) -> bool {
    body.iter().all(|step| match step {
        Step::Walk(..) | Step::Parts(_) => false,
        Step::Data(data) => !data.hops.iter().any(|hop| matches!(hop, Hop::Each(_))),
        Step::Call(call) => !matches!(call.builtin.run, Run::Relation),
        Step::With(with) => is_single(&with.body),
        _ => true,
    })
}

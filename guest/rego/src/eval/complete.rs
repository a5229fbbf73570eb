//! Rules and functions of one value.

use super::flow::{Flow, Ran, Settled, Taker};
use super::limits;
use super::machine::Machine;
use super::memo::Entry;
use crate::plan::Mask;
use crate::plan::index::Selected;
use crate::plan::program::{Gives, Kind, RuleId, SetId, Variant};
use crate::plan::step::Build;
use crate::problem::Problem;
use crate::value::Value;

/// What is known while a set's definitions are tried.
#[derive(Debug, Default)]
struct Trial {
    /// The value found so far.
    value: Option<Value>,
    /// Whether the definition tried last has one.
    hit: bool,
    /// What was said when the value was handed on.
    said: Option<Flow>,
}

/// What is asked of a set's definitions.
#[derive(Debug, Clone, Copy)]
struct Asked<'v> {
    set: SetId,
    /// Where a function's arguments lie among the operands.
    start: usize,
    /// The only value that counts, where that is known.
    wanted: Option<&'v Value>,
}

impl<'p> Machine<'p> {
    /// Hands the value of a complete rule on.
    pub(super) fn complete(&mut self, set: SetId, take: Taker<'_, 'p>) -> Ran {
        match self.world.memo.get(set) {
            Entry::Unknown => {}
            Entry::Undefined => return Ok(Flow::Next),
            Entry::Value(value) => {
                let value = value.clone();
                return take(self, value);
            }
        }
        let start = self.memory.operands.len();
        self.definitions(set, start, None, take)
    }

    /// Hands the value of a set's definitions on; a function's arguments are the operands from `start` up. Where it
    /// is known which value is wanted, a definition with another one counts as if it had none, as in OPA.
    pub(super) fn definitions(
        &mut self,
        set: SetId,
        start: usize,
        wanted: Option<&Value>,
        take: Taker<'_, 'p>,
    ) -> Ran {
        let selected = self.select(set, start);
        let asked = Asked { set, start, wanted };
        let ran = self.try_all(asked, &selected, take);
        self.memory.selections.push(selected);
        ran
    }

    /// The value of a set's definitions, if it can be found before what follows it.
    pub(super) fn settled(&mut self, set: SetId, start: usize) -> Result<Settled, Box<Problem>> {
        // Without the index every definition is tried to its end, as OPA does then.
        if !self.world.mocks.is_empty() || !self.options.rule_indexing {
            return Ok(Settled::Later);
        }
        let selected = self.select(set, start);
        let found = if self.is_settled(set, &selected) {
            self.first(set, start, &selected).map(Settled::Now)
        } else {
            Ok(Settled::Later)
        };
        self.memory.selections.push(selected);
        found
    }

    /// Whether the first value of these definitions is all there is to know.
    fn is_settled(&self, set: SetId, selected: &Selected) -> bool {
        if self.program.sets.get(set).is_some_and(|set| set.calm) {
            return true;
        }
        let one_chain = || selected.chains().nth(1).is_none();
        let mut rules = selected
            .branches
            .iter()
            .filter_map(|branch| self.program.rules.get(branch.number()));
        if selected.early_exit {
            rules.all(|rule| rule.calm)
        } else {
            one_chain() && rules.all(|rule| rule.calm && rule.single)
        }
    }

    fn first(
        &mut self,
        set: SetId,
        start: usize,
        selected: &Selected,
    ) -> Result<Option<Value>, Box<Problem>> {
        let mut found = None;
        let branches = selected.branches.iter().map(|branch| branch.number());
        for rule in branches.chain(selected.default) {
            self.solve(rule, Mask::NONE, start, &[], &mut |m, base, variant| {
                if let Gives::Value(value) = &variant.gives {
                    found = Some(m.build(value, base));
                }
                Ok(Flow::Stop)
            })?;
            if found.is_some() {
                break;
            }
        }
        match &found {
            Some(value) => self.keep(set, start, value),
            None if self.is_complete(set) && !selected.is_empty() => {
                self.world.memo.put(set, Entry::Undefined);
            }
            None => {}
        }
        Ok(found)
    }

    fn try_all(&mut self, asked: Asked<'_>, selected: &Selected, take: Taker<'_, 'p>) -> Ran {
        if selected.is_empty() {
            return Ok(Flow::Next);
        }
        let one = selected.early_exit;
        let mut trial = Trial::default();
        for chain in selected.chains() {
            for branch in chain {
                let flow = self.try_one(asked, branch.number(), one, &mut trial, take)?;
                if flow == Flow::Stop {
                    return Ok(trial.said.unwrap_or(Flow::Next));
                }
                // A branch is tried only where those before it have no value.
                if trial.hit {
                    break;
                }
            }
        }
        if trial.value.is_none() {
            match selected.default {
                Some(default) => {
                    self.try_one(asked, default, one, &mut trial, take)?;
                }
                None if self.is_complete(asked.set) => {
                    self.world.memo.put(asked.set, Entry::Undefined);
                }
                None => {}
            }
        }
        Ok(trial.said.unwrap_or(Flow::Next))
    }

    /// Tries one definition. With `one`, its first value is all there is to know.
    fn try_one(
        &mut self,
        asked: Asked<'_>,
        rule: RuleId,
        one: bool,
        trial: &mut Trial,
        take: Taker<'_, 'p>,
    ) -> Ran {
        let Asked { set, start, wanted } = asked;
        trial.hit = false;
        if wanted.is_some_and(|wanted| self.gives_another(rule, wanted)) {
            return Ok(Flow::Next);
        }
        self.solve(rule, Mask::NONE, start, &[], &mut |m, base, variant| {
            let Gives::Value(value) = &variant.gives else {
                return Ok(Flow::Next);
            };
            let value = m.build(value, base);
            if wanted.is_some_and(|wanted| *wanted != value) {
                return Ok(Flow::Next);
            }
            trial.hit = true;
            let said = match &trial.value {
                Some(before) if *before != value => {
                    let at = m
                        .program
                        .rules
                        .get(rule)
                        .map(|rule| rule.at)
                        .unwrap_or_default();
                    let what = if m.is_complete(set) {
                        "complete rules must not produce multiple outputs"
                    } else {
                        "functions must not produce multiple outputs for same inputs"
                    };
                    return m.conflict(what, at);
                }
                Some(_) => Flow::Next,
                None => {
                    trial.value = Some(value.clone());
                    m.keep(set, start, &value);
                    let said = take(m, value)?;
                    if said != Flow::Next {
                        trial.said = Some(said);
                    }
                    said
                }
            };
            Ok(match (said, one) {
                (_, true) => Flow::Stop,
                (Flow::Next, false) => Flow::Next,
                // Whoever asked has enough, but another value would still be a conflict.
                (_, false) => Flow::Enough,
            })
        })
    }

    /// Whether a definition has one value, and that is another one.
    fn gives_another(&self, rule: RuleId, wanted: &Value) -> bool {
        let rule = self.program.rules.get(rule);
        let gives = rule
            .and_then(|rule| rule.variants.first())
            .map(|v| &v.gives);
        matches!(gives, Some(Gives::Value(Build::Const(value))) if value != wanted)
    }

    /// Runs a definition's body, and the sink for each solution with its frame.
    pub(super) fn solve(
        &mut self,
        rule: RuleId,
        known: Mask,
        start: usize,
        keys: &[Option<Value>],
        sink: &mut dyn FnMut(&mut Self, usize, &'p Variant) -> Ran,
    ) -> Ran {
        let program = self.program;
        let Some(plan) = program.rules.get(rule) else {
            return Ok(Flow::Next);
        };
        let Some(variant) = plan.variant(known).or_else(|| plan.variants.first()) else {
            return Ok(Flow::Next);
        };
        let base = self.memory.stack.len();
        self.memory.stack.resize(base + plan.slots, Value::Null);
        let mut matched = true;
        for (n, pattern) in plan.args.iter().enumerate() {
            let arg = self.memory.operands.get(start + n).cloned();
            matched = matched && arg.is_some_and(|arg| self.matches(pattern, arg, base));
        }
        for (place, pattern) in &variant.entry {
            let key = keys.get(*place).cloned().flatten();
            matched = matched && key.is_some_and(|key| self.matches(pattern, key, base));
        }
        let ran = if matched {
            self.limits.enter(limits::RULE)?;
            let ran = self.run(&variant.body, base, &mut |m| sink(m, base, variant));
            self.limits.leave(limits::RULE);
            ran
        } else {
            Ok(Flow::Next)
        };
        self.memory.stack.truncate(base);
        ran
    }

    /// The definitions to be tried. The buffer goes back to `memory.selections`.
    pub(super) fn select(&mut self, set: SetId, start: usize) -> Selected {
        let mut selected = self.memory.selections.pop().unwrap_or_default();
        let program = self.program;
        if let Some(set) = program.sets.get(set) {
            let args = match set.kind {
                Kind::Function(count) => start..start + count,
                _ => start..start,
            };
            self.look_up_index(&set.index, args, &mut selected);
        }
        selected
    }

    fn is_complete(&self, set: SetId) -> bool {
        let set = self.program.sets.get(set);
        set.is_some_and(|set| set.kind == Kind::Complete)
    }

    fn keep(&mut self, set: SetId, start: usize, value: &Value) {
        match self.program.sets.get(set).map(|set| set.kind) {
            Some(Kind::Function(count)) => {
                let args = self.memory.operands.get(start..start + count);
                let args = args.unwrap_or_default();
                self.world.memo.put_call(set, args, value.clone());
            }
            _ => self.world.memo.put(set, Entry::Value(value.clone())),
        }
    }
}

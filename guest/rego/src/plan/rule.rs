//! Definitions.

use super::calm;
use super::mask::Mask;
use super::planner::{Planned, Planner, unplanned};
use super::program::{Gives, RuleId, SetId, Variant};
use super::scope::Scope;
use super::step::Build;
use crate::syntax::ast::Rule;

impl Planner<'_> {
    /// Plans one body of a definition, and with the first its head.
    pub(super) fn plan_rule(&mut self, id: RuleId, set: SetId, known: Mask) -> Planned<()> {
        let Some(rule) = self.sources.get(id).copied() else {
            return Ok(());
        };
        let depth = self.program.sets.get(set).map_or(0, |set| set.path.len());
        let mut scope = Scope::default();
        let args: Planned<Vec<_>> = rule
            .head
            .args
            .iter()
            .map(|arg| Self::pattern(&mut scope, arg))
            .collect();
        let args = args?;
        // `data` itself is the first part of a head, but not of a path.
        let tail = rule.head.reference.get(depth + 1..).unwrap_or_default();
        let element = rule
            .head
            .key
            .as_ref()
            .filter(|_| rule.head.is_multi_value());
        let places = tail.iter().chain(element);
        let mut entry = Vec::new();
        for (place, term) in places.enumerate().filter(|(place, _)| known.has(*place)) {
            // What cannot be taken apart beforehand, for a key in it has no value yet, is looked for afterwards.
            let before = scope.remember();
            match Self::pattern(&mut scope, term) {
                Ok(pattern) => entry.push((place, pattern)),
                Err(_) => scope.restore(before),
            }
        }
        let body = self.body(&mut scope, &rule.body)?;
        let tail: Planned<Vec<Build>> = tail.iter().map(|term| Self::build(&scope, term)).collect();
        let gives = match (&rule.head.value, &rule.head.key) {
            (Some(value), _) => Gives::Value(Self::build(&scope, value)?),
            (None, Some(key)) => Gives::Element(Self::build(&scope, key)?),
            (None, None) => return Err(unplanned(rule.at, "a rule without a value")),
        };
        let single = calm::is_single(&body);
        let variant = Variant {
            known,
            entry: entry.into(),
            body,
            tail: tail?.into(),
            gives,
        };
        if let Some(plan) = self.program.rules.get_mut(id) {
            if plan.variants.is_empty() {
                plan.args = args.into();
                plan.places = Self::places(rule, depth);
                plan.single = single;
                plan.at = rule.at;
            }
            plan.slots = plan.slots.max(scope.count());
            plan.variants.push(variant);
        }
        Ok(())
    }

    /// The places behind its set's path that a definition's head has.
    pub(super) fn places(rule: &Rule, depth: usize) -> usize {
        let tail = rule.head.reference.len().saturating_sub(depth + 1);
        tail + usize::from(rule.head.is_multi_value())
    }
}

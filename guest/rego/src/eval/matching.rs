//! Taking values apart.

use super::machine::Machine;
use crate::plan::step::{Build, Pattern};
use crate::value::Value;

impl Machine<'_> {
    /// Whether a value matches; its parts are then in the slots of the frame at `base`.
    #[inline]
    pub(super) fn matches(&mut self, pattern: &Pattern, value: Value, base: usize) -> bool {
        match pattern {
            Pattern::Any => true,
            Pattern::Never => false,
            Pattern::Truthy => !value.is_false(),
            Pattern::Bind(slot) => {
                self.bind(base, *slot, value);
                true
            }
            Pattern::Same(build) => self.is_same(build, &value, base),
            parts => self.match_parts(parts, &value, base),
        }
    }

    fn matches_part(&mut self, pattern: &Pattern, value: &Value, base: usize) -> bool {
        match pattern {
            Pattern::Any => true,
            Pattern::Never => false,
            Pattern::Truthy => !value.is_false(),
            Pattern::Bind(slot) => {
                self.bind(base, *slot, value.clone());
                true
            }
            Pattern::Same(build) => self.is_same(build, value, base),
            parts => self.match_parts(parts, value, base),
        }
    }

    fn match_parts(&mut self, pattern: &Pattern, value: &Value, base: usize) -> bool {
        match (pattern, value) {
            (Pattern::Array(patterns), Value::Array(items)) => {
                patterns.len() == items.len()
                    && patterns
                        .iter()
                        .zip(items.iter())
                        .all(|(pattern, item)| self.matches_part(pattern, item, base))
            }
            (Pattern::Object(patterns), Value::Object(fields)) => {
                patterns.len() == fields.len()
                    && patterns.iter().all(|(key, pattern)| {
                        let key = self.build(key, base);
                        fields
                            .get(&key)
                            .is_some_and(|value| self.matches_part(pattern, value, base))
                    })
            }
            _ => false,
        }
    }

    #[inline]
    fn is_same(&self, build: &Build, value: &Value, base: usize) -> bool {
        match build {
            Build::Const(wanted) => wanted == value,
            Build::Slot(slot) => self.slot(base, *slot) == value,
            _ => self.build(build, base) == *value,
        }
    }
}

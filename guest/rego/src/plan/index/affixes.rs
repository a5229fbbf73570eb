//! Beginnings of texts, and which of them a text has.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Beginnings, each with what it leads to. For ends of texts, everything is read backwards.
#[derive(Debug, Clone, Default)]
pub struct Affixes<T> {
    /// Sorted.
    keys: Vec<Affix<T>>,
}

#[derive(Debug, Clone)]
struct Affix<T> {
    key: Box<[u8]>,
    leads_to: T,
    /// The longest other key that this one begins with.
    parent: Option<usize>,
}

impl<T: Copy> Affixes<T> {
    /// Of these keys.
    pub fn new(keys: BTreeMap<Box<[u8]>, T>) -> Self {
        let mut sorted: Vec<Affix<T>> = Vec::with_capacity(keys.len());
        // The last key, and all keys it begins with.
        let mut open: Vec<usize> = Vec::new();
        for (key, leads_to) in keys {
            let begins = |at: &usize| sorted.get(*at).is_some_and(|one| key.starts_with(&one.key));
            while open.last().is_some_and(|at| !begins(at)) {
                open.pop();
            }
            let parent = open.last().copied();
            open.push(sorted.len());
            sorted.push(Affix {
                key,
                leads_to,
                parent,
            });
        }
        Self { keys: sorted }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Visits what the beginnings of a text lead to.
    pub fn visit<B>(&self, text: &B, mut visit: impl FnMut(T))
    where
        B: Iterator<Item = u8> + Clone,
    {
        let above = self
            .keys
            .partition_point(|one| one.key.iter().copied().cmp(text.clone()) != Ordering::Greater);
        // The greatest key that is no greater than the text begins with every beginning that it has.
        let mut at = above.checked_sub(1);
        while let Some(affix) = at.and_then(|at| self.keys.get(at)) {
            if begins(text.clone(), &affix.key) {
                visit(affix.leads_to);
            }
            at = affix.parent;
        }
    }
}

fn begins(mut text: impl Iterator<Item = u8>, key: &[u8]) -> bool {
    key.iter().all(|byte| text.next() == Some(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_beginnings_of_a_text_are_found() {
        let keys = ["", "a", "ab", "abc", "abd", "b", "ba", "bab"];
        let affixes = Affixes::new(
            keys.iter()
                .map(|key| (key.as_bytes().into(), *key))
                .collect(),
        );
        for text in ["", "a", "abcd", "abz", "b", "baa", "babab", "c", "0", "é"] {
            let mut found = Vec::new();
            affixes.visit(&text.bytes(), |key| found.push(key));
            found.reverse();
            let mut expected = keys.to_vec();
            expected.retain(|key| text.starts_with(key));
            assert_eq!(found, expected, "{text}");
        }
    }
}

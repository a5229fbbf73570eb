//! Random operations on the cache, through the component, and on a model that is obviously right.
//!
//! Time cannot be faked from out here: entries live for ever or not at all. `guest/cache` has the same
//! test with time.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use proptest::prelude::*;
use sark_policy::{Cache, CacheSettings, CacheStatistics, Outcome};
use sark_policy_tests::PATIENCE;

/// Entries from the least to the most recently used.
struct Model {
    entries: Vec<(String, String)>,
    most_entries: usize,
    most_bytes: usize,
    figures: CacheStatistics,
}

impl Model {
    fn take(&mut self, key: &str) -> Option<(String, String)> {
        let place = self.entries.iter().position(|(known, _)| known == key)?;
        Some(self.entries.remove(place))
    }

    fn get(&mut self, key: &str) -> Option<String> {
        let Some(entry) = self.take(key) else {
            self.figures.misses += 1;
            return None;
        };
        self.figures.hits += 1;
        let value = entry.1.clone();
        self.entries.push(entry);
        Some(value)
    }

    fn set(&mut self, key: &str, value: &str, lives: bool) -> Outcome {
        let earlier = self.take(key);
        if !lives {
            return Outcome::Expired;
        }
        if key.len() + value.len() > self.most_bytes {
            return Outcome::Oversized;
        }
        self.entries.push((key.to_owned(), value.to_owned()));
        while self.entries.len() > self.most_entries || self.bytes() > self.most_bytes {
            self.entries.remove(0);
            self.figures.evictions += 1;
        }
        if earlier.is_some() {
            Outcome::Replaced
        } else {
            Outcome::Stored
        }
    }

    fn delete_matching(&mut self, parts: &[Option<String>]) -> usize {
        let held = self.entries.len();
        self.entries.retain(|(key, _)| {
            let own: Vec<_> = key.split('\n').collect();
            let mut pairs = parts.iter().zip(&own);
            let begins = pairs.all(|(part, own)| part.as_ref().is_none_or(|part| part == own));
            own.len() < parts.len() || !begins
        });
        held - self.entries.len()
    }

    fn heads(&self, parts: usize) -> BTreeSet<Vec<&str>> {
        let keys = self.entries.iter();
        let split = keys.map(|(key, _)| key.split('\n').collect::<Vec<_>>());
        split
            .filter_map(|own| Some(own.get(..parts)?.to_vec()))
            .collect()
    }

    fn bytes(&self) -> usize {
        self.entries
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum()
    }

    /// Everything that can be seen from outside is the same in the cache.
    fn validate(&self, cache: &Cache) {
        let figures = CacheStatistics {
            entries: self.entries.len() as u64,
            bytes: self.bytes() as u64,
            ..self.figures
        };
        assert_eq!(cache.stats().unwrap(), figures);
        assert_eq!(cache.length().unwrap(), figures.entries);
    }
}

#[derive(Debug, Clone)]
enum Operation {
    Get(String),
    Set(String, String, bool),
    GetBatch(Vec<String>),
    SetBatch(Vec<(String, String, bool)>),
    Delete(String),
    DeleteMatching(Vec<Option<String>>),
    Heads(u32),
    Sweep(u32),
    Clear,
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || prop_oneof![2 => "[aü]{0,2}", 1 => "[a*]?\n[aü]?(\n[a]?)?"];
    let item = (key(), "[xy\n]{0,6}", prop::bool::weighted(0.9));
    let part = prop_oneof![1 => Just(None), 2 => "[aü*]?".prop_map(Some)];
    prop_oneof![
        8 => key().prop_map(Operation::Get),
        8 => item.clone().prop_map(|(key, value, lives)| Operation::Set(key, value, lives)),
        2 => prop::collection::vec(key(), 0..4).prop_map(Operation::GetBatch),
        2 => prop::collection::vec(item, 0..4).prop_map(Operation::SetBatch),
        2 => key().prop_map(Operation::Delete),
        2 => prop::collection::vec(part, 0..4).prop_map(Operation::DeleteMatching),
        2 => (1..4_u32).prop_map(Operation::Heads),
        1 => (0..4_u32).prop_map(Operation::Sweep),
        1 => Just(Operation::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_cache_does_what_the_model_does(
        most_entries in 1..6_u32,
        most_bytes in 1..24_u32,
        operations in prop::collection::vec(operation(), 1..60),
    ) {
        let cache = Cache::open(CacheSettings {
            entries: NonZeroU32::new(most_entries).unwrap(),
            bytes: NonZeroU64::new(most_bytes.into()).unwrap(),
            deadline: PATIENCE,
            ..CacheSettings::default()
        }).unwrap();
        let mut model = Model {
            entries: Vec::new(),
            most_entries: most_entries as usize,
            most_bytes: most_bytes as usize,
            figures: CacheStatistics::default(),
        };
        for operation in operations {
            match operation {
                Operation::Get(key) => prop_assert_eq!(cache.get(&key).unwrap(), model.get(&key)),
                Operation::Set(key, value, lives) => {
                    let ttl = (!lives).then_some(Duration::ZERO);
                    let outcome = cache.set(&key, &value, ttl).unwrap();
                    prop_assert_eq!(outcome, model.set(&key, &value, lives));
                }
                Operation::GetBatch(keys) => {
                    let expected: Vec<_> = keys.iter().map(|key| model.get(key)).collect();
                    prop_assert_eq!(cache.get_batch(&keys).unwrap(), expected);
                }
                Operation::SetBatch(items) => {
                    let expected: Vec<_> = items
                        .iter()
                        .map(|(key, value, lives)| model.set(key, value, *lives))
                        .collect();
                    let items: Vec<_> = items
                        .iter()
                        .map(|(key, value, lives)| (key, value, (!lives).then_some(Duration::ZERO)))
                        .collect();
                    prop_assert_eq!(cache.set_batch(&items).unwrap(), expected);
                }
                Operation::DeleteMatching(parts) => {
                    let expected = model.delete_matching(&parts) as u64;
                    let parts: Vec<_> = parts.iter().map(Option::as_deref).collect();
                    prop_assert_eq!(cache.delete_matching(&parts).unwrap(), expected);
                }
                Operation::Heads(parts) => {
                    let expected: Vec<_> = model.heads(parts as usize).into_iter().collect();
                    prop_assert_eq!(cache.heads(parts).unwrap(), expected);
                }
                Operation::Delete(key) => {
                    prop_assert_eq!(cache.delete(&key).unwrap(), model.take(&key).is_some());
                }
                Operation::Sweep(steps) => prop_assert_eq!(cache.sweep(steps).unwrap(), 0),
                Operation::Clear => {
                    let dropped = model.entries.drain(..).count();
                    prop_assert_eq!(cache.clear().unwrap(), dropped as u64);
                }
            }
            model.validate(&cache);
        }
    }
}

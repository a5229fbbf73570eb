//! Random operations on the cache, through the component, and on a model that is obviously right.
//!
//! Time cannot be faked from out here: entries live for ever or not at all. `guest/cache` has the same
//! test with time.

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
    Delete(String),
    Sweep(u32),
    Clear,
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = "[aü]{0,2}";
    prop_oneof![
        8 => key.prop_map(Operation::Get),
        8 => (key, "[xy]{0,6}", prop::bool::weighted(0.9))
            .prop_map(|(key, value, lives)| Operation::Set(key, value, lives)),
        2 => key.prop_map(Operation::Delete),
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

//! Random operations on a cache and on a model so simple that it is obviously right.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sark_policy_cache::{Outcome, Statistics};

use crate::{pack, texts, unpack};

struct Entry {
    key: String,
    value: String,
    deadline: u128,
    /// How many entries were set before.
    serial: u64,
}

/// Entries from the least to the most recently used.
#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
    most_entries: usize,
    most_bytes: u64,
    serial: u64,
    figures: Statistics,
}

impl Model {
    /// Takes a key's entry out: none, an expired one (counted), or a live one.
    fn take(&mut self, key: &str, now: u64) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        let entry = self.entries.remove(at);
        if entry.deadline <= u128::from(now) {
            self.figures.expirations += 1;
            return None;
        }
        Some(entry)
    }

    fn get(&mut self, key: &str, now: u64) -> Option<String> {
        let Some(entry) = self.take(key, now) else {
            self.figures.misses += 1;
            return None;
        };
        self.figures.hits += 1;
        let value = entry.value.clone();
        self.entries.push(entry);
        Some(value)
    }

    fn set(&mut self, key: &str, value: &str, ttl: u64, now: u64) -> Outcome {
        let earlier = self.take(key, now);
        if ttl == 0 {
            return Outcome::Expired;
        }
        if (key.len() + value.len()) as u64 > self.most_bytes {
            return Outcome::Oversized;
        }
        self.entries.push(Entry {
            key: key.to_owned(),
            value: value.to_owned(),
            deadline: (u128::from(now) + u128::from(ttl)).min(u128::from(u64::MAX)),
            serial: self.serial,
        });
        self.serial += 1;
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

    fn sweep(&mut self, now: u64, steps: usize) -> usize {
        let mut dropped = 0;
        while dropped < steps {
            let expired = (0..self.entries.len())
                .filter(|&at| self.entries[at].deadline <= u128::from(now))
                .min_by_key(|&at| (self.entries[at].deadline, self.entries[at].serial));
            let Some(at) = expired else { break };
            self.entries.remove(at);
            self.figures.expirations += 1;
            dropped += 1;
        }
        dropped
    }

    fn delete_matching(&mut self, parts: &[Option<String>], now: u64) -> usize {
        let matches = |key: &String| {
            let own: Vec<_> = key.split('\n').collect();
            let mut pairs = parts.iter().zip(&own);
            own.len() >= parts.len()
                && pairs.all(|(part, own)| part.as_ref().is_none_or(|part| part == own))
        };
        let keys = self.entries.iter().map(|entry| &entry.key);
        let found: Vec<_> = keys.filter(|key| matches(key)).cloned().collect();
        let live = found.iter().filter(|key| self.take(key, now).is_some());
        live.count()
    }

    fn heads(&self, parts: usize, now: u64) -> BTreeSet<String> {
        let live = |entry: &&Entry| entry.deadline > u128::from(now);
        let live = self.entries.iter().filter(live);
        live.filter_map(|entry| {
            let own: Vec<_> = entry.key.split('\n').collect();
            Some(own.get(..parts)?.join("\n"))
        })
        .collect()
    }

    fn clear(&mut self) -> usize {
        self.entries.drain(..).count()
    }

    fn bytes(&self) -> u64 {
        let bytes = self.entries.iter().map(|e| e.key.len() + e.value.len());
        bytes.sum::<usize>() as u64
    }

    fn statistics(&self) -> Statistics {
        Statistics {
            entries: self.entries.len(),
            bytes: self.bytes(),
            ..self.figures
        }
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Get(String),
    Set(String, String, u64),
    GetBatch(Vec<String>),
    SetBatch(Vec<(String, String, u64)>),
    Delete(String),
    DeleteMatching(Vec<Option<String>>),
    Heads(usize),
    Sweep(usize),
    Clear,
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || prop_oneof![2 => "[ab]{0,2}", 1 => "[a*]?\n[ab]?(\n[ab]?)?"];
    let ttl = || prop_oneof![1 => Just(0), 8 => 1..20_u64, 1 => Just(u64::MAX)];
    let item = (key(), "[xy\n]{0,6}", ttl());
    let part = prop_oneof![1 => Just(None), 2 => "[ab*]?".prop_map(Some)];
    prop_oneof![
        8 => key().prop_map(Operation::Get),
        8 => item.clone().prop_map(|(key, value, ttl)| Operation::Set(key, value, ttl)),
        2 => prop::collection::vec(key(), 0..4).prop_map(Operation::GetBatch),
        2 => prop::collection::vec(item, 0..4).prop_map(Operation::SetBatch),
        2 => key().prop_map(Operation::Delete),
        2 => prop::collection::vec(part, 0..4).prop_map(Operation::DeleteMatching),
        2 => (0..4_usize).prop_map(Operation::Heads),
        2 => (0..4_usize).prop_map(Operation::Sweep),
        1 => Just(Operation::Clear),
    ]
}

/// Times near the epoch and near the end of time, in no order: the clock goes forwards and backwards.
fn now() -> impl Strategy<Value = u64> {
    prop_oneof![9 => 0..40_u64, 1 => u64::MAX - 20..=u64::MAX]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_cache_does_what_the_model_does(
        most_entries in 1..6_usize,
        most_bytes in 1..24_u64,
        steps in prop::collection::vec((now(), operation()), 1..60),
    ) {
        let mut cache = texts(most_entries, most_bytes);
        let mut model = Model { most_entries, most_bytes, ..Model::default() };
        for (now, operation) in steps {
            match operation {
                Operation::Get(key) => {
                    let expected = model.get(&key, now);
                    prop_assert_eq!(expected.as_ref(), cache.get(key.as_str(), now));
                }
                Operation::Set(key, value, ttl) => {
                    let expected = model.set(&key, &value, ttl, now);
                    prop_assert_eq!(expected, cache.set(key.into(), value, ttl, now));
                }
                Operation::GetBatch(keys) => {
                    let expected: Vec<_> = keys.iter().map(|key| model.get(key, now)).collect();
                    let expected = pack(expected.iter().map(Option::as_deref));
                    let keys = pack(keys.iter().map(|key| Some(key.as_str())));
                    prop_assert_eq!(Ok(expected), cache.get_batch(&keys, now));
                }
                Operation::SetBatch(items) => {
                    let mut texts = Vec::new();
                    let mut expected = Vec::new();
                    for (key, value, ttl) in items {
                        let outcome = model.set(&key, &value, ttl, now);
                        expected.push(format!("{outcome:?}").to_lowercase());
                        texts.extend([key, value, ttl.to_string()]);
                    }
                    let expected = pack(expected.iter().map(|outcome| Some(outcome.as_str())));
                    let items = pack(texts.iter().map(|text| Some(text.as_str())));
                    prop_assert_eq!(Ok(expected), cache.set_batch(&items, now));
                }
                Operation::DeleteMatching(parts) => {
                    let expected = model.delete_matching(&parts, now);
                    let parts: Vec<_> = parts.iter().map(Option::as_deref).collect();
                    prop_assert_eq!(expected, cache.delete_matching(&parts, now));
                }
                Operation::Heads(parts) => {
                    let packed = cache.heads(parts, now).unwrap();
                    let mut heads: Vec<_> = unpack(&packed).into_iter().flatten().collect();
                    heads.sort_unstable();
                    let expected = if parts == 0 { BTreeSet::new() } else { model.heads(parts, now) };
                    prop_assert_eq!(Vec::from_iter(&expected), heads);
                }
                Operation::Delete(key) => {
                    prop_assert_eq!(model.take(&key, now).is_some(), cache.delete(key.as_str(), now));
                }
                Operation::Sweep(steps) => {
                    prop_assert_eq!(model.sweep(now, steps), cache.sweep(now, steps));
                }
                Operation::Clear => prop_assert_eq!(model.clear(), cache.clear()),
            }
            prop_assert_eq!(Ok(()), cache.validate());
            prop_assert_eq!(model.statistics(), cache.statistics());
        }
        // Every entry left is live at 0 and has the model's value.
        for entry in &model.entries {
            prop_assert_eq!(Some(&entry.value), cache.get(entry.key.as_str(), 0));
        }
    }
}

//! The cache's rules, one test each, and a model test.
#![cfg(test)]

mod limits;
mod lookup;
mod model;
mod rules;

use std::num::{NonZeroU64, NonZeroUsize};

use sark_policy_cache::{Cache, Limits, Text};

type Texts = Cache<Text, String>;

fn limits(entries: usize, bytes: u64) -> Limits {
    Limits {
        entries: NonZeroUsize::new(entries).unwrap(),
        bytes: NonZeroU64::new(bytes).unwrap(),
    }
}

fn texts(entries: usize, bytes: u64) -> Texts {
    Cache::new(limits(entries, bytes), 0x5eed)
}

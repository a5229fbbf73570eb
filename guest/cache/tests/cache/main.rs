//! The cache's rules, one test each, and a model test.
#![cfg(test)]

mod limits;
mod lookup;
mod model;
mod rules;
mod texts;

use std::num::{NonZeroU64, NonZeroUsize};

use sark_policy_cache::{Cache, Limits, Text};

type Texts = Cache<Text, String>;

fn limits(entries: usize, bytes: u64) -> Limits {
    Limits {
        entries: NonZeroUsize::new(entries).unwrap(),
        bytes: NonZeroU64::new(bytes).unwrap(),
    }
}

/// Texts as they cross: one after another, a line feed, their lengths in bytes.
fn pack<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let (mut packed, mut lengths) = (String::new(), Vec::new());
    for text in texts {
        packed.push_str(text.unwrap_or_default());
        lengths.push(text.map_or("-".to_owned(), |text| text.len().to_string()));
    }
    packed + "\n" + &lengths.join(" ")
}

fn unpack(packed: &str) -> Vec<Option<&str>> {
    let (mut rest, lengths) = packed.rsplit_once('\n').unwrap();
    let mut next = |length: &str| {
        let (text, after) = rest.split_at(length.parse().ok()?);
        rest = after;
        Some(text)
    };
    lengths.split_terminator(' ').map(&mut next).collect()
}

fn texts(entries: usize, bytes: u64) -> Texts {
    Cache::new(limits(entries, bytes), 0x5eed)
}

//! What only a cache of texts can do: many look-ups by one text, and its keys by their parts.

use std::collections::HashSet;

use crate::packed::{NotPacked, Packer, unpack};
use crate::parts::{begins_with, head};
use crate::{Cache, Outcome, Text};

/// What a batch of look-ups comes to at most, in bytes, but for the value that goes beyond.
const VALUES: usize = 4 << 20;

/// What heads come to at most, in bytes.
const HEADS: usize = 16 << 20;

/// The heads asked for are too many to be given at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Cache<Text, String> {
    /// The live values of many keys, each looked up as by [`get`](Self::get), in order.
    ///
    /// Once the values have come to 4 MiB, the other keys are left out: ask for them again.
    ///
    /// # Errors
    ///
    /// `keys` are not packed texts; nothing was looked up.
    pub fn get_batch(&mut self, keys: &str, now: u64) -> Result<String, NotPacked> {
        let keys: Option<Vec<&str>> = unpack(keys)?.into_iter().collect();
        let mut values = Packer::default();
        for key in keys.ok_or(NotPacked)? {
            values.add(self.get(key, now).map(String::as_str));
            if values.len() >= VALUES {
                break;
            }
        }
        Ok(values.finish())
    }

    /// Stores many values, each as by [`set`](Self::set), in order: key, value, and time to live in
    /// decimal, packed one after another.
    ///
    /// # Errors
    ///
    /// `items` are not such texts; nothing was stored.
    pub fn set_batch(&mut self, items: &str, now: u64) -> Result<String, NotPacked> {
        let texts = unpack(items)?;
        let (items, []) = texts.as_chunks() else {
            return Err(NotPacked);
        };
        let items = items.iter().map(|item| match *item {
            [Some(key), Some(value), Some(ttl)] => match ttl.parse() {
                Ok(ttl) => Ok((key, value, ttl)),
                Err(_) => Err(NotPacked),
            },
            _ => Err(NotPacked),
        });
        let items = items.collect::<Result<Vec<_>, _>>()?;
        let mut outcomes = Packer::default();
        for (key, value, ttl) in items {
            let outcome = self.set(key.into(), value.to_owned(), ttl, now);
            outcomes.add(Some(name(outcome)));
        }
        Ok(outcomes.finish())
    }

    /// Drops every entry whose key begins with these parts, and returns how many of them were live.
    ///
    /// Parts are what stands between a key's line feeds; an absent one stands for any. An expired entry
    /// found is dropped and counts as an expiration.
    pub fn delete_matching(&mut self, parts: &[Option<&str>], now: u64) -> usize {
        self.delete_where(|key| begins_with(key.as_str(), parts), now)
    }

    /// The first `parts` parts of all live keys, packed, each once, in no order. This is a use of no entry.
    ///
    /// # Errors
    ///
    /// They come to more than 16 MiB.
    pub fn heads(&self, parts: usize, now: u64) -> Result<String, TooMany> {
        let keys = self.live_keys(now);
        let mut seen = HashSet::with_hasher(self.hasher());
        let mut heads = Packer::default();
        for head in keys.filter_map(|key| head(key.as_str(), parts)) {
            if !seen.insert(head) {
                continue;
            }
            if heads.len() + head.len() > HEADS {
                return Err(TooMany);
            }
            heads.add(Some(head));
        }
        Ok(heads.finish())
    }
}

/// An outcome as `wit/` names it.
fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Stored => "stored",
        Outcome::Replaced => "replaced",
        Outcome::Expired => "expired",
        Outcome::Oversized => "oversized",
    }
}

//! A cache of texts in a sandbox of its own, for whatever a service wants to keep for a while.

mod shards;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub use crate::bindings::exports::sark::policy::cache::Outcome;
use crate::error::Error;
use crate::instance::{nanoseconds, now};
use crate::packed::{crossings, pack, unpack};
use crate::settings::CacheSettings;
use crate::statistics::CacheStatistics;
use shards::Shards;

/// A cache of texts: least recently used goes first, every entry has its own time to live. A clone is
/// another handle to the same cache.
///
/// ```
/// use sark_policy::{Cache, CacheSettings};
///
/// let cache = Cache::open(CacheSettings::default())?;
/// cache.set("user-17", r#"{"allow":true}"#, None)?;
/// assert_eq!(cache.get("user-17")?.as_deref(), Some(r#"{"allow":true}"#));
/// # Ok::<(), sark_policy::Error>(())
/// ```
#[derive(Clone)]
pub struct Cache {
    shards: Arc<Shards>,
}

impl Cache {
    /// Opens an empty cache.
    ///
    /// # Errors
    ///
    /// The sandbox is not available.
    pub fn open(settings: CacheSettings) -> Result<Self, Error> {
        let shards = Arc::new(Shards::open(settings)?);
        Ok(Self { shards })
    }

    /// The live value of a key; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The cache was busy past its deadline, or a call trapped, which empties its shard.
    pub fn get(&self, key: &str) -> Result<Option<String>, Error> {
        self.shards
            .on(key, |cache, store| cache.call_get(store, key, now()))
    }

    /// Stores a value for `ttl`, or for the settings' time to live. A `ttl` of zero stores nothing and
    /// drops the key.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn set(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<Outcome, Error> {
        let ttl = nanoseconds(ttl.unwrap_or(self.shards.settings.ttl));
        self.shards.on(key, |cache, store| {
            cache.call_set(store, key, value, ttl, now())
        })
    }

    /// The value of each key as by [`get`](Self::get), in the keys' order, in as few crossings as may be. A
    /// crossing, 128 keys at most, may take four deadlines.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_batch<K: AsRef<str>>(&self, keys: &[K]) -> Result<Vec<Option<String>>, Error> {
        let asked = keys.iter().map(AsRef::as_ref).enumerate();
        let mut found = Vec::with_capacity(keys.len());
        for (shard, share) in self.shards.shares(asked, |(_, key)| key) {
            for crossing in crossings(share, |(_, key)| key.len()) {
                let mut rest = crossing.as_slice();
                while !rest.is_empty() {
                    // Many great values come in several crossings.
                    let packed = pack(rest.iter().map(|(_, key)| *key));
                    let values = self.shards.batch(shard, |cache, store| {
                        cache.call_get_batch(store, &packed, now())
                    })?;
                    let values = unpack(&values).filter(|values| !values.is_empty());
                    let values = values.ok_or_else(not_understood)?;
                    let owned = values.iter().map(|value| value.map(ToOwned::to_owned));
                    found.extend(rest.iter().map(|(place, _)| *place).zip(owned));
                    rest = rest.get(values.len()..).unwrap_or_default();
                }
            }
        }
        Ok(in_order(found))
    }

    /// Stores many values as by [`set`](Self::set), each with its key, value and time to live, in as few
    /// crossings as may be. A crossing, 128 items at most, may take four deadlines.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get). If one crossing fails, those before it were made.
    pub fn set_batch<K: AsRef<str>, V: AsRef<str>>(
        &self,
        items: &[(K, V, Option<Duration>)],
    ) -> Result<Vec<Outcome>, Error> {
        let given = items.iter().enumerate().map(|(place, (key, value, ttl))| {
            let ttl = nanoseconds(ttl.unwrap_or(self.shards.settings.ttl)).to_string();
            (place, key.as_ref(), value.as_ref(), ttl)
        });
        let mut outcomes = Vec::with_capacity(items.len());
        for (shard, share) in self.shards.shares(given, |(_, key, ..)| key) {
            for crossing in crossings(share, |(_, key, value, _)| key.len() + value.len()) {
                let texts = crossing.iter();
                let packed = pack(texts.flat_map(|(_, key, value, ttl)| [*key, *value, ttl]));
                let names = self.shards.batch(shard, |cache, store| {
                    cache.call_set_batch(store, &packed, now())
                })?;
                let names = unpack(&names).ok_or_else(not_understood)?;
                for ((place, ..), name) in crossing.iter().zip(names) {
                    outcomes.push((*place, outcome(name)?));
                }
            }
        }
        Ok(in_order(outcomes))
    }

    /// Drops a key; false if no live entry had it.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn delete(&self, key: &str) -> Result<bool, Error> {
        self.shards
            .on(key, |cache, store| cache.call_delete(store, key, now()))
    }

    /// Drops every entry whose key begins with these parts, and returns how many of them were live.
    ///
    /// The parts of a key are what stands between its line feeds. `None` stands for any part; no character
    /// has a meaning of its own. A key with fewer parts is left alone, and no parts at all match every key.
    /// It looks at every entry, of every shard even if one fails, and may take a second in each.
    ///
    /// ```
    /// # use sark_policy::{Cache, CacheSettings};
    /// let cache = Cache::open(CacheSettings::default())?;
    /// cache.set_batch(&["7\nread", "7\nwrite", "71\nread"].map(|key| (key, "{}", None)))?;
    /// assert_eq!(cache.delete_matching(&[Some("7")])?, 2);
    /// assert_eq!(cache.delete_matching(&[None, Some("read")])?, 1);
    /// # Ok::<(), sark_policy::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A part has a line feed, so it could match nothing; or as [`get`](Self::get).
    pub fn delete_matching(&self, parts: &[Option<&str>]) -> Result<u64, Error> {
        if let Some(part) = parts.iter().flatten().find(|part| part.contains('\n')) {
            let message = format!("a part has no line feed; give `{part:?}` as several parts");
            return Err(bad_parts(message));
        }
        let parts: Vec<_> = parts
            .iter()
            .map(|part| part.map(ToOwned::to_owned))
            .collect();
        let dropped = self
            .shards
            .walk(|cache, store| cache.call_delete_matching(store, &parts, now()))?;
        Ok(dropped.into_iter().map(u64::from).sum())
    }

    /// The first `parts` parts of the keys of all live entries, each beginning once, sorted.
    ///
    /// A key with fewer parts has none. It looks at every entry, is a use of none, and may take a second in
    /// each shard.
    ///
    /// # Errors
    ///
    /// `parts` is 0, or the beginnings of a shard exceed 16 MiB; or as [`get`](Self::get).
    pub fn heads(&self, parts: u32) -> Result<Vec<Vec<String>>, Error> {
        if parts == 0 {
            return Err(bad_parts("give a whole number from 1".to_owned()));
        }
        let mut heads = BTreeSet::new();
        for packed in self
            .shards
            .walk(|cache, store| cache.call_heads(store, parts, now()))?
        {
            let packed = packed.map_err(|()| {
                bad_parts(format!(
                    "the first {parts} parts of all keys exceed 16 MiB; ask for fewer"
                ))
            })?;
            let unpacked = unpack(&packed).ok_or_else(not_understood)?;
            let split = |head: &str| head.split('\n').map(ToOwned::to_owned).collect::<Vec<_>>();
            heads.extend(unpacked.into_iter().flatten().map(split));
        }
        Ok(heads.into_iter().collect())
    }

    /// Drops every entry and returns how many there were. It may take a second in each shard.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn clear(&self) -> Result<u64, Error> {
        let dropped = self.shards.walk(|cache, store| cache.call_clear(store))?;
        Ok(dropped.into_iter().map(u64::from).sum())
    }

    /// How many entries are held, those that expired but were not swept yet included.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn length(&self) -> Result<u64, Error> {
        let lengths = self.shards.all(|cache, store| cache.call_length(store))?;
        Ok(lengths.into_iter().map(u64::from).sum())
    }

    /// Drops expired entries, `steps` a shard at most, and returns how many it dropped.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn sweep(&self, steps: u32) -> Result<u64, Error> {
        let dropped = self
            .shards
            .all(|cache, store| cache.call_sweep(store, now(), steps))?;
        Ok(dropped.into_iter().map(u64::from).sum())
    }

    /// The cache's figures.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn stats(&self) -> Result<CacheStatistics, Error> {
        let mut total = CacheStatistics::default();
        for figures in self.shards.all(|cache, store| cache.call_figures(store))? {
            total += CacheStatistics::from(figures);
        }
        Ok(total)
    }
}

/// What was found out by place, in the order of places.
fn in_order<T>(mut found: Vec<(usize, T)>) -> Vec<T> {
    found.sort_unstable_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, one)| one).collect()
}

/// The outcome that `wit/` names so.
fn outcome(name: Option<&str>) -> Result<Outcome, Error> {
    match name {
        Some("stored") => Ok(Outcome::Stored),
        Some("replaced") => Ok(Outcome::Replaced),
        Some("expired") => Ok(Outcome::Expired),
        Some("oversized") => Ok(Outcome::Oversized),
        _ => Err(not_understood()),
    }
}

fn bad_parts(message: String) -> Error {
    Error::BadSetting {
        name: "parts",
        message,
    }
}

/// A batch that one side did not understand, which only a fault of ours can bring about.
fn not_understood() -> Error {
    Error::Trapped {
        source: Box::from("a batch of the cache was not understood"),
    }
}

//! A cache of texts in a sandbox of its own, for whatever a service wants to keep for a while.

use std::hash::{BuildHasher, Hasher};
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

pub use crate::bindings::exports::sark::policy::cache::Outcome;
use crate::bindings::exports::sark::policy::cache::{Guest, Limits};
use crate::error::Error;
use crate::instance::{Bare, nanoseconds, now, random};
use crate::sandbox::{Sandbox, State};
use crate::statistics::CacheStatistics;

/// How a [`Cache`] is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// Most entries of all shards together. Default: 10,000.
    pub entries: NonZeroU32,
    /// Most bytes of all shards together, keys and values. Default: 64 MiB.
    pub bytes: NonZeroU64,
    /// Instances that share the keys. Default: 1, so that the order of eviction is exact over all keys.
    pub shards: NonZeroUsize,
    /// Time to live of an entry that is set without one. Default: 300 s.
    pub ttl: Duration,
    /// How long a call may take, waiting included. Default: 50 ms.
    pub deadline: Duration,
    /// Folder for the compiled component, as in [`Settings`](crate::Settings).
    pub aot_folder: Option<PathBuf>,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            entries: NonZeroU32::MIN.saturating_add(9_999),
            bytes: NonZeroU64::MIN.saturating_add((64 << 20) - 1),
            shards: NonZeroUsize::MIN,
            ttl: Duration::from_secs(300),
            deadline: Duration::from_millis(50),
            aot_folder: crate::aot::user_folder(),
        }
    }
}

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
    inner: Arc<Inner>,
}

struct Inner {
    sandbox: Arc<Sandbox>,
    settings: CacheSettings,
    shards: Vec<Mutex<Option<Bare>>>,
    hasher: foldhash::fast::RandomState,
}

impl Cache {
    /// Opens an empty cache.
    ///
    /// # Errors
    ///
    /// The sandbox is not available.
    pub fn open(settings: CacheSettings) -> Result<Self, Error> {
        let sandbox = Sandbox::shared(settings.aot_folder.as_deref())?;
        let mut inner = Inner {
            sandbox,
            settings,
            shards: Vec::new(),
            hasher: foldhash::fast::RandomState::default(),
        };
        for _ in 0..inner.settings.shards.get() {
            inner.shards.push(Mutex::new(Some(inner.bare()?)));
        }
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The live value of a key; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The cache was busy past its deadline, or a call trapped, which empties its shard.
    pub fn get(&self, key: &str) -> Result<Option<String>, Error> {
        self.on(key, |cache, store| cache.call_get(store, key, now()))
    }

    /// Stores a value for `ttl`, or for the settings' time to live. A `ttl` of zero stores nothing and
    /// drops the key.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn set(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<Outcome, Error> {
        let ttl = nanoseconds(ttl.unwrap_or(self.inner.settings.ttl));
        self.on(key, |cache, store| {
            cache.call_set(store, key, value, ttl, now())
        })
    }

    /// Drops a key; false if no live entry had it.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn delete(&self, key: &str) -> Result<bool, Error> {
        self.on(key, |cache, store| cache.call_delete(store, key, now()))
    }

    /// Drops every entry and returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn clear(&self) -> Result<u64, Error> {
        self.sum(|cache, store| cache.call_clear(store))
    }

    /// How many entries are held, those that expired but were not swept yet included.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn length(&self) -> Result<u64, Error> {
        self.sum(|cache, store| cache.call_length(store))
    }

    /// Drops expired entries, `steps` a shard at most, and returns how many it dropped.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn sweep(&self, steps: u32) -> Result<u64, Error> {
        self.sum(|cache, store| cache.call_sweep(store, now(), steps))
    }

    /// The cache's figures.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn stats(&self) -> Result<CacheStatistics, Error> {
        let mut total = CacheStatistics::default();
        for shard in &self.inner.shards {
            let figures = self
                .inner
                .call(shard, |cache, store| cache.call_figures(store))?;
            total += CacheStatistics::from(figures);
        }
        Ok(total)
    }

    fn on<T>(
        &self,
        key: &str,
        work: impl FnOnce(&Guest, &mut wasmtime::Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        let mut hasher = self.inner.hasher.build_hasher();
        hasher.write(key.as_bytes());
        let place = hasher.finish() % self.inner.shards.len().max(1) as u64;
        let shard = self.inner.shards.get(usize::try_from(place).unwrap_or(0));
        self.inner.call(shard.ok_or(Error::Closed)?, work)
    }

    fn sum(
        &self,
        work: impl Fn(&Guest, &mut wasmtime::Store<State>) -> wasmtime::Result<u32>,
    ) -> Result<u64, Error> {
        let shards = self.inner.shards.iter();
        shards
            .map(|shard| self.inner.call(shard, &work).map(u64::from))
            .sum()
    }
}

impl Inner {
    fn bare(&self) -> Result<Bare, Error> {
        let shards = u32::try_from(self.settings.shards.get()).unwrap_or(u32::MAX);
        let limits = Limits {
            entries: self.settings.entries.get().div_ceil(shards),
            bytes: self.settings.bytes.get().div_ceil(shards.into()),
            seed: random()?,
        };
        // Keys, values, and what holds them; then room for a call.
        let memory = usize::try_from(limits.bytes)
            .unwrap_or(usize::MAX)
            .saturating_mul(2);
        let memory =
            memory.saturating_add(usize::try_from(limits.entries).unwrap_or(0) * 512 + (64 << 20));
        let mut bare = Bare::new(&self.sandbox, memory)?;
        let opened = bare.call(self.settings.deadline, |exports, store| {
            exports.sark_policy_cache().call_open(store, limits)
        })?;
        opened.map_err(|message| Error::BadSetting {
            name: "entries",
            message,
        })?;
        Ok(bare)
    }

    fn call<T>(
        &self,
        shard: &Mutex<Option<Bare>>,
        work: impl FnOnce(&Guest, &mut wasmtime::Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        let deadline = self.settings.deadline;
        let Some(mut guard) = shard.try_lock_for(deadline) else {
            return Err(Error::Saturated { waited: deadline });
        };
        let bare = match &mut *guard {
            Some(bare) => bare,
            // An empty cache is quickly made.
            empty => empty.insert(self.bare()?),
        };
        let done = bare.call(deadline, |exports, store| {
            work(exports.sark_policy_cache(), store)
        });
        if done.is_err() {
            *guard = None;
        }
        done
    }
}

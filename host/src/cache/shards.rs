//! The instances of a cache, each with its share of the keys.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use wasmtime::Store;

use super::not_understood;
use crate::bindings::exports::sark::policy::cache::{Guest, Limits};
use crate::error::Error;
use crate::instance::{BATCH_DEADLINES, Bare, random};
use crate::sandbox::{Sandbox, State};
use crate::settings::CacheSettings;

/// How long a call may take that looks at every entry, and how long it may wait before. A large cache is
/// walked in more time than a look-up is given, and a call that is ended loses its shard's entries.
const WALK_DEADLINE: Duration = Duration::from_secs(1);

/// One instance and its lock. It is empty only after a trap, until the next call.
pub(super) type Shard = Mutex<Option<Bare>>;

/// All instances of a cache.
pub(super) struct Shards {
    pub settings: CacheSettings,
    sandbox: Arc<Sandbox>,
    instances: Vec<Shard>,
    hasher: foldhash::fast::RandomState,
}

impl Shards {
    pub fn open(settings: CacheSettings) -> Result<Self, Error> {
        let mut shards = Self {
            sandbox: Sandbox::shared(settings.aot_folder.as_deref())?,
            settings,
            instances: Vec::new(),
            hasher: foldhash::fast::RandomState::default(),
        };
        for _ in 0..shards.settings.shards.get() {
            shards.instances.push(Mutex::new(Some(shards.bare()?)));
        }
        Ok(shards)
    }

    /// Calls the shard of a key.
    pub fn on<T>(
        &self,
        key: &str,
        work: impl FnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        let shard = self.instances.get(self.place(key)).ok_or(Error::Closed)?;
        self.call(shard, self.settings.deadline, 1, work)
    }

    /// Calls every shard.
    pub fn all<T>(
        &self,
        work: impl Fn(&Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let shards = self.instances.iter();
        shards
            .map(|shard| self.call(shard, self.settings.deadline, 1, &work))
            .collect()
    }

    /// Lets every shard look at every entry, also if one of them fails: what is to be dropped is dropped
    /// wherever it can be.
    pub fn walk<T>(
        &self,
        work: impl Fn(&Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let deadline = self.settings.deadline.max(WALK_DEADLINE);
        let shards = self.instances.iter();
        let answers: Vec<_> = shards
            .map(|shard| self.call(shard, deadline, 1, &work))
            .collect();
        answers.into_iter().collect()
    }

    /// Items by the shard of their keys.
    pub fn shares<T>(
        &self,
        items: impl Iterator<Item = T>,
        key: impl Fn(&T) -> &str,
    ) -> impl Iterator<Item = (&Shard, Vec<T>)> {
        let mut shares: Vec<_> = self
            .instances
            .iter()
            .map(|shard| (shard, Vec::new()))
            .collect();
        for item in items {
            if let Some((_, share)) = shares.get_mut(self.place(key(&item))) {
                share.push(item);
            }
        }
        shares.into_iter()
    }

    /// Calls a shard with many texts.
    pub fn batch(
        &self,
        shard: &Shard,
        work: impl FnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<Result<String, ()>>,
    ) -> Result<String, Error> {
        let answer = self.call(shard, self.settings.deadline, BATCH_DEADLINES, work)?;
        answer.map_err(|()| not_understood())
    }

    fn place(&self, key: &str) -> usize {
        if self.instances.len() <= 1 {
            return 0;
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key.as_bytes());
        usize::try_from(hasher.finish() % self.instances.len() as u64).unwrap_or(0)
    }

    /// Calls a shard once it is free, within `deadline`; the call itself may take as long `times` over.
    fn call<T>(
        &self,
        shard: &Shard,
        deadline: Duration,
        times: u32,
        work: impl FnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        let Some(mut guard) = shard.try_lock_for(deadline) else {
            return Err(Error::Saturated { waited: deadline });
        };
        let bare = match &mut *guard {
            Some(bare) => bare,
            // An empty cache is quickly made.
            empty => empty.insert(self.bare()?),
        };
        let done = bare.call(deadline.saturating_mul(times), |exports, store| {
            work(exports.sark_policy_cache(), store)
        });
        if done.is_err() {
            *guard = None;
        }
        done.map_err(|error| match error {
            Error::DeadlineElapsed { .. } => Error::DeadlineElapsed { limit: deadline },
            other => other,
        })
    }

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
}

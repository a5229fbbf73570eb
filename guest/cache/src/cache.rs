//! What bounds an entry's life: its deadline, the two limits, and nothing else.
//!
//! Two structures hold the same entries. [`lru::LruCache`], made unbounded because eviction is ours,
//! owns them and knows which was used when; a `BTreeSet` of one small [`Ticket`] an entry knows which
//! is over first. So a sweep has no cursor to keep: what it should drop stands at the front of the
//! set, it stops at the first entry that is live, and no entry can escape it. A heap with items removed
//! lazily would need a bound of its own; this index has exactly as many items as there are entries.
//! It costs a hit nothing, a `set` O(log n).

mod validate;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use lru::LruCache;

use crate::hasher::{BuildFinished, KeyedHasher};
use crate::stored_key::{Lookup, Probe, StoredKey, Ticket};
use crate::{Limits, Outcome, Statistics, Weigh};

/// A cache: least recently used goes first, every entry has its own time to live.
///
/// Every `now` is in nanoseconds since the Unix epoch, every `ttl` in nanoseconds. An entry is expired
/// when `now` has reached the `now + ttl` of its [`set`](Cache::set) (at most `u64::MAX`), and is then
/// never served, whether or not it was swept. `now` may go backwards: an entry that was not dropped
/// meanwhile is live again.
pub struct Cache<K, V> {
    limits: Limits,
    hasher: KeyedHasher,
    // INVARIANT: holds the tickets of `deadlines`, no more and no fewer.
    entries: LruCache<StoredKey<K>, V, BuildFinished>,
    deadlines: BTreeSet<Ticket>,
    next_id: u64,
    // INVARIANT: `bytes` is the sum of all weights; `entries` is filled in when it is asked for.
    statistics: Statistics,
}

impl<K: Hash + Eq + Weigh, V: Weigh> Cache<K, V> {
    /// An empty cache. `seed` keys the hashes, so that nobody outside can choose keys that collide:
    /// it should be random and stay secret.
    #[must_use]
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self {
            limits,
            hasher: KeyedHasher::new(seed),
            entries: LruCache::unbounded_with_hasher(BuildFinished::default()),
            deadlines: BTreeSet::new(),
            next_id: 0,
            statistics: Statistics::default(),
        }
    }

    /// The live value of a key, which becomes the most recently used; `None` if there is none.
    ///
    /// An expired entry found is dropped and counts as an expiration and a miss. A look-up does not
    /// allocate.
    pub fn get<Q>(&mut self, key: &Q, now: u64) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let probe: &dyn Probe<K> = &Lookup { hash, key };
        let live = match self.entries.get_key_value(probe) {
            None => false,
            Some((stored, _)) if stored.ticket.is_expired(now) => {
                self.remove(probe, now);
                false
            }
            Some(_) => true,
        };
        if !live {
            self.statistics.misses += 1;
            return None;
        }
        self.statistics.hits += 1;
        // What was found just now is the most recently used. (Returning it from the `match` is what
        // the borrow checker does not let us do yet.)
        self.entries.peek_mru().map(|(_, value)| value)
    }

    /// Stores a value until `now + ttl`, as the most recently used; makes room by dropping the least
    /// recently used entries.
    ///
    /// An earlier entry of the key is gone, whatever the outcome; if it had expired, it counts as an
    /// expiration and the new one as [`Stored`](Outcome::Stored).
    pub fn set(&mut self, key: K, value: V, ttl: u64, now: u64) -> Outcome {
        let hash = self.hasher.hash_one(&key);
        let was_live = self.remove(&Lookup { hash, key: &key }, now);
        if ttl == 0 {
            return Outcome::Expired;
        }
        let weight = key.weight().saturating_add(value.weight());
        let Some(room) = self.limits.bytes.get().checked_sub(weight) else {
            return Outcome::Oversized;
        };
        self.evict(self.limits.entries.get() - 1, room);

        let ticket = Ticket {
            deadline: now.saturating_add(ttl),
            id: self.next_id,
            hash,
        };
        self.next_id += 1;
        self.deadlines.insert(ticket);
        self.statistics.bytes += weight;
        self.entries.put(
            StoredKey {
                key,
                ticket,
                weight,
            },
            value,
        );
        if was_live {
            Outcome::Replaced
        } else {
            Outcome::Stored
        }
    }

    /// Drops a key; false if no live entry had it.
    ///
    /// An expired entry found is dropped and counts as an expiration.
    pub fn delete<Q>(&mut self, key: &Q, now: u64) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        self.remove(&Lookup { hash, key }, now)
    }

    /// Drops every entry whose key matches, and returns how many of them were live.
    ///
    /// An expired entry found is dropped and counts as an expiration. It looks at every entry.
    pub fn delete_where(&mut self, mut matches: impl FnMut(&K) -> bool, now: u64) -> usize {
        let entries = self.entries.iter();
        let found = entries.filter(|(stored, _)| matches(&stored.key));
        let tickets: Vec<_> = found.map(|(stored, _)| stored.ticket).collect();
        let dropped = tickets.iter().filter(|ticket| self.remove(*ticket, now));
        dropped.count()
    }

    /// The keys of all live entries, in no order. This is a use of none.
    pub fn live_keys(&self, now: u64) -> impl Iterator<Item = &K> {
        let live = move |stored: &&StoredKey<K>| !stored.ticket.is_expired(now);
        let stored = self.entries.iter().map(|(stored, _)| stored);
        stored.filter(live).map(|stored| &stored.key)
    }

    /// Drops every entry and returns how many there were, expired ones included. The figures stay.
    pub fn clear(&mut self) -> usize {
        let dropped = self.len();
        self.entries.clear();
        self.deadlines.clear();
        self.statistics.bytes = 0;
        dropped
    }

    /// Drops expired entries, looking at no more than `steps` entries, and returns how many it dropped.
    ///
    /// It takes them by deadline, earliest first. The next call goes on where this one stopped, and
    /// fewer than `steps` means that no expired entry is left.
    pub fn sweep(&mut self, now: u64, steps: usize) -> usize {
        for dropped in 0..steps {
            match self.deadlines.first().copied() {
                Some(ticket) if ticket.is_expired(now) => self.remove(&ticket, now),
                _ => return dropped,
            };
        }
        steps
    }

    /// How many entries are held, those that expired but were not dropped yet included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes are held, keys and values together, as [`Weigh`] counts them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.statistics.bytes
    }

    /// The figures.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics {
            entries: self.len(),
            ..self.statistics
        }
    }

    /// Makes the hashes of keys.
    pub(crate) fn hasher(&self) -> KeyedHasher {
        self.hasher
    }

    /// Drops least recently used entries until no more than `entries` and `bytes` are held.
    fn evict(&mut self, entries: usize, bytes: u64) {
        while self.len() > entries || self.bytes() > bytes {
            let Some((stored, _)) = self.entries.pop_lru() else {
                return;
            };
            self.forget(&stored);
            self.statistics.evictions += 1;
        }
    }

    /// Drops an entry, which counts as an expiration if it had expired; false if there was no live one.
    fn remove(&mut self, probe: &dyn Probe<K>, now: u64) -> bool {
        let Some((stored, _)) = self.entries.pop_entry(probe) else {
            return false;
        };
        self.forget(&stored);
        let expired = stored.ticket.is_expired(now);
        self.statistics.expirations += u64::from(expired);
        !expired
    }

    /// Takes an entry that left `entries` out of everything else.
    fn forget(&mut self, stored: &StoredKey<K>) {
        self.deadlines.remove(&stored.ticket);
        self.statistics.bytes -= stored.weight;
    }
}

//! How an entry is found, by its key or by its deadline.
//!
//! The table inside ([`lru::LruCache`]) is asked in two ways: with a borrowed form of the key
//! ([`Lookup`]), and with a [`Ticket`] from the index of deadlines. Both are a [`Probe`], and a stored
//! key borrows as one, so that the table compares any probe with what it stores. Thus a key is kept
//! once, is hashed once a call, and is never copied to be looked up.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use equivalent::Equivalent;

/// An entry's place in the order of deadlines, which is enough to find the entry again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket {
    // INVARIANT: the first field, so that tickets sort by deadline.
    /// Nanoseconds since the Unix epoch; from then on the entry is expired.
    pub(crate) deadline: u64,
    /// Never given twice in one cache.
    pub(crate) id: u64,
    /// Hash of the entry's key.
    pub(crate) hash: u64,
}

impl Ticket {
    pub(crate) fn is_expired(&self, now: u64) -> bool {
        now >= self.deadline
    }
}

/// A key in the table, with what the cache knows about its entry.
pub(crate) struct StoredKey<K> {
    pub(crate) key: K,
    pub(crate) ticket: Ticket,
    /// Bytes of key and value.
    pub(crate) weight: u64,
}

impl<K> Hash for StoredKey<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.ticket.hash);
    }
}

impl<K: Eq> PartialEq for StoredKey<K> {
    fn eq(&self, other: &Self) -> bool {
        // The table often compares a stored key with itself, and a key may be long.
        self.ticket.id == other.ticket.id || self.key == other.key
    }
}

impl<K: Eq> Eq for StoredKey<K> {}

/// What can be asked for in the table.
pub(crate) trait Probe<K> {
    /// The hash of the key asked for.
    fn hash(&self) -> u64;

    /// Whether `stored` is what is asked for.
    fn finds(&self, stored: &StoredKey<K>) -> bool;

    /// The stored key, if this is one.
    fn as_stored(&self) -> Option<&StoredKey<K>> {
        None
    }
}

/// Asks for an entry by a borrowed form of its key.
pub(crate) struct Lookup<'a, Q: ?Sized> {
    pub(crate) hash: u64,
    pub(crate) key: &'a Q,
}

impl<K, Q: Equivalent<K> + ?Sized> Probe<K> for Lookup<'_, Q> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn finds(&self, stored: &StoredKey<K>) -> bool {
        self.hash == stored.ticket.hash && self.key.equivalent(&stored.key)
    }
}

impl<K> Probe<K> for Ticket {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn finds(&self, stored: &StoredKey<K>) -> bool {
        self.id == stored.ticket.id
    }
}

impl<K: Eq> Probe<K> for StoredKey<K> {
    fn hash(&self) -> u64 {
        self.ticket.hash
    }

    fn finds(&self, stored: &StoredKey<K>) -> bool {
        self == stored
    }

    fn as_stored(&self) -> Option<&StoredKey<K>> {
        Some(self)
    }
}

impl<'a, K: Eq + 'a> Borrow<dyn Probe<K> + 'a> for StoredKey<K> {
    fn borrow(&self) -> &(dyn Probe<K> + 'a) {
        self
    }
}

impl<K> Hash for dyn Probe<K> + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Probe::hash(self));
    }
}

impl<K> PartialEq for dyn Probe<K> + '_ {
    fn eq(&self, other: &Self) -> bool {
        match (self.as_stored(), other.as_stored()) {
            (_, Some(stored)) => self.finds(stored),
            (Some(stored), None) => other.finds(stored),
            // The table always has a stored key on one side.
            (None, None) => std::ptr::addr_eq(self, other),
        }
    }
}

impl<K> Eq for dyn Probe<K> + '_ {}

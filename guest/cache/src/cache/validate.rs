use std::hash::{BuildHasher, Hash};

use super::Cache;
use crate::Weigh;

impl<K: Hash + Eq + Weigh, V: Weigh> Cache<K, V> {
    /// Checks every invariant, for tests. It takes time O(n log n) for n entries.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold, in words.
    #[doc(hidden)]
    pub fn validate(&self) -> Result<(), String> {
        let mut bytes = 0_u64;
        for (stored, value) in &self.entries {
            let (ticket, weight) = (stored.ticket, stored.weight);
            let hash = self.hasher.hash_one(&stored.key);
            let weighed = stored.key.weight().saturating_add(value.weight());
            check(self.deadlines.contains(&ticket), "an entry has no deadline")?;
            check(ticket.id < self.next_id, "an id is still to be given")?;
            check(ticket.hash == hash, "a hash is not its key's")?;
            check(weight == weighed, "a weight is not its entry's")?;
            bytes = bytes.saturating_add(weight);
        }
        let limits = self.limits;
        let deadlines = self.deadlines.len();
        check(deadlines == self.len(), "a deadline has no entry")?;
        check(bytes == self.bytes(), "the bytes are not the weights' sum")?;
        check(bytes <= limits.bytes.get(), "too many bytes")?;
        check(self.len() <= limits.entries.get(), "too many entries")
    }
}

fn check(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU64, NonZeroUsize};

    use super::*;
    use crate::Limits;
    use crate::hasher::KeyedHasher;

    fn two_entries() -> Cache<&'static str, &'static str> {
        let limits = Limits {
            entries: NonZeroUsize::new(2).unwrap(),
            bytes: NonZeroU64::new(4).unwrap(),
        };
        let mut cache = Cache::new(limits, 1);
        cache.set("a", "1", 10, 0);
        cache.set("b", "2", 10, 0);
        cache
    }

    /// What `validate` says after `damage`.
    fn damaged(damage: impl FnOnce(&mut Cache<&str, &str>)) -> Result<(), String> {
        let mut cache = two_entries();
        damage(&mut cache);
        cache.validate()
    }

    fn broken(invariant: &str) -> Result<(), String> {
        Err(invariant.to_owned())
    }

    #[test]
    fn a_sound_cache_is_valid() {
        assert_eq!(Ok(()), damaged(|_| ()));
    }

    #[test]
    fn an_index_that_differs_is_found() {
        let said = damaged(|cache| {
            cache.deadlines.pop_first();
        });
        assert_eq!(broken("an entry has no deadline"), said);

        let said = damaged(|cache| {
            cache.entries.pop_lru();
        });
        assert_eq!(broken("a deadline has no entry"), said);
    }

    #[test]
    fn a_stored_key_that_is_wrong_is_found() {
        let said = damaged(|cache| cache.next_id = 1);
        assert_eq!(broken("an id is still to be given"), said);

        let said = damaged(|cache| cache.hasher = KeyedHasher::new(2));
        assert_eq!(broken("a hash is not its key's"), said);

        let said = damaged(|cache| {
            for (_, value) in &mut cache.entries {
                *value = "12";
            }
        });
        assert_eq!(broken("a weight is not its entry's"), said);
    }

    #[test]
    fn a_sum_that_is_wrong_is_found() {
        let said = damaged(|cache| cache.statistics.bytes = 3);
        assert_eq!(broken("the bytes are not the weights' sum"), said);
    }

    #[test]
    fn an_exceeded_limit_is_found() {
        let said = damaged(|cache| cache.limits.bytes = NonZeroU64::MIN);
        assert_eq!(broken("too many bytes"), said);

        let said = damaged(|cache| cache.limits.entries = NonZeroUsize::MIN);
        assert_eq!(broken("too many entries"), said);
    }
}

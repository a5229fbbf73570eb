//! The cache hashes a key once a call, with [`KeyedHasher`]; the table inside then takes that hash as
//! it is, through [`Finished`].

use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use siphasher::sip::SipHasher13;

/// Makes `SipHash`-1-3 hashers keyed by the caller's seed.
///
/// Keys come from outside, and whoever sends them can time the answers. `SipHash` is made for that: who
/// does not know the seed cannot find keys that collide. Faster ones (foldhash, rapidhash, ahash
/// without AES instructions) do not promise it, and would save little: a key of 500 bytes takes them
/// about 50 ns inside wasmtime and `SipHash`-1-3 100 ns (natively 13 to 29 ns and 100 ns).
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyedHasher {
    seed: u64,
}

impl KeyedHasher {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }
}

impl BuildHasher for KeyedHasher {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        // The seed is all the secret there is, so the second half of the hasher's key adds nothing.
        SipHasher13::new_with_keys(self.seed, 0)
    }
}

/// Passes on a hash that was computed before, given by `write_u64`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Finished(u64);

/// Makes [`Finished`] hashers.
pub(crate) type BuildFinished = BuildHasherDefault<Finished>;

impl Hasher for Finished {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Nothing in this crate comes here; a trait's method has to do something right, though.
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_hash() {
        let hash = |seed| KeyedHasher::new(seed).hash_one("alice");
        assert_eq!(hash(1), hash(1));
    }

    #[test]
    fn another_seed_gives_another_hash() {
        let hash = |seed| KeyedHasher::new(seed).hash_one("alice");
        assert_ne!(hash(1), hash(2));
    }

    #[test]
    fn a_finished_hash_is_passed_on() {
        assert_eq!(42, BuildFinished::default().hash_one(42_u64));
    }
}

//! Keys that were read before: the inputs of one gateway have the same few, over and over.

use std::sync::Arc;

/// How many keys are remembered.
const SLOTS: usize = 256;
/// Longest key that is remembered, in bytes.
const LONGEST: usize = 32;

/// Keys that were read before, each to be had again without a copy. What it remembers is bounded, and who sends keys
/// that push each other out gains nothing but copies.
#[derive(Debug)]
pub struct Keys {
    slots: Box<[Option<Arc<str>>; SLOTS]>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            slots: Box::new([const { None }; SLOTS]),
        }
    }
}

impl Keys {
    /// This key: the one that was read before, or a copy.
    pub fn share(&mut self, key: &str) -> Arc<str> {
        if key.len() > LONGEST {
            return key.into();
        }
        let Some(slot) = self.slots.get_mut(slot_of(key.as_bytes())) else {
            return key.into();
        };
        match slot {
            Some(known) if **known == *key => Arc::clone(known),
            _ => Arc::clone(slot.insert(key.into())),
        }
    }
}

/// By length, beginning and end: enough to keep the keys of one kind of input apart.
fn slot_of(key: &[u8]) -> usize {
    let end = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let ends = match key.first_chunk() {
        Some(first) => end(Some(first)) ^ end(key.last_chunk()).rotate_left(13),
        None => key.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)),
    };
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
    let mixed = (ends ^ length << 20).wrapping_mul(0x9E37_79B1);
    usize::try_from(mixed >> 24).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_read_again_is_the_same_one() {
        let mut keys = Keys::default();
        for key in ["", "a", "user", "roles", "sensitivity_level", "schlüssel"] {
            let first = keys.share(key);
            assert_eq!(&*first, key);
            assert!(Arc::ptr_eq(&first, &keys.share(key)), "{key}");
        }
    }

    #[test]
    fn keys_that_push_each_other_out_stay_themselves() {
        let mut keys = Keys::default();
        for n in 0..10_000 {
            let key = format!("key-{}", n % 700);
            assert_eq!(&*keys.share(&key), key);
        }
    }

    #[test]
    fn a_long_key_is_not_remembered() {
        let (mut keys, long) = (Keys::default(), "k".repeat(LONGEST + 1));
        let first = keys.share(&long);
        assert!(!Arc::ptr_eq(&first, &keys.share(&long)));
    }
}

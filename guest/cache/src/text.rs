use std::hash::{Hash, Hasher};

use equivalent::Equivalent;

use crate::Weigh;

/// A text as a key, looked up as a `str`, whose comparison is fast in a guest too.
///
/// `str` compares by `memcmp`, which the C library of `wasm32-wasip2` does byte by byte: 190 ns for 500
/// bytes inside wasmtime, more than everything else in a look-up. This compares 16 bytes at a time: 30
/// ns (natively 13 ns, where `memcmp` takes 6 ns).
#[derive(Clone, Debug)]
pub struct Text(Box<str>);

impl Text {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_boxed_str())
    }
}

impl Weigh for Text {
    fn weight(&self) -> u64 {
        self.0.weight()
    }
}

// INVARIANT: a `Text` and the `str` it is equivalent to have the same hash.
impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Text> for str {
    fn equivalent(&self, text: &Text) -> bool {
        equal(self.as_bytes(), text.0.as_bytes())
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().equivalent(other)
    }
}

impl Eq for Text {}

fn equal(left: &[u8], right: &[u8]) -> bool {
    let (left_blocks, left_rest) = left.as_chunks();
    let (right_blocks, right_rest) = right.as_chunks();
    let mut blocks = left_blocks.iter().zip(right_blocks);
    left.len() == right.len()
        && blocks.all(|(left, right)| u128::from_ne_bytes(*left) == u128::from_ne_bytes(*right))
        && left_rest == right_rest
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn equal_texts_of_any_length_are_equal() {
        for length in 0..100 {
            let text = "a".repeat(length);
            assert!(text.as_str().equivalent(&Text::from(text.clone())));
        }
    }

    #[test]
    fn texts_that_differ_in_one_byte_anywhere_differ() {
        for length in 1..100 {
            for at in 0..length {
                let mut other = "a".repeat(length);
                other.replace_range(at..=at, "b");
                assert_ne!(Text::from("a".repeat(length)), Text::from(other));
            }
        }
    }

    #[test]
    fn a_text_and_its_beginning_differ() {
        for length in 1..100 {
            for shorter in 0..length {
                let (text, beginning) = ("a".repeat(length), "a".repeat(shorter));
                assert!(!text.as_str().equivalent(&Text::from(beginning.as_str())));
                assert!(!beginning.as_str().equivalent(&Text::from(text)));
            }
        }
    }

    #[test]
    fn a_text_hashes_like_its_str() {
        let state = RandomState::new();
        assert_eq!(state.hash_one("alice"), state.hash_one(Text::from("alice")));
    }

    #[test]
    fn a_text_weighs_its_bytes() {
        assert_eq!(3, Text::from("añ").weight());
    }
}

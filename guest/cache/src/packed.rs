//! Many texts as one: the texts one after another, a line feed, and their lengths.
//!
//! `ab`, an absent text and `c` are `abc\n2 - 1`. Lengths are in bytes. They come last, so that whoever
//! writes need not know them all before, and nothing is escaped, so that whoever reads copies nothing.

use std::fmt::Write as _;
use std::{error, fmt};

/// A text that is not packed texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPacked;

impl fmt::Display for NotPacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not packed texts; end with a line feed and the length of each in bytes")
    }
}

impl error::Error for NotPacked {}

/// Writes packed texts.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    texts: String,
    lengths: String,
}

impl Packer {
    /// Adds a text, or an absent one.
    pub(crate) fn add(&mut self, text: Option<&str>) {
        if !self.lengths.is_empty() {
            self.lengths.push(' ');
        }
        match text {
            Some(text) => {
                self.texts.push_str(text);
                // Writing to a text cannot fail.
                let _ = write!(self.lengths, "{}", text.len());
            }
            None => self.lengths.push('-'),
        }
    }

    /// How many bytes of text were added.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The packed texts.
    pub(crate) fn finish(mut self) -> String {
        // Exactly: a great text should not be doubled for a few digits.
        self.texts.reserve_exact(1 + self.lengths.len());
        self.texts.push('\n');
        self.texts.push_str(&self.lengths);
        self.texts
    }
}

/// Reads packed texts.
pub(crate) fn unpack(packed: &str) -> Result<Vec<Option<&str>>, NotPacked> {
    let (texts, lengths) = packed.rsplit_once('\n').ok_or(NotPacked)?;
    let mut rest = texts;
    let unpacked = lengths.split_terminator(' ').map(|length| {
        if length == "-" {
            return Ok(None);
        }
        let length = length.parse().map_err(|_| NotPacked)?;
        let (text, after) = rest.split_at_checked(length).ok_or(NotPacked)?;
        rest = after;
        Ok(Some(text))
    });
    let unpacked = unpacked.collect::<Result<Vec<_>, _>>()?;
    if rest.is_empty() {
        Ok(unpacked)
    } else {
        Err(NotPacked)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack(texts: &[Option<&str>]) -> String {
        let mut packer = Packer::default();
        for text in texts {
            packer.add(*text);
        }
        packer.finish()
    }

    #[test]
    fn texts_follow_one_another_and_their_lengths_come_last() {
        assert_eq!("abc\n2 - 1", pack(&[Some("ab"), None, Some("c")]));
        assert_eq!("\n", pack(&[]));
        assert_eq!("\n0", pack(&[Some("")]));
    }

    #[test]
    fn what_is_not_packed_is_refused() {
        for text in [
            "",
            "a",
            "a\n",
            "a\n2",
            "a\n0",
            "a\n1 1",
            "\n- x",
            "a\n-1",
            "ä\n1 1",
            "\n ",
            "\n  0",
            "a\n99999999999999999999",
            "a\n1\n",
        ] {
            assert_eq!(Err(NotPacked), unpack(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(texts in prop::collection::vec(any::<Option<String>>(), 0..8)) {
            let texts: Vec<_> = texts.iter().map(Option::as_deref).collect();
            let packed = pack(&texts);
            prop_assert_eq!(Ok(texts), unpack(&packed));
        }

        #[test]
        fn whatever_is_unpacked_ends(text in "[ab\u{e4}\n0-3 -]{0,12}") {
            let _ = unpack(&text);
        }
    }
}

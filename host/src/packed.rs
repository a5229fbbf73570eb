//! Many texts as one: the texts one after another, a line feed, and their lengths in bytes.
//!
//! `ab`, an absent text and `c` are `abc\n2 - 1`.

use std::fmt::Write as _;

use crate::instance::BATCH;

/// Most bytes of a crossing, but for one item alone that has more.
const CROSSING: usize = 1 << 20;

/// Texts as one.
pub(crate) fn pack<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let (mut packed, mut lengths) = (String::new(), String::new());
    for text in texts {
        packed.push_str(text);
        let space = if lengths.is_empty() { "" } else { " " };
        // Writing to a text cannot fail.
        let _ = write!(lengths, "{space}{}", text.len());
    }
    packed.push('\n');
    packed + &lengths
}

/// The texts that were packed; `None` if this is no such text.
pub(crate) fn unpack(packed: &str) -> Option<Vec<Option<&str>>> {
    let (mut rest, lengths) = packed.rsplit_once('\n')?;
    let unpacked = lengths.split_terminator(' ').map(|length| {
        if length == "-" {
            return Some(None);
        }
        let (text, after) = rest.split_at_checked(length.parse().ok()?)?;
        rest = after;
        Some(Some(text))
    });
    unpacked.collect()
}

/// Splits items into crossings of no more than [`BATCH`], and of no more bytes than may cross at once.
pub(crate) fn crossings<T>(items: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut crossings: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        let size = size(&item);
        match crossings.last_mut() {
            Some(last) if last.len() < BATCH && size <= room => {
                room -= size;
                last.push(item);
            }
            _ => {
                room = CROSSING.saturating_sub(size);
                crossings.push(vec![item]);
            }
        }
    }
    crossings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        for texts in [
            vec![],
            vec![""],
            vec!["", ""],
            vec!["a\nb", "ä", "-", "\n0", ""],
        ] {
            let packed = pack(texts.iter().copied());
            let expected: Vec<_> = texts.into_iter().map(Some).collect();
            assert_eq!(unpack(&packed), Some(expected), "{packed:?}");
        }
        assert_eq!(
            unpack("abc\n2 - 1"),
            Some(vec![Some("ab"), None, Some("c")])
        );
    }

    #[test]
    fn what_is_not_packed_is_refused() {
        for text in ["", "a", "a\n2", "ä\n1 1", "a\nx", "\n-1"] {
            assert_eq!(unpack(text), None, "{text:?}");
        }
    }

    #[test]
    fn crossings_hold_everything_in_order_within_bounds() {
        let sizes = |items: Vec<usize>| {
            let split = crossings(items.clone(), |size| *size);
            assert_eq!(split.concat(), items);
            split.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert!(sizes(vec![]).is_empty());
        assert_eq!(sizes(vec![0; 300]), [128, 128, 44]);
        assert_eq!(sizes(vec![CROSSING, 0, 1]), [2, 1]);
        assert_eq!(sizes(vec![CROSSING + 1, 0, 1]), [2, 1]);
        assert_eq!(sizes(vec![1, CROSSING, 1]), [1, 1, 1]);
        assert_eq!(
            sizes(vec![CROSSING / 2, CROSSING / 2, 0, CROSSING / 2]),
            [3, 1]
        );
    }
}

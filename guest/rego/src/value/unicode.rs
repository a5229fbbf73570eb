//! Which characters there are.
//!
//! OPA 1.22 is built with Go's tables of Unicode 15; Rust's are newer. A character that came later is unknown to
//! OPA: it has no case, and is written escaped between quotes.

/// The characters that Rust knows and Go does not, first and last of each run.
/// INVARIANT: sorted.
#[rustfmt::skip]
const NEWER: &[(u32, u32)] = &[
    (0x88f, 0x88f), (0x897, 0x897), (0xc5c, 0xc5c), (0xcdc, 0xcdc), (0x1acf, 0x1add),
    (0x1ae0, 0x1aeb), (0x1b4e, 0x1b4f), (0x1b7f, 0x1b7f), (0x1c89, 0x1c8a), (0x20c1, 0x20c1),
    (0x2427, 0x2429), (0x2b96, 0x2b96), (0x2ffc, 0x2fff), (0x31e4, 0x31e5), (0x31ef, 0x31ef),
    (0xa7cb, 0xa7cf), (0xa7d2, 0xa7d2), (0xa7d4, 0xa7d4), (0xa7da, 0xa7dc), (0xa7f1, 0xa7f1),
    (0xfbc3, 0xfbd2), (0xfd90, 0xfd91), (0xfdc8, 0xfdce), (0x105c0, 0x105f3), (0x10940, 0x10959),
    (0x10d40, 0x10d65), (0x10d69, 0x10d85), (0x10d8e, 0x10d8f), (0x10ec2, 0x10ec7),
    (0x10ed0, 0x10ed8), (0x10efa, 0x10efc), (0x11380, 0x11389), (0x1138b, 0x1138b),
    (0x1138e, 0x1138e), (0x11390, 0x113b5), (0x113b7, 0x113c0), (0x113c2, 0x113c2),
    (0x113c5, 0x113c5), (0x113c7, 0x113ca), (0x113cc, 0x113d5), (0x113d7, 0x113d8),
    (0x113e1, 0x113e2), (0x116d0, 0x116e3), (0x11b60, 0x11b67), (0x11bc0, 0x11be1),
    (0x11bf0, 0x11bf9), (0x11db0, 0x11ddb), (0x11de0, 0x11de9), (0x11f5a, 0x11f5a),
    (0x13460, 0x143fa), (0x16100, 0x16139), (0x16d40, 0x16d79), (0x16ea0, 0x16eb8),
    (0x16ebb, 0x16ed3), (0x16ff2, 0x16ff6), (0x187f8, 0x187ff), (0x18cff, 0x18cff),
    (0x18d09, 0x18d1e), (0x18d80, 0x18df2), (0x1cc00, 0x1ccfc), (0x1cd00, 0x1ceb3),
    (0x1ceba, 0x1ced0), (0x1cee0, 0x1cef0), (0x1e5d0, 0x1e5fa), (0x1e5ff, 0x1e5ff),
    (0x1e6c0, 0x1e6de), (0x1e6e0, 0x1e6f5), (0x1e6fe, 0x1e6ff), (0x1f6d8, 0x1f6d8),
    (0x1f777, 0x1f77a), (0x1f8b2, 0x1f8bb), (0x1f8c0, 0x1f8c1), (0x1f8d0, 0x1f8d8),
    (0x1fa54, 0x1fa57), (0x1fa89, 0x1fa8a), (0x1fa8e, 0x1fa8f), (0x1fabe, 0x1fabe),
    (0x1fac6, 0x1fac6), (0x1fac8, 0x1fac8), (0x1facd, 0x1facd), (0x1fadc, 0x1fadc),
    (0x1fadf, 0x1fadf), (0x1fae9, 0x1faea), (0x1faef, 0x1faef), (0x1fbcb, 0x1fbef),
    (0x1fbfa, 0x1fbfa), (0x2b73a, 0x2b73f), (0x2cea2, 0x2cead), (0x2ebf0, 0x2ee5d),
    (0x323b0, 0x33479),
];

/// Whether a character came with a Unicode newer than OPA's.
fn is_newer(char: char) -> bool {
    let code = u32::from(char);
    let at = NEWER.partition_point(|(_, last)| *last < code);
    NEWER.get(at).is_some_and(|(first, _)| *first <= code)
}

/// Whether a character has a picture: letters, marks, numbers, punctuation, symbols and the plain space.
pub fn is_print(char: char) -> bool {
    if char.is_ascii() {
        return !char.is_ascii_control();
    }
    // Rust escapes the same characters, but marks at a text's start too.
    let behind: String = ['a', char].into_iter().collect();
    !behind.escape_debug().to_string().starts_with("a\\") && !is_newer(char)
}

/// The small letter of a capital, one character for one.
pub fn lower(char: char) -> char {
    let mut lower = char.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) if !is_newer(only) && !is_newer(char) => only,
        (_, None) => char,
        // The one with more: a capital I with a dot above.
        (_, Some(_)) => 'i',
    }
}

/// The capital of a small letter, one character for one: `ß` stays.
pub fn upper(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) if !is_newer(only) && !is_newer(char) => only,
        (_, None) => char,
        // Greek with an iota below has capitals with one beside.
        (_, Some(_)) => match char {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                shifted(char, 8)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(char, 9),
            other => other,
        },
    }
}

fn shifted(char: char, by: u32) -> char {
    char::from_u32(u32::from(char) + by).unwrap_or(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_maps_one_character_to_one() {
        assert_eq!("ÀßİΣﬁᾼᾳ".chars().map(lower).collect::<String>(), "àßiσﬁᾳᾳ");
        assert_eq!(
            "àßıσςﬁᾳᾳǅ".chars().map(upper).collect::<String>(),
            "ÀßIΣΣﬁᾼᾼǄ"
        );
    }

    #[test]
    fn later_characters_are_unknown() {
        assert_eq!(upper('\u{19b}'), '\u{19b}');
        assert_eq!(lower('\u{10d50}'), '\u{10d50}');
        assert!(is_print('\u{1fae8}') && !is_print('\u{1fae9}'));
        assert!(is_print('\u{301}') && !is_print('\u{a0}') && !is_print('\u{e000}'));
    }
}

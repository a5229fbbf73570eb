//! The parts of a key: what stands between its line feeds.

/// Whether a key begins with these parts, an absent one standing for any.
pub(crate) fn begins_with(key: &str, parts: &[Option<&str>]) -> bool {
    let mut found = key.split('\n');
    parts.iter().all(|wanted| {
        found
            .next()
            .is_some_and(|part| wanted.is_none_or(|wanted| wanted == part))
    })
}

/// The first `parts` parts of a key with their line feeds; `None` if it has fewer, or none are wanted.
pub(crate) fn head(key: &str, parts: usize) -> Option<&str> {
    let mut ends = key.match_indices('\n').map(|(at, _)| at);
    match ends.nth(parts.checked_sub(1)?) {
        Some(end) => key.get(..end),
        // The last part has no line feed after it.
        None => (key.split('\n').count() == parts).then_some(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_compared_whole() {
        assert!(begins_with("a\nb\nc", &[Some("a"), Some("b")]));
        assert!(begins_with("a\nb", &[Some("a"), Some("b")]));
        assert!(!begins_with("a\nbc", &[Some("a"), Some("b")]));
        assert!(!begins_with("a\nb", &[Some("a"), Some("bc")]));
        assert!(!begins_with("a\nb", &[Some("b")]));
        assert!(begins_with("", &[Some("")]));
        assert!(begins_with("\n", &[Some(""), Some("")]));
    }

    #[test]
    fn an_absent_part_stands_for_any_one() {
        assert!(begins_with("a\nb\nc", &[None, Some("b")]));
        assert!(begins_with("a\n\nc", &[Some("a"), None, Some("c")]));
        assert!(!begins_with("a", &[Some("a"), None]));
        assert!(begins_with("a", &[]));
    }

    #[test]
    fn no_character_of_a_part_has_a_meaning() {
        assert!(begins_with("*\nb", &[Some("*")]));
        assert!(!begins_with("a\nb", &[Some("*")]));
        assert!(!begins_with("a\nb", &[Some("a\nb")]));
    }

    #[test]
    fn a_head_is_the_first_parts() {
        let heads = |parts| ["a\nb\nc", "a\n\n", "a", ""].map(|key| head(key, parts));
        assert_eq!([Some("a"), Some("a"), Some("a"), Some("")], heads(1));
        assert_eq!([Some("a\nb"), Some("a\n"), None, None], heads(2));
        assert_eq!([Some("a\nb\nc"), Some("a\n\n"), None, None], heads(3));
        assert_eq!([None; 4], heads(4));
        assert_eq!([None; 4], heads(0));
    }
}

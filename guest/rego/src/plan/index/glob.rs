//! `glob.match("api:*:read", [":"], input.scope)`.

use super::constraint::{Constraint, Pattern};
use super::equality::local;
use super::scan::Scan;
use crate::syntax::ast::{Name, Node, Term};

impl Scan<'_> {
    /// A text that has to match a pattern whose only special segments are `*`.
    pub fn glob(&mut self, pattern: &Term, delimiters: &Term, text: &Term) {
        let Some(delimiters) = delimiters_of(delimiters) else {
            return;
        };
        let Node::String(written) = &pattern.node else {
            return;
        };
        let Some(segments) = segments_of(written, &delimiters, pattern) else {
            return;
        };
        if let Some(spot) = local(text).and_then(|name| self.resolve(name)) {
            let place = self.places.intern(spot.place, spot.at);
            let mut constraint = Constraint::equal(place, segments);
            constraint.split = Some(delimiters);
            self.findings.insert(constraint);
        }
    }
}

/// All characters of the delimiters; `.` if there are none. Only ASCII is indexed.
fn delimiters_of(term: &Term) -> Option<Name> {
    let Node::Array(items) = &term.node else {
        return None;
    };
    let mut joined = String::new();
    for item in items {
        let Node::String(delimiter) = &item.node else {
            return None;
        };
        joined.push_str(delimiter);
    }
    if items.is_empty() {
        joined.push('.');
    }
    joined.is_ascii().then(|| joined.into())
}

fn segments_of(pattern: &str, delimiters: &str, at: &Term) -> Option<Pattern> {
    let mut items = Vec::new();
    for segment in split(pattern, delimiters) {
        items.push(if segment == "*" {
            Term::var("$globwildcard", at.at)
        } else if is_plain(segment) {
            Term::string(segment, at.at)
        } else {
            return None;
        });
    }
    Some(Pattern::of(&Term::new(Node::Array(items), at.at)))
}

/// Whether a segment stands for itself, backslashes left in.
fn is_plain(segment: &str) -> bool {
    let mut escaped = false;
    for character in segment.chars() {
        if character == '\\' {
            escaped = !escaped;
        } else {
            if !escaped && matches!(character, '[' | '?' | '{' | '*') {
                return false;
            }
            escaped = false;
        }
    }
    true
}

/// The segments between delimiters that no backslash stands before.
pub fn split<'text>(text: &'text str, delimiters: &str) -> impl Iterator<Item = &'text str> {
    let mut escaped = false;
    text.split(move |character: char| {
        if character == '\\' || escaped {
            escaped = !escaped;
            return false;
        }
        delimiters.contains(character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_where_nothing_is_escaped() {
        let parts = |text| split(text, ":/").collect::<Vec<_>>();
        assert_eq!(parts("a:b/c"), ["a", "b", "c"]);
        assert_eq!(parts(r"a\:b:c"), [r"a\:b", "c"]);
        assert_eq!(parts(r"a\\:b"), [r"a\\", "b"]);
        assert_eq!(parts(""), [""]);
        assert_eq!(parts(":"), ["", ""]);
    }

    #[test]
    fn segments_with_special_characters_are_not_plain() {
        for (segment, plain) in [
            ("a", true),
            (r"a\*", true),
            ("a*", false),
            ("**", false),
            ("{a,b}", false),
            ("[ab]", false),
            ("?", false),
        ] {
            assert_eq!(is_plain(segment), plain, "{segment}");
        }
    }
}

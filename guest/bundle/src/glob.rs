//! Patterns for file names, as OPA's manifests have them.
//!
//! OPA compiles them without separators, so `*` crosses folders, as `**` does. The syntax, as of
//! github.com/gobwas/glob: `*` any text, `?` any character, `[abc]`, `[a-z]`, `[!a-z]`, `{one,other}`,
//! and `\` before a character that is meant as itself.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder, escape};

/// Most memory one compiled pattern may take, in bytes.
const LARGEST: usize = 1 << 20;

/// A pattern, ready to match.
#[derive(Debug)]
pub(crate) enum Glob {
    /// Has nothing special in it, as in the manifests that `opa build` writes.
    Literal(String),
    Pattern(Regex),
}

impl Glob {
    /// # Errors
    ///
    /// What is wrong with the pattern.
    pub(crate) fn new(pattern: &str) -> Result<Self, &'static str> {
        if !pattern.contains(['*', '?', '[', '{', '\\']) {
            return Ok(Self::Literal(pattern.to_owned()));
        }
        let mut regex = String::from(r"\A");
        translate(&mut pattern.chars().peekable(), &mut regex)?;
        regex.push_str(r"\z");
        let built = RegexBuilder::new(&regex)
            .dot_matches_new_line(true)
            .size_limit(LARGEST)
            .build();
        built.map(Self::Pattern).map_err(|_| "it is too big")
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Literal(text) => text == path,
            Self::Pattern(regex) => regex.is_match(path),
        }
    }
}

fn translate(pattern: &mut Peekable<Chars<'_>>, regex: &mut String) -> Result<(), &'static str> {
    let mut groups = 0_u32;
    while let Some(letter) = pattern.next() {
        match letter {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => class(pattern, regex)?,
            '{' => {
                groups += 1;
                regex.push_str("(?:");
            }
            ',' if groups > 0 => regex.push('|'),
            '}' if groups > 0 => {
                groups -= 1;
                regex.push(')');
            }
            '\\' => literal(pattern.next().ok_or("it ends in a backslash")?, regex),
            _ => literal(letter, regex),
        }
    }
    if groups > 0 {
        return Err("a `{` is not closed");
    }
    Ok(())
}

/// A character class, after its `[`.
fn class(pattern: &mut Peekable<Chars<'_>>, regex: &mut String) -> Result<(), &'static str> {
    const OPEN: &str = "a `[` is not closed";
    regex.push('[');
    if pattern.next_if_eq(&'!').is_some() {
        regex.push('^');
    }
    let first = pattern.next().ok_or(OPEN)?;
    if pattern.next_if_eq(&'-').is_some() {
        let last = pattern.next().ok_or(OPEN)?;
        if last < first {
            return Err("a range in `[…]` runs backwards");
        }
        literal(first, regex);
        regex.push('-');
        literal(last, regex);
        if pattern.next() != Some(']') {
            return Err("a range in `[…]` stands beside something else");
        }
    } else {
        let mut letter = first;
        if letter == ']' {
            return Err("a `[]` is empty");
        }
        while letter != ']' {
            if letter == '\\' {
                letter = pattern.next().ok_or(OPEN)?;
            }
            literal(letter, regex);
            letter = pattern.next().ok_or(OPEN)?;
        }
    }
    regex.push(']');
    Ok(())
}

fn literal(letter: char, regex: &mut String) {
    regex.push_str(&escape(letter.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_opa() {
        let cases = [
            ("/a/b.rego", "/a/b.rego", true),
            ("/a/b.rego", "/a/bxrego", false),
            ("/a/*.rego", "/a/b.rego", true),
            ("/a/*.rego", "/a/b/c.rego", true),
            ("/a/**.rego", "/a/b/c.rego", true),
            ("/a/*.rego", "/b/b.rego", false),
            ("*", "/any/thing", true),
            ("/a?c", "/abc", true),
            ("/a?c", "/a/c", true),
            ("/a?c", "/aéc", true),
            ("/a?c", "/abbc", false),
            ("/[ab]", "/b", true),
            ("/[!ab]", "/b", false),
            ("/[!ab]", "/^", true),
            ("/[a-c]", "/b", true),
            ("/[!a-c]", "/d", true),
            (r"/[\]^-]", "/^", true),
            (r"/[\]^-]", "/]", true),
            ("/{a,b/*}.rego", "/a.rego", true),
            ("/{a,b/*}.rego", "/b/x.rego", true),
            ("/{a,b{c,d}}", "/bd", true),
            ("/{,a}b", "/b", true),
            ("/a,b}", "/a,b}", true),
            (r"/\*", "/*", true),
            (r"/\*", "/a", false),
            ("/(a|b)+*", "/(a|b)+", true),
            ("/a*", "/a\nb", true),
        ];
        for (pattern, path, matches) in cases {
            let glob = Glob::new(pattern).unwrap();
            assert_eq!(glob.matches(path), matches, "{pattern} {path}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for pattern in [
            "{a", "[a", "[", "[]", "[!]", "[c-a]", "[a-cx]", "[a-]", "a\\", "[a\\", "{a{b}",
        ] {
            assert!(Glob::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn nesting_obeyed() {
        assert!(Glob::new(&("{".repeat(100) + &"}".repeat(100))).is_ok());
    }

    #[test]
    fn nesting_violated() {
        assert!(Glob::new(&("{".repeat(100_000) + &"}".repeat(100_000))).is_err());
    }
}

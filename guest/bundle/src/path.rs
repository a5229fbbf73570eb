//! Names of archive entries.
//!
//! A name is only ever a key here: the sandbox has no files to write to. It still has to be one that
//! every reader takes alike, since it decides where data goes and what a message points at.

use std::fmt;

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameFault {
    NotUtf8,
    Empty,
    Parent,
    EmptyPart,
    Backslash,
    Control,
    Drive,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "is not UTF-8",
            Self::Empty => "is empty",
            Self::Parent => "leads out of its folder by `..`",
            Self::EmptyPart => "has an empty part",
            Self::Backslash => "contains a backslash",
            Self::Control => "contains a control character",
            Self::Drive => "begins with a drive letter",
        })
    }
}

/// The name with `/` between parts and none at the start: `./a/b` and `/a/b` are `a/b`.
pub(crate) fn normalise(name: &[u8]) -> Result<String, NameFault> {
    let name = std::str::from_utf8(name).map_err(|_| NameFault::NotUtf8)?;
    if name.contains('\\') {
        return Err(NameFault::Backslash);
    }
    if name.chars().any(char::is_control) {
        return Err(NameFault::Control);
    }
    let relative = name.strip_prefix('/').unwrap_or(name);
    let mut parts = Vec::new();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => return Err(NameFault::Parent),
            "" if relative.is_empty() => {}
            "" => return Err(NameFault::EmptyPart),
            _ => parts.push(part),
        }
    }
    let first = parts.first().ok_or(NameFault::Empty)?;
    if matches!(first.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
        return Err(NameFault::Drive);
    }
    Ok(parts.join("/"))
}

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, base)| base)
}

/// The path in `data` that a data file's content goes to: its folder, without the dots and slashes in
/// front, as OPA has it. (`.hidden/data.json` is `data.hidden`.)
pub(crate) fn data_path(path: &str) -> Vec<&str> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match folder.trim_start_matches(['/', '.']) {
        "" => Vec::new(),
        folder => folder.split('/').collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in [
            "a/b.rego",
            "/a/b.rego",
            "./a/b.rego",
            "a/./b.rego",
            "/./a/b.rego",
        ] {
            assert_eq!(normalise(name.as_bytes()), Ok("a/b.rego".into()), "{name}");
        }
        assert_eq!(normalise(b".manifest"), Ok(".manifest".into()));
        assert_eq!(normalise(b"..a/b...rego"), Ok("..a/b...rego".into()));
        assert_eq!(
            normalise("ä/日本.rego".as_bytes()),
            Ok("ä/日本.rego".into())
        );
        assert_eq!(normalise(b"a:b/c:d"), Err(NameFault::Drive));
        assert_eq!(normalise(b"ab:c/d"), Ok("ab:c/d".into()));
    }

    #[test]
    fn names_that_readers_could_take_differently_are_refused() {
        let cases: [(&[u8], NameFault); 14] = [
            (b"..", NameFault::Parent),
            (b"../a", NameFault::Parent),
            (b"a/../../b", NameFault::Parent),
            (b"/../etc/passwd", NameFault::Parent),
            (b"a//b", NameFault::EmptyPart),
            (b"//a", NameFault::EmptyPart),
            (b"a/", NameFault::EmptyPart),
            (b"", NameFault::Empty),
            (b"/", NameFault::Empty),
            (b"./.", NameFault::Empty),
            (br"a\b", NameFault::Backslash),
            (b"a\0b", NameFault::Control),
            (b"a\xff", NameFault::NotUtf8),
            (b"C:/a", NameFault::Drive),
        ];
        for (name, fault) in cases {
            assert_eq!(normalise(name), Err(fault), "{}", name.escape_ascii());
        }
    }

    #[test]
    fn data_goes_under_its_folder() {
        assert_eq!(data_path("data.json"), Vec::<&str>::new());
        assert_eq!(data_path("a/b/data.json"), ["a", "b"]);
        assert_eq!(data_path(".hidden/b/data.json"), ["hidden", "b"]);
        assert_eq!(data_path("../data.json"), Vec::<&str>::new());
    }
}

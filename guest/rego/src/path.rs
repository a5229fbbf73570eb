//! Paths into the `data` document: how a caller names an entry point.

use std::fmt;

/// A path below `data`, part by part. Empty: `data` itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<String>);

impl Path {
    /// A path of these parts.
    pub fn new(parts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(parts.into_iter().map(Into::into).collect())
    }

    /// Reads an entry point: OPA's REST path (`mcp/gateway/result`) or a reference
    /// (`data.mcp.gateway.result`, `data.mcp["a b"]`). `None` where it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("data") {
            Some("") => Some(Self::default()),
            Some(rest) if rest.starts_with(['.', '[']) => parse_reference(rest),
            _ => parse_rest(text),
        }
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// Whether this path is `other` or lies above it.
    #[must_use]
    pub fn contains(&self, other: &Path) -> bool {
        other.0.starts_with(&self.0)
    }

    /// As a reference that Rego reads: `data.mcp["a b"]`.
    #[must_use]
    pub fn to_reference(&self) -> String {
        let mut text = String::from("data");
        for part in &self.0 {
            if is_name(part) {
                text.push('.');
                text.push_str(part);
            } else {
                text.push('[');
                crate::json::write_string(part, &mut text);
                text.push(']');
            }
        }
        text
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

fn parse_rest(text: &str) -> Option<Path> {
    let text = text.strip_prefix('/').unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        return Some(Path::default());
    }
    let parts = text.split('/').map(str::to_owned).collect::<Vec<_>>();
    (!parts.iter().any(String::is_empty)).then_some(Path(parts))
}

fn parse_reference(mut rest: &str) -> Option<Path> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('.') {
            let end = tail.find(['.', '[']).unwrap_or(tail.len());
            let (name, tail) = tail.split_at_checked(end)?;
            if name.is_empty() || name.contains('/') {
                return None;
            }
            parts.push(name.to_owned());
            rest = tail;
        } else {
            let quoted = rest.strip_prefix('[')?;
            let end = end_of_string(quoted)?;
            let (literal, tail) = quoted.split_at_checked(end)?;
            parts.push(serde_json::from_str(literal).ok()?);
            rest = tail.strip_prefix(']')?;
        }
    }
    Some(Path(parts))
}

/// Where the JSON string at the start of `text` ends, closing quote included.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    let mut bytes = text.bytes().enumerate();
    if bytes.next()?.1 != b'"' {
        return None;
    }
    for (at, byte) in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_name(part: &str) -> bool {
    let mut chars = part.chars();
    let first = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') && !KEYWORDS.contains(&part)
}

/// Words that cannot stand after a dot in a reference of version 0.
const KEYWORDS: [&str; 16] = [
    "as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input",
    "not", "null", "package", "some", "true",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<Vec<String>> {
        Path::parse(text).map(|path| path.0)
    }

    #[test]
    fn a_rest_path_and_a_reference_name_the_same_place() {
        let wanted = Some(vec!["mcp".to_owned(), "gateway".to_owned()]);
        for text in [
            "mcp/gateway",
            "/mcp/gateway",
            "mcp/gateway/",
            "data.mcp.gateway",
            "data.mcp[\"gateway\"]",
        ] {
            assert_eq!(parts(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_whole_document_has_a_path() {
        assert_eq!(parts("data"), Some(vec![]));
        assert_eq!(parts(""), Some(vec![]));
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "a//b",
            "data.",
            "data.a..b",
            "data[a]",
            "data[\"a\"",
            "data.a/b",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn a_reference_survives_the_round_trip() {
        for path in [Path::new(["a", "b c"]), Path::new(["if", "\"]", "é"])] {
            assert_eq!(Path::parse(&path.to_reference()), Some(path));
        }
    }
}

//! References between schemas: URLs with JSON pointers behind `#`.

use std::fmt;

use super::rules::Fault;
use crate::builtins::uri::unescape_fragment;
use crate::value::Value;

/// A reference, absolute or not.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    scheme: String,
    authority: Option<String>,
    /// What follows a scheme without a slash.
    opaque: String,
    path: String,
    query: Option<String>,
    fragment: String,
}

impl Reference {
    /// Reads a reference; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        if !crate::builtins::uri::is_reference(text) {
            return None;
        }
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let (text, query) = text
            .split_once('?')
            .map_or((text, None), |(text, query)| (text, Some(query)));
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        let (scheme, rest) = text
            .split_once(':')
            .filter(|(scheme, _)| is_scheme(scheme))
            .unwrap_or(("", text));
        let mut reference = Self {
            scheme: scheme.to_ascii_lowercase(),
            query: query.map(str::to_owned),
            fragment: fragment.to_owned(),
            ..Self::default()
        };
        if let Some(rest) = rest.strip_prefix("//") {
            let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
            reference.authority = Some(authority.to_owned());
            path.clone_into(&mut reference.path);
        } else if !scheme.is_empty() && !rest.starts_with('/') {
            rest.clone_into(&mut reference.opaque);
        } else {
            rest.clone_into(&mut reference.path);
        }
        Some(reference)
    }

    /// What a reference means that stands in a document of this one.
    pub fn inherit(&self, child: &Self) -> Self {
        let mut resolved = child.clone();
        if !child.scheme.is_empty() || child.authority.is_some() {
            if resolved.scheme.is_empty() {
                resolved.scheme.clone_from(&self.scheme);
            }
            resolved.path = resolve_path(&child.path, "");
            return resolved;
        }
        resolved.scheme.clone_from(&self.scheme);
        if child.path.is_empty() && child.query.is_none() {
            resolved.query.clone_from(&self.query);
        }
        if child.path.is_empty() && !self.opaque.is_empty() {
            resolved.opaque.clone_from(&self.opaque);
            return resolved;
        }
        resolved.authority.clone_from(&self.authority);
        resolved.path = resolve_path(&self.path, &child.path);
        resolved
    }

    /// Without what follows `#`.
    pub fn without_fragment(&self) -> Self {
        Self {
            fragment: String::new(),
            ..self.clone()
        }
    }

    /// Whether it says all that is needed to find the document elsewhere.
    pub fn is_canonical(&self) -> bool {
        if self.scheme == "file" {
            self.path.starts_with('/')
        } else {
            !self.scheme.is_empty()
                && self
                    .authority
                    .as_ref()
                    .is_some_and(|authority| !authority.is_empty())
        }
    }

    /// What the pointer behind `#` leads to; the whole document where there is none.
    pub fn point(&self, document: &Value) -> Result<Value, Fault> {
        let fragment = unescape_fragment(&self.fragment);
        let Some(tokens) = fragment.strip_prefix('/') else {
            return Ok(document.clone());
        };
        let mut found = document;
        for token in tokens.split('/') {
            found = match found {
                Value::Object(object) => {
                    let key = token.replace("~1", "/").replace("~0", "~");
                    object
                        .get_str(&key)
                        .ok_or_else(|| Fault::Invalid(format!("Object has no key '{key}'")))?
                }
                Value::Array(items) => {
                    let Ok(index) = token.parse::<i64>() else {
                        return Err(Fault::Invalid(format!("Invalid array index '{token}'")));
                    };
                    let item = usize::try_from(index)
                        .ok()
                        .and_then(|index| items.get(index));
                    item.ok_or_else(|| {
                        Fault::Invalid(format!(
                            "Out of bound array[0,{}] index '{index}'",
                            items.len()
                        ))
                    })?
                }
                _ => return Err(Fault::Invalid(format!("Invalid token reference '{token}'"))),
            };
        }
        Ok(found.clone())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if let Some(authority) = &self.authority {
            write!(f, "//{authority}")?;
        }
        f.write_str(&self.opaque)?;
        f.write_str(&self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if !self.fragment.is_empty() {
            write!(f, "#{}", self.fragment)?;
        }
        Ok(())
    }
}

/// A path from another one, without `.` and `..`.
fn resolve_path(base: &str, path: &str) -> String {
    let full = if path.is_empty() {
        base.to_owned()
    } else if path.starts_with('/') {
        path.to_owned()
    } else {
        let directory = base
            .rfind('/')
            .and_then(|slash| base.get(..=slash))
            .unwrap_or_default();
        format!("{directory}{path}")
    };
    if full.is_empty() {
        return full;
    }
    let mut parts: Vec<&str> = Vec::new();
    let mut last = "";
    for part in full.strip_prefix('/').unwrap_or(&full).split('/') {
        last = part;
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut out = format!("/{}", parts.join("/"));
    if matches!(last, "." | "..") && !out.ends_with('/') {
        out.push('/');
    }
    out
}

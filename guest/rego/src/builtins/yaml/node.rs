//! Documents as trees of nodes.

use std::collections::HashMap;

use super::parser::{Event, Parser, Style};
use super::scalar::implicit_tag;
use crate::builtins::BuiltinError;
use crate::builtins::json::MAX_DEPTH;

/// Where a node is among all nodes.
pub type Id = usize;

/// A part of a document.
#[derive(Debug, Clone)]
pub struct Node {
    pub kind: Kind,
    /// In its short form: `!!int`.
    pub tag: String,
    /// Whether the tag stands there, or the text in quotes or as a block: then it is what it is.
    pub styled: bool,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Scalar(String),
    Sequence(Vec<Id>),
    /// Keys and values in turns.
    Mapping(Vec<(Id, Id)>),
    Alias(Id),
}

/// The nodes of all documents of a text, and the first document's root.
#[derive(Debug, Default)]
pub struct Nodes {
    nodes: Vec<Node>,
    pub first: Option<Id>,
}

impl Nodes {
    /// Reads all documents.
    pub fn read(text: &str) -> Result<Self, BuiltinError> {
        if let Some(c) = text.chars().find(|&c| !is_allowed(c)) {
            return Err(syntax(&format!("character {c:?} is not allowed")));
        }
        // libyaml skips such a mark before every line, Go's package before the first alone.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.lines().any(|line| line.starts_with('\u{feff}')) {
            return Err(syntax("a byte order mark inside"));
        }
        let mut composer = Composer {
            nodes: Self::default(),
            open: Vec::new(),
            anchors: HashMap::new(),
            text,
        };
        let mut parser = Parser::new(text)?;
        while let Some(event) = parser.next()? {
            composer.take(event)?;
        }
        Ok(composer.nodes)
    }

    pub fn get(&self, id: Id) -> Result<&Node, BuiltinError> {
        self.nodes
            .get(id)
            .ok_or_else(|| syntax("a node is missing"))
    }

    pub fn add(&mut self, node: Node) -> Id {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub fn set(&mut self, id: Id, kind: Kind) {
        if let Some(node) = self.nodes.get_mut(id) {
            node.kind = kind;
        }
    }

    pub fn retag(&mut self, id: Id, tag: &str) {
        if let Some(node) = self.nodes.get_mut(id) {
            tag.clone_into(&mut node.tag);
        }
    }

    /// The tag, of an alias that of what it names.
    pub fn tag(&self, mut id: Id) -> Result<&str, BuiltinError> {
        loop {
            let node = self.get(id)?;
            match node.kind {
                Kind::Alias(target) => id = target,
                _ => return Ok(&node.tag),
            }
        }
    }
}

/// A collection that is not finished.
struct Open {
    id: Id,
    children: Vec<Id>,
    is_mapping: bool,
}

struct Composer<'text> {
    nodes: Nodes,
    open: Vec<Open>,
    anchors: HashMap<String, Id>,
    text: &'text str,
}

impl Composer<'_> {
    fn take(&mut self, event: Event) -> Result<(), BuiltinError> {
        match event {
            Event::Scalar {
                anchor,
                tag,
                text,
                style,
            } => {
                let plain = style == Style::Plain;
                if let Style::DoubleQuoted(start, end) = style
                    && self.has_escaped_slash(start, end)
                {
                    return Err(syntax("found unknown escape character"));
                }
                let default = match &*text {
                    _ if !plain => "!!str",
                    "<<" => "!!merge",
                    text => implicit_tag(text),
                };
                let (tag, tagged) = short_tag(&tag, default);
                let id = self.nodes.add(Node {
                    kind: Kind::Scalar(text),
                    tag,
                    styled: tagged || !plain,
                });
                if let Some(anchor) = anchor {
                    self.anchors.insert(anchor, id);
                }
                self.finish(id);
            }
            Event::Alias(anchor) => {
                let target = self
                    .anchors
                    .get(&anchor)
                    .copied()
                    .ok_or_else(|| syntax("unknown anchor"))?;
                let id = self.nodes.add(Node {
                    kind: Kind::Alias(target),
                    tag: String::new(),
                    styled: false,
                });
                self.finish(id);
            }
            Event::Sequence { anchor, tag } => self.begin(anchor, &tag, false)?,
            Event::Mapping { anchor, tag } => self.begin(anchor, &tag, true)?,
            Event::End => self.end(),
            // Go's package knows YAML 1.1 alone.
            Event::Document(Some(version)) if version != (1, 1) => {
                return Err(syntax("incompatible document"));
            }
            Event::Document(_) | Event::Mark => {}
        }
        Ok(())
    }

    /// Whether a text in quotes has `\/`, which is JSON, and YAML 1.2, but not 1.1.
    fn has_escaped_slash(&self, start: usize, end: usize) -> bool {
        if !self.text.contains("\\/") {
            return false;
        }
        let mut escaped = false;
        self.text.chars().take(end).skip(start).any(|c| {
            let found = escaped && c == '/';
            escaped = !escaped && c == '\\';
            found
        })
    }

    fn begin(
        &mut self,
        anchor: Option<String>,
        tag: &str,
        is_mapping: bool,
    ) -> Result<(), BuiltinError> {
        if self.open.len() >= MAX_DEPTH as usize {
            return Err(BuiltinError::Failed(format!(
                "nested deeper than {MAX_DEPTH} levels"
            )));
        }
        let (tag, styled) = short_tag(tag, if is_mapping { "!!map" } else { "!!seq" });
        let id = self.nodes.add(Node {
            kind: Kind::Sequence(Vec::new()),
            tag,
            styled,
        });
        // Even now: what contains itself is found out later.
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, id);
        }
        self.open.push(Open {
            id,
            children: Vec::new(),
            is_mapping,
        });
        Ok(())
    }

    fn end(&mut self) {
        let Some(Open {
            id,
            children,
            is_mapping,
        }) = self.open.pop()
        else {
            return;
        };
        let kind = if is_mapping {
            let pair = |pair: &[Id]| Some((*pair.first()?, *pair.get(1)?));
            Kind::Mapping(children.chunks(2).filter_map(pair).collect())
        } else {
            Kind::Sequence(children)
        };
        self.nodes.set(id, kind);
        self.finish(id);
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, id: Id) {
        match self.open.last_mut() {
            Some(open) => open.children.push(id),
            None => self.nodes.first = self.nodes.first.or(Some(id)),
        }
    }
}

/// A tag in its short form, and whether it stands there.
fn short_tag(tag: &str, default: &str) -> (String, bool) {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some(short) => (format!("!!{short}"), true),
        None if tag.is_empty() || tag == "!" => (default.to_owned(), false),
        None => (tag.to_owned(), true),
    }
}

/// What Go's reader lets pass.
const fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

pub fn syntax(what: &str) -> BuiltinError {
    BuiltinError::Failed(format!("yaml: {what}"))
}

//! YAML events to a value.

use std::collections::BTreeMap;

use saphyr_parser::{Event, ScalarStyle, Tag as ParsedTag};
use sark_policy_rego::Value;

use crate::node::{Content, Node, object};
use crate::scalar::{Scalar, Tag};
use crate::yaml::Budget;
use crate::yaml_error::YamlFault;

/// A collection that is not finished.
struct Frame {
    anchor: usize,
    weight: u64,
    height: u32,
    respelt: bool,
    items: Items,
}

enum Items {
    Sequence(Vec<Value>),
    Mapping {
        fields: BTreeMap<String, Value>,
        merged: Vec<Value>,
        key: Option<Key>,
    },
}

enum Key {
    Field(String),
    /// `<<`
    Merge,
}

/// Takes events, gives a value.
pub(crate) struct Composer<'budget> {
    depth: u32,
    budget: &'budget mut Budget,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    document: Option<Value>,
    open_end: Option<usize>,
}

impl<'budget> Composer<'budget> {
    /// `open_end`: where the text ends, in characters, if its last line has no line break.
    pub(crate) const fn new(
        depth: u32,
        budget: &'budget mut Budget,
        open_end: Option<usize>,
    ) -> Self {
        Self {
            depth,
            budget,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            document: None,
            open_end,
        }
    }

    /// The document's value, once all events are taken.
    pub(crate) fn into_document(self) -> Value {
        self.document.unwrap_or(Value::Null)
    }

    /// Takes the next event, which ends after `end` characters.
    pub(crate) fn take(&mut self, event: Event<'_>, end: usize) -> Result<(), YamlFault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let text = if is_block && self.open_end == Some(end) {
                    // The parser adds a line break where the file ends without one; OPA's does not.
                    text.strip_suffix('\n').unwrap_or(&text)
                } else {
                    &text
                };
                self.scalar(text, style, anchor, tag.as_deref())
            }
            Event::Alias(anchor) => self.alias(anchor),
            Event::SequenceStart(anchor, _) => self.open(anchor, Items::Sequence(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let (fields, merged, key) = (BTreeMap::new(), Vec::new(), None);
                self.open(
                    anchor,
                    Items::Mapping {
                        fields,
                        merged,
                        key,
                    },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&ParsedTag>,
    ) -> Result<(), YamlFault> {
        let plain = style == ScalarStyle::Plain;
        if self.document.is_some() && plain && text.is_empty() {
            // A `---` at the end begins a document too, but says nothing.
            return Ok(());
        }
        if plain && text.starts_with(['|', '>', '%', '@', '`']) {
            // The parser lets some of these pass in `[…]` and `{…}`.
            return Err(YamlFault::Syntax(
                "a special character begins a plain scalar".to_owned(),
            ));
        }
        let name = tag.map_or_else(String::new, |tag| format!("{}{}", tag.handle, tag.suffix));
        let tag = Tag::new(&name);
        if plain && text == "<<" && tag == Tag::Untold && self.begin_merge() {
            return Ok(());
        }
        let scalar = Scalar::new(text, plain, tag);
        let scalar = scalar.ok_or_else(|| YamlFault::Tag(name, text.to_owned()))?;
        let is_text = matches!(scalar, Scalar::Text(_));
        let respelt = !is_text && scalar.key().as_deref() != Some(text);
        self.finish(
            Node {
                content: Content::Scalar(scalar),
                weight: text.len() as u64 + 1,
                height: 0,
                respelt,
            },
            anchor,
        )
    }

    /// Takes a `<<` for a merge key if a key is due.
    fn begin_merge(&mut self) -> bool {
        match self.frames.last_mut().map(|frame| &mut frame.items) {
            Some(Items::Mapping {
                key: key @ None, ..
            }) => {
                *key = Some(Key::Merge);
                true
            }
            _ => false,
        }
    }

    fn alias(&mut self, anchor: usize) -> Result<(), YamlFault> {
        // Absent while what it names is not finished, so no value can hold itself.
        let node = self
            .anchors
            .get(&anchor)
            .ok_or(YamlFault::HoldsItself)?
            .clone();
        let levels = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        if levels.saturating_add(node.height) > self.depth {
            return Err(YamlFault::TooDeep);
        }
        self.budget.0 = self
            .budget
            .0
            .checked_sub(node.weight)
            .ok_or(YamlFault::TooManyAliases)?;
        self.finish(node, 0)
    }

    fn open(&mut self, anchor: usize, items: Items) -> Result<(), YamlFault> {
        if self.document.is_some() {
            return Err(YamlFault::SecondDocument);
        }
        if self.frames.len() as u64 >= u64::from(self.depth) {
            return Err(YamlFault::TooDeep);
        }
        self.frames.push(Frame {
            anchor,
            weight: 1,
            height: 0,
            respelt: false,
            items,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), YamlFault> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let value = match frame.items {
            Items::Sequence(items) => Value::from(items),
            Items::Mapping { fields, merged, .. } => object(fields, &merged)?,
        };
        self.finish(
            Node {
                content: Content::Collection(value),
                weight: frame.weight,
                height: frame.height + 1,
                respelt: frame.respelt,
            },
            frame.anchor,
        )
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), YamlFault> {
        // The parser counts anchors from 1.
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.frames.last_mut() else {
            if self.document.is_some() {
                return Err(YamlFault::SecondDocument);
            }
            self.document = Some(node.value()?);
            return Ok(());
        };
        frame.weight = frame.weight.saturating_add(node.weight);
        frame.height = frame.height.max(node.height);
        match &mut frame.items {
            Items::Sequence(items) => {
                frame.respelt |= node.respelt;
                items.push(node.value()?);
            }
            Items::Mapping {
                fields,
                merged,
                key,
            } => match key.take() {
                None => {
                    frame.respelt |= node.respelt;
                    let name = node.key()?;
                    if fields.contains_key(&name) {
                        return Err(YamlFault::DuplicateKey(name));
                    }
                    *key = Some(Key::Field(name));
                }
                Some(Key::Field(name)) => {
                    fields.insert(name, node.value()?);
                }
                // OPA keeps such keys as they are written or not, depending on the keys beside them.
                Some(Key::Merge) if node.respelt => return Err(YamlFault::MergedKey),
                Some(Key::Merge) => merged.push(node.value()?),
            },
        }
        Ok(())
    }
}

//! The fields of a block of comments.

use super::block::Block;
use super::items::{author, resource, scalar, schema};
use crate::syntax::ast::{Comment, Location};
use crate::value::{Object, Value};

/// What is wrong with a field.
pub enum Fault {
    /// It is of another kind.
    Kind {
        key: &'static str,
        wanted: &'static str,
    },
    /// Something in it is wrong.
    Content { key: &'static str },
}

/// What stands before the first colon of a line that is not indented, and behind it.
pub fn field(line: &Comment) -> Option<(&str, &str)> {
    let line = line.text.strip_prefix(' ').unwrap_or(&line.text);
    let (key, value) = line.split_once(':')?;
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '_';
    (!key.is_empty() && key.chars().all(fits)).then_some((key, value.trim()))
}

/// The fields of a block.
pub struct Fields<'block> {
    /// As YAML has them.
    pub content: &'block Object,
    /// As they were written.
    pub lines: &'block [Comment],
}

impl Fields<'_> {
    /// Reads them all.
    pub fn read(&self, at: Location) -> Result<Block, Fault> {
        let mut content = Object::default();
        let mut keep = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                content.insert(Value::from(key), value);
            }
        };
        let text = |text: String| (!text.is_empty()).then(|| Value::from(text));
        let scope = self.text("scope")?;
        let entrypoint = self.truth("entrypoint")?;
        let name = |value: &Value| match scalar(value) {
            Some(name) => Ok(Value::from(name)),
            None => Err(Fault::Kind {
                key: "organizations",
                wanted: "a list of texts",
            }),
        };
        let or_fault = |key: &'static str, read: fn(&Value) -> Option<Value>| {
            move |value: &Value| read(value).ok_or(Fault::Content { key })
        };
        keep("title", text(self.text("title")?));
        keep("entrypoint", entrypoint.then_some(Value::Bool(true)));
        keep("description", text(self.text("description")?));
        keep("organizations", self.list("organizations", name)?);
        let read = or_fault("related_resources", resource);
        keep("related_resources", self.list("related_resources", read)?);
        keep(
            "authors",
            self.list("authors", or_fault("authors", author))?,
        );
        keep(
            "schemas",
            self.list("schemas", or_fault("schemas", schema))?,
        );
        keep("custom", self.object("custom")?);
        keep("labels", self.object("labels")?);
        self.object("compile")?;
        Ok(Block {
            at,
            scope: (!scope.is_empty()).then_some(scope),
            entrypoint,
            content,
        })
    }

    fn field(&self, key: &str) -> Option<&Value> {
        self.content
            .get_str(key)
            .filter(|value| **value != Value::Null)
    }

    fn text(&self, key: &'static str) -> Result<String, Fault> {
        let Some(value) = self.field(key) else {
            return Ok(String::new());
        };
        let read = scalar(value).ok_or(Fault::Kind {
            key,
            wanted: "a text",
        })?;
        // A number is kept as it was written: `1.50`.
        let line = self.lines.iter().filter_map(field);
        let mut written = line.filter(|(name, _)| *name == key).map(|(_, text)| text);
        match (value, written.next()) {
            (Value::Number(_), Some(written)) if !written.contains(['#', ' ']) => {
                Ok(written.to_owned())
            }
            _ => Ok(read),
        }
    }

    fn truth(&self, key: &'static str) -> Result<bool, Fault> {
        match self.field(key) {
            None => Ok(false),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(Value::String(text)) if matches!(&**text, "y" | "yes" | "on") => Ok(true),
            Some(Value::String(text)) if matches!(&**text, "n" | "no" | "off") => Ok(false),
            Some(_) => Err(Fault::Kind {
                key,
                wanted: "true or false",
            }),
        }
    }

    /// A list that is not empty.
    fn list(
        &self,
        key: &'static str,
        read: impl Fn(&Value) -> Result<Value, Fault>,
    ) -> Result<Option<Value>, Fault> {
        let items = match self.field(key) {
            None => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => {
                let wanted = "a list";
                return Err(Fault::Kind { key, wanted });
            }
        };
        let items: Vec<Value> = items.iter().map(read).collect::<Result<_, _>>()?;
        Ok((!items.is_empty()).then(|| Value::from(items)))
    }

    /// An object that is not empty.
    fn object(&self, key: &'static str) -> Result<Option<Value>, Fault> {
        match self.field(key) {
            None => Ok(None),
            Some(value @ Value::Object(fields)) => Ok((!fields.is_empty()).then(|| value.clone())),
            Some(_) => {
                let wanted = "an object";
                Err(Fault::Kind { key, wanted })
            }
        }
    }
}

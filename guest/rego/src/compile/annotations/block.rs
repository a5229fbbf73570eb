//! A block of comments, and what it says.

use crate::builtins::{self, BuiltinError, Run};
use crate::syntax::ast::{Comment, Location};
use crate::value::{Object, Value};

/// A block as it was written.
#[derive(Debug)]
pub struct Block {
    /// Of its first comment.
    pub at: Location,
    /// The scope, if it names one.
    pub scope: Option<String>,
    /// Whether it says that its document is an entry point.
    pub entrypoint: bool,
    /// All but the scope.
    pub content: Object,
}

/// What is wrong with a block, and where.
pub type BlockFault = (Location, String);

/// Whether a block begins here.
fn begins(comment: &Comment) -> bool {
    comment.at.column == 1 && comment.text.trim().starts_with("METADATA")
}

/// Whether a block goes on here.
fn goes_on(before: &Comment, comment: &Comment) -> bool {
    comment.at.column == 1 && comment.at.row == before.at.row + 1 && !begins(comment)
}

/// Reads the blocks among a module's comments.
#[must_use]
pub fn blocks(comments: &[Comment]) -> Vec<Result<Block, BlockFault>> {
    let mut found = Vec::new();
    let mut rest = comments;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if !begins(first) {
            continue;
        }
        let mut before = first;
        let mut length = 0;
        for comment in after {
            if !goes_on(before, comment) {
                break;
            }
            before = comment;
            length += 1;
        }
        let (lines, after) = after.split_at_checked(length).unwrap_or((after, &[]));
        rest = after;
        found.push(read(first.at, lines));
    }
    found
}

fn read(at: Location, lines: &[Comment]) -> Result<Block, BlockFault> {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.text.strip_prefix(' ').unwrap_or(&line.text));
        text.push('\n');
    }
    if text.trim().is_empty() {
        return Err((at, "expected METADATA block, found whitespace".to_owned()));
    }
    let content = match yaml(&text) {
        Ok(Value::Object(content)) => content,
        Ok(Value::Null) => Object::default().into(),
        Ok(_) => {
            return Err((
                first_line(at, lines),
                "METADATA is no YAML object".to_owned(),
            ));
        }
        Err(message) => {
            let place = line_of(&message).map_or_else(
                || first_line(at, lines),
                |line| lines.get(line).or(lines.last()).map_or(at, |line| line.at),
            );
            return Err((place, format!("METADATA is no YAML: {message}")));
        }
    };
    Fields { content: &content }
        .read(at)
        .map_err(|message| (at, message))
}

fn first_line(at: Location, lines: &[Comment]) -> Location {
    lines.first().map_or(at, |line| line.at)
}

/// The line that a message of a YAML reader names.
fn line_of(message: &str) -> Option<usize> {
    let (_, after) = message.split_once("line ")?;
    let end = after
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(after.len());
    after.get(..end)?.parse().ok()
}

fn yaml(text: &str) -> Result<Value, String> {
    match builtins::find("yaml.unmarshal").map(|builtin| builtin.run) {
        Some(Run::Pure(unmarshal)) => match unmarshal(&[Value::from(text)]) {
            Ok(value) => Ok(value.unwrap_or(Value::Null)),
            Err(
                BuiltinError::Type(message)
                | BuiltinError::Failed(message)
                | BuiltinError::Conflict(message),
            ) => Err(message),
        },
        _ => Ok(Value::Null),
    }
}

/// The fields of a block.
struct Fields<'block> {
    content: &'block Object,
}

impl Fields<'_> {
    fn read(&self, at: Location) -> Result<Block, String> {
        let mut content = Object::default();
        let mut keep = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                content.insert(Value::from(key), value);
            }
        };
        let text = |text: String| (!text.is_empty()).then(|| Value::from(text));
        let scope = self.text("scope")?;
        let entrypoint = self.truth("entrypoint")?;
        keep("title", text(self.text("title")?));
        keep("entrypoint", entrypoint.then_some(Value::Bool(true)));
        keep("description", text(self.text("description")?));
        keep(
            "organizations",
            self.list("organizations", |value| scalar(value).map(Value::from))?,
        );
        keep(
            "related_resources",
            self.list("related_resources", resource)?,
        );
        keep("authors", self.list("authors", author)?);
        keep("schemas", self.list("schemas", schema)?);
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

    fn field(&self, name: &str) -> Option<&Value> {
        self.content
            .get_str(name)
            .filter(|value| **value != Value::Null)
    }

    fn text(&self, name: &str) -> Result<String, String> {
        let value = self.field(name);
        value.map_or_else(
            || Ok(String::new()),
            |value| scalar(value).ok_or_else(|| format!("`{name}` of METADATA must be a text")),
        )
    }

    fn truth(&self, name: &str) -> Result<bool, String> {
        match self.field(name) {
            None => Ok(false),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(Value::String(text)) if matches!(&**text, "y" | "yes" | "on") => Ok(true),
            Some(Value::String(text)) if matches!(&**text, "n" | "no" | "off") => Ok(false),
            Some(_) => Err(format!("`{name}` of METADATA must be true or false")),
        }
    }

    /// A list that is not empty.
    fn list(
        &self,
        name: &str,
        read: impl Fn(&Value) -> Option<Value>,
    ) -> Result<Option<Value>, String> {
        let items = match self.field(name) {
            None => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(format!("`{name}` of METADATA must be a list")),
        };
        let items = items
            .iter()
            .map(|item| read(item).ok_or_else(|| format!("invalid item of `{name}` in METADATA")));
        let items: Vec<Value> = items.collect::<Result<_, _>>()?;
        Ok((!items.is_empty()).then(|| Value::from(items)))
    }

    /// An object that is not empty.
    fn object(&self, name: &str) -> Result<Option<Value>, String> {
        match self.field(name) {
            None => Ok(None),
            Some(value @ Value::Object(fields)) => Ok((!fields.is_empty()).then(|| value.clone())),
            Some(_) => Err(format!("`{name}` of METADATA must be an object")),
        }
    }
}

/// A scalar as a text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

/// An object of the texts that are not empty; none if all are.
fn texts(fields: [(&str, &str); 2]) -> Option<Value> {
    let mut object = Object::default();
    for (key, text) in fields {
        if !text.is_empty() {
            object.insert(Value::from(key), Value::from(text));
        }
    }
    (!object.is_empty()).then(|| Value::from(object))
}

/// The text at a key, without blanks around it; empty if there is none.
fn trimmed<'value>(fields: &'value Object, key: &str) -> &'value str {
    fields
        .get_str(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim()
}

/// `https://…`, or `{ref: https://…, description: …}`.
fn resource(value: &Value) -> Option<Value> {
    let (reference, description) = match value {
        Value::String(reference) => (&**reference, ""),
        Value::Object(fields) => (trimmed(fields, "ref"), trimmed(fields, "description")),
        _ => return None,
    };
    if reference.is_empty() {
        return None;
    }
    let reference = reference.replace(' ', "%20");
    texts([("ref", &reference), ("description", description)])
}

/// `Jane Doe <jane@example.com>`, or `{name: Jane Doe, email: jane@example.com}`.
fn author(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            let last = words.last()?;
            let email = last
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'));
            if email.is_some() {
                words.pop();
            }
            let name = words.join(" ");
            let author = texts([("name", &name), ("email", email.unwrap_or_default())]);
            Some(author.unwrap_or_else(Value::new_object))
        }
        Value::Object(fields) => texts([
            ("name", trimmed(fields, "name")),
            ("email", trimmed(fields, "email")),
        ]),
        _ => None,
    }
}

/// `{input: schema.input}`, or `{input: {type: …}}`.
fn schema(value: &Value) -> Option<Value> {
    let (path, schema) = value.as_object()?.iter().next()?;
    let mut object = Object::default();
    object.insert(Value::from("path"), names(path.as_str()?)?);
    match schema {
        Value::String(schema) => {
            let names = names(schema)?;
            let first = names.as_array()?.first()?;
            if first.as_str() != Some("schema") {
                return None;
            }
            object.insert(Value::from("schema"), names);
        }
        Value::Object(_) => {
            object.insert(Value::from("definition"), schema.clone());
        }
        _ => return None,
    }
    Some(Value::from(object))
}

/// The names of a reference: `data.a["b-c"]`.
fn names(reference: &str) -> Option<Value> {
    let mut names: Vec<Value> = Vec::new();
    let mut rest = reference.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (name, after) = quoted.split_once("\"]")?;
            names.push(Value::from(name));
            rest = after;
            continue;
        }
        rest = match (names.is_empty(), rest.strip_prefix('.')) {
            (true, None) => rest,
            (false, Some(rest)) => rest,
            _ => return None,
        };
        let end = rest
            .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
            .unwrap_or(rest.len());
        let (name, after) = rest
            .split_at_checked(end)
            .filter(|(name, _)| !name.is_empty())?;
        names.push(Value::from(name));
        rest = after;
    }
    (!names.is_empty()).then(|| Value::from(names))
}

#[cfg(test)]
mod tests {
    use super::{Value, author, blocks, names, resource};
    use crate::syntax::ast::{Comment, Location};

    fn comment(row: u32, text: &str) -> Comment {
        let at = Location {
            row,
            column: 1,
            ..Location::default()
        };
        Comment {
            text: text.to_owned(),
            at,
        }
    }

    #[test]
    fn a_block_ends_where_a_row_has_no_comment() {
        let comments = [
            comment(1, " METADATA"),
            comment(2, " title: a"),
            comment(4, " title: b"),
            comment(5, " METADATA"),
        ];
        let found = blocks(&comments);
        assert_eq!(2, found.len());
        assert_eq!(5, found[1].as_ref().unwrap_err().0.row);
    }

    #[test]
    fn an_author_has_a_name_an_address_or_both() {
        let of = |text: &str| {
            author(&Value::from(text)).map(|author| {
                let field = |key| {
                    author
                        .as_object()
                        .and_then(|author| author.get_str(key).cloned())
                };
                (field("name"), field("email"))
            })
        };
        let text = |text: &str| Some(Value::from(text));
        assert_eq!(Some((text("Jane Doe"), text("j@d"))), of("Jane  Doe <j@d>"));
        assert_eq!(Some((None, text("j@d"))), of("<j@d>"));
        assert_eq!(None, of(" "));
    }

    #[test]
    fn a_resource_needs_a_reference() {
        assert!(resource(&Value::from("https://example.com")).is_some());
        assert!(resource(&Value::from("")).is_none());
    }

    #[test]
    fn names_are_read_from_dots_and_brackets() {
        let expected = ["schema", "a-b", "c"].map(Value::from).to_vec();
        assert_eq!(Some(Value::from(expected)), names("schema[\"a-b\"].c"));
        assert_eq!(None, names("1 + 2"));
    }
}

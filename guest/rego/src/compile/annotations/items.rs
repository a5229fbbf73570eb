//! What annotations list: authors, resources, schemas.

use std::fmt::Write as _;

use crate::builtins::{self, Run};
use crate::value::{Object, Value};

/// A scalar as a text.
pub fn scalar(value: &Value) -> Option<String> {
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
pub fn resource(value: &Value) -> Option<Value> {
    let (reference, description) = match value {
        Value::String(reference) => (&**reference, ""),
        Value::Object(fields) => (trimmed(fields, "ref"), trimmed(fields, "description")),
        _ => return None,
    };
    if !is_uri(reference) {
        return None;
    }
    texts([
        ("ref", &normal_uri(reference)),
        ("description", description),
    ])
}

fn is_uri(text: &str) -> bool {
    match builtins::find("uri.is_valid").map(|builtin| builtin.run) {
        Some(Run::Pure(is_valid)) => is_valid(&[Value::from(text)]) == Ok(Some(Value::Bool(true))),
        _ => !text.is_empty(),
    }
}

/// A URI as Go writes it again: the scheme in small letters, and escaped what should have been.
fn normal_uri(text: &str) -> String {
    let (text, fragment) = match text.split_once('#') {
        Some((text, fragment)) => (text, Some(fragment)),
        None => (text, None),
    };
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let mut written = match path.split_once(':') {
        Some((scheme, rest)) if !scheme.contains(['/', '%']) => {
            format!("{}:{}", scheme.to_ascii_lowercase(), escaped(rest))
        }
        _ => escaped(path),
    };
    for (mark, part) in [
        ('?', query.map(str::to_owned)),
        ('#', fragment.map(escaped)),
    ] {
        if let Some(part) = part {
            written.push(mark);
            written.push_str(&part);
        }
    }
    written
}

fn escaped(text: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

/// `Jane Doe <jane@example.com>`, or `{name: Jane Doe, email: jane@example.com}`.
pub fn author(value: &Value) -> Option<Value> {
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
pub fn schema(value: &Value) -> Option<Value> {
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
    use super::{Value, author, names, normal_uri, resource};

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

    #[test]
    fn a_uri_is_escaped_where_it_should_have_been() {
        let written = normal_uri("HTTP://a.b/c d?e f#g h");
        assert_eq!("http://a.b/c%20d?e f#g%20h", written);
    }
}

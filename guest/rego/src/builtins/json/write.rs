//! Values as JSON, as Go's `encoding/json` writes them: keys sorted by their bytes, `<`, `>` and `&` escaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::value::Value;

/// The value as compact JSON.
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    Writer {
        out: &mut out,
        layout: None,
    }
    .value(value, 0);
    out
}

/// The value as JSON on many lines, each after this prefix and as many indents as it is deep.
pub fn to_pretty_json(value: &Value, prefix: &str, indent: &str) -> String {
    let mut out = prefix.to_owned();
    Writer {
        out: &mut out,
        layout: Some((prefix, indent)),
    }
    .value(value, 0);
    out
}

struct Writer<'out> {
    out: &'out mut String,
    layout: Option<(&'out str, &'out str)>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Number(number) => {
                // Writing to a text cannot fail.
                let _ = write!(self.out, "{number}");
            }
            Value::String(text) => self.text(text),
            Value::Array(items) => self.items(items, depth),
            Value::Set(set) => self.items(set.as_slice(), depth),
            Value::Object(object) => {
                let mut fields = BTreeMap::new();
                for (key, value) in object.iter() {
                    let name = match key {
                        Value::String(name) => name.to_string(),
                        key => to_json(key),
                    };
                    fields.insert(name, value);
                }
                self.fields(&fields, depth);
            }
        }
    }

    fn items(&mut self, items: &[Value], depth: usize) {
        self.out.push('[');
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push(',');
            }
            self.line(depth + 1);
            self.value(item, depth + 1);
        }
        if !items.is_empty() {
            self.line(depth);
        }
        self.out.push(']');
    }

    fn fields(&mut self, fields: &BTreeMap<String, &Value>, depth: usize) {
        self.out.push('{');
        for (n, (name, value)) in fields.iter().enumerate() {
            if n > 0 {
                self.out.push(',');
            }
            self.line(depth + 1);
            self.text(name);
            self.out
                .push_str(if self.layout.is_some() { ": " } else { ":" });
            self.value(value, depth + 1);
        }
        if !fields.is_empty() {
            self.line(depth);
        }
        self.out.push('}');
    }

    fn line(&mut self, depth: usize) {
        if let Some((prefix, indent)) = self.layout {
            self.out.push('\n');
            self.out.push_str(prefix);
            self.out.extend(std::iter::repeat_n(indent, depth));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    // Writing to a text cannot fail.
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

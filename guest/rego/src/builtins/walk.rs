//! `walk`: every value inside a value, with the path that leads to it.

use crate::value::Value;

/// The values inside a value, itself first, each before those inside it. Holds no more than one path and the
/// places along it, so depth costs memory and no stack.
pub struct Walk<'value> {
    root: Option<&'value Value>,
    /// The places along the path: a value, and how many of its children were visited.
    open: Vec<(&'value Value, usize)>,
    path: Vec<Value>,
}

impl<'value> Walk<'value> {
    /// A walk that starts at this value.
    #[must_use]
    pub const fn new(root: &'value Value) -> Self {
        Self {
            root: Some(root),
            open: Vec::new(),
            path: Vec::new(),
        }
    }

    /// The path to the value `next` gave last.
    #[must_use]
    pub fn path(&self) -> &[Value] {
        &self.path
    }
}

impl<'value> Iterator for Walk<'value> {
    type Item = &'value Value;

    fn next(&mut self) -> Option<&'value Value> {
        if let Some(root) = self.root.take() {
            self.open.push((root, 0));
            return Some(root);
        }
        loop {
            let (parent, visited) = self.open.last_mut()?;
            if let Some((key, child)) = child(parent, *visited) {
                *visited += 1;
                self.path.push(key);
                self.open.push((child, 0));
                return Some(child);
            }
            self.open.pop();
            self.path.pop();
        }
    }
}

/// A child by its place: items by index, values by key, elements by themselves.
fn child(parent: &Value, at: usize) -> Option<(Value, &Value)> {
    match parent {
        Value::Array(items) => items.get(at).map(|item| (Value::from(at), item)),
        Value::Object(object) => object.field(at).map(|(key, value)| (key.clone(), value)),
        Value::Set(set) => set
            .as_slice()
            .get(at)
            .map(|element| (element.clone(), element)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_before_those_inside_it() {
        let value = crate::json::read_json(r#"{"a":[1,{"b":2}],"c":3}"#, 9).unwrap();
        let mut walk = Walk::new(&value);
        let mut lines = Vec::new();
        while let Some(value) = walk.next() {
            let mut line = String::new();
            crate::json::write_json(&Value::from(walk.path().to_vec()), &mut line);
            line.push(' ');
            crate::json::write_json(value, &mut line);
            lines.push(line);
        }
        assert_eq!(
            lines,
            [
                r#"[] {"a":[1,{"b":2}],"c":3}"#,
                r#"["a"] [1,{"b":2}]"#,
                r#"["a",0] 1"#,
                r#"["a",1] {"b":2}"#,
                r#"["a",1,"b"] 2"#,
                r#"["c"] 3"#,
            ]
        );
    }
}

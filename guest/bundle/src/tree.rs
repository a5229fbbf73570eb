//! Data of many files, merged; each part remembers its file.

use std::collections::BTreeMap;

use sark_policy_rego::{Object, Value};

/// Two files define one path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The path both define.
    pub path: Vec<String>,
    /// The file that was there first, by its number.
    pub first: usize,
}

/// Merged data. Objects merge field by field; nothing else merges, not even what is equal, as in OPA.
#[derive(Debug)]
pub(crate) enum Tree {
    /// A value that one file gave, not looked into yet.
    Whole(Value, usize),
    /// An object that several files may have added to.
    Open(BTreeMap<String, Tree>),
}

impl Default for Tree {
    fn default() -> Self {
        Self::Open(BTreeMap::new())
    }
}

impl Tree {
    /// Adds a file's value at this path.
    ///
    /// # Errors
    ///
    /// The first conflict, in sorted order. What does not conflict is added all the same.
    pub(crate) fn insert(
        &mut self,
        path: &[String],
        value: Value,
        file: usize,
    ) -> Result<(), Conflict> {
        self.add(path, value, file).map_err(|mut conflict| {
            conflict.path.reverse();
            conflict
        })
    }

    /// [`Self::insert`], but a conflict's path is still in reverse.
    fn add(&mut self, path: &[String], value: Value, file: usize) -> Result<(), Conflict> {
        if let Some((part, rest)) = path.split_first() {
            return self.open()?.add_field(part, rest, value, file);
        }
        let Value::Object(object) = &value else {
            return Err(self.conflict());
        };
        let mut first = Ok(());
        let mut open = self.open()?;
        for (key, field) in object.iter() {
            if let Value::String(key) = key {
                first = first.and(open.add_field(key, &[], field.clone(), file));
            }
        }
        first
    }

    fn conflict(&self) -> Conflict {
        Conflict {
            path: Vec::new(),
            first: self.file(),
        }
    }

    /// The fields, if this is an object.
    fn open(&mut self) -> Result<Fields<'_>, Conflict> {
        if let Self::Whole(value, file) = self {
            let Value::Object(object) = &*value else {
                return Err(self.conflict());
            };
            let mut fields = BTreeMap::new();
            for (key, field) in object.iter() {
                if let Value::String(key) = key {
                    fields.insert(key.to_string(), Self::Whole(field.clone(), *file));
                }
            }
            *self = Self::Open(fields);
        }
        match self {
            Self::Open(fields) => Ok(Fields(fields)),
            Self::Whole(..) => Err(self.conflict()),
        }
    }

    /// A file that has a part in this.
    fn file(&self) -> usize {
        match self {
            Self::Whole(_, file) => *file,
            Self::Open(fields) => fields.values().next().map_or(0, Self::file),
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Whole(value, _) => value,
            Self::Open(fields) => {
                let fields = fields.into_iter();
                let fields = fields.map(|(key, tree)| (Value::from(key), tree.into_value()));
                Value::from(fields.collect::<Object>())
            }
        }
    }
}

struct Fields<'tree>(&'tree mut BTreeMap<String, Tree>);

impl Fields<'_> {
    fn add_field(
        &mut self,
        key: &str,
        rest: &[String],
        value: Value,
        file: usize,
    ) -> Result<(), Conflict> {
        let added = if let Some(field) = self.0.get_mut(key) {
            field.add(rest, value, file)
        } else {
            let mut field = Tree::Whole(value, file);
            for part in rest.iter().rev() {
                field = Tree::Open(BTreeMap::from([(part.clone(), field)]));
            }
            self.0.insert(key.to_owned(), field);
            Ok(())
        };
        added.map_err(|mut conflict| {
            conflict.path.push(key.to_owned());
            conflict
        })
    }
}

#[cfg(test)]
mod tests {
    use sark_policy_rego::{read_json, write_json};

    use super::*;

    fn merge(files: &[(&str, &str)]) -> Result<String, (String, usize)> {
        let mut tree = Tree::default();
        let mut first = Ok(());
        for (file, (path, json)) in files.iter().enumerate() {
            let path: Vec<String> = path.split_terminator('/').map(String::from).collect();
            first = first.and(tree.insert(&path, read_json(json, 9).unwrap(), file));
        }
        first.map_err(|conflict| (conflict.path.join("/"), conflict.first))?;
        let mut merged = String::new();
        write_json(&tree.into_value(), &mut merged);
        Ok(merged)
    }

    #[test]
    fn objects_merge_at_any_depth_and_in_any_order() {
        let merged = r#"{"a":{"b":{"c":1,"d":2},"e":3},"f":[1]}"#;
        let mut files = [
            ("", r#"{"a":{"b":{"c":1}}}"#),
            ("a/b", r#"{"d":2}"#),
            ("a", r#"{"e":3}"#),
            ("f", "[1]"),
        ];
        assert_eq!(merge(&files), Ok(merged.into()));
        files.reverse();
        assert_eq!(merge(&files), Ok(merged.into()));
    }

    #[test]
    fn nothing_but_objects_merges() {
        let cases = [
            [("", r#"{"a":{"b":1}}"#), ("a", r#"{"b":1}"#)],
            [("", r#"{"a":{"b":[1]}}"#), ("a/b", "[2]")],
            [("", r#"{"a":{"b":1}}"#), ("a/b/c", "2")],
            [("a/b/c", "2"), ("a/b", "null")],
            [("a/b", "{}"), ("a", r#"{"b":2}"#)],
        ];
        for files in cases {
            assert_eq!(merge(&files), Err(("a/b".into(), 0)), "{files:?}");
        }
    }

    #[test]
    fn a_conflict_names_the_file_that_was_first_there() {
        let files = [
            ("x", "1"),
            ("a", r#"{"p":1}"#),
            ("a", r#"{"q":2}"#),
            ("a/q", "3"),
        ];
        assert_eq!(merge(&files), Err(("a/q".into(), 2)));
    }

    #[test]
    fn an_empty_object_is_kept() {
        assert_eq!(merge(&[("a/b", "{}")]), Ok(r#"{"a":{"b":{}}}"#.into()));
        assert_eq!(merge(&[]), Ok("{}".into()));
    }
}

//! The parts of `data` that a bundle may define.

use sark_policy_rego::Value;

use crate::tree::Tree;

/// The manifest's roots. The root `""` is all of `data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roots {
    names: Vec<String>,
    paths: Vec<Vec<String>>,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            names: vec![String::new()],
            paths: vec![Vec::new()],
        }
    }
}

impl Roots {
    /// These roots, without the slashes around them; or else the first two that overlap.
    pub(crate) fn new(roots: &[String]) -> Result<Self, (String, String)> {
        let names: Vec<String> = roots
            .iter()
            .map(|root| root.trim_matches('/').to_owned())
            .collect();
        let paths: Vec<Vec<String>> = names.iter().map(|name| split(name)).collect();
        // Sorted, a root stands right before one that lies in it, or is it.
        let mut sorted: Vec<(&Vec<String>, &String)> = paths.iter().zip(&names).collect();
        sorted.sort();
        for ((outer, outer_name), (inner, inner_name)) in sorted.iter().zip(sorted.iter().skip(1)) {
            if inner.starts_with(outer) {
                return Err(((*outer_name).clone(), (*inner_name).clone()));
            }
        }
        Ok(Self { names, paths })
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a path in `data` lies in a root.
    pub(crate) fn contain(&self, path: &[String]) -> bool {
        self.paths.iter().any(|root| path.starts_with(root))
    }

    /// Whether a root lies in this path.
    fn lie_under(&self, path: &[String]) -> bool {
        self.paths.iter().any(|root| root.starts_with(path))
    }

    /// The first path, in sorted order, at which this value puts something outside every root.
    pub(crate) fn first_outside(&self, folder: &[String], value: &Value) -> Option<Vec<String>> {
        let mut path = Vec::new();
        for part in folder {
            if self.contain(&path) {
                return None;
            }
            if !self.lie_under(&path) {
                return Some(path);
            }
            path.push(part.clone());
        }
        self.outside_below(&mut path, value).then_some(path)
    }

    /// Whether the value at this path has something outside every root; `path` then leads to it.
    fn outside_below(&self, path: &mut Vec<String>, value: &Value) -> bool {
        if self.contain(path) {
            return false;
        }
        let Value::Object(fields) = value else {
            return true;
        };
        if !self.lie_under(path) {
            return true;
        }
        for (key, field) in fields.iter() {
            let Value::String(key) = key else { continue };
            path.push(key.to_string());
            if self.outside_below(path, field) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// The data in the roots alone. Objects on the way to a root that is not there are no part of it.
    pub(crate) fn cut(&self, data: Value) -> Value {
        if self.contain(&[]) {
            return data;
        }
        let mut cut = Tree::default();
        for root in &self.paths {
            let mut at = Some(&data);
            for part in root {
                at = match at {
                    Some(Value::Object(fields)) => fields.get(&Value::from(part.as_str())),
                    _ => None,
                };
            }
            if let Some(value) = at {
                // INVARIANT: roots do not overlap, so nothing can be in the way.
                let _ = cut.insert(root, value.clone(), 0);
            }
        }
        cut.into_value()
    }
}

fn split(root: &str) -> Vec<String> {
    match root {
        "" => Vec::new(),
        root => root.split('/').map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use sark_policy_rego::read_json;

    use super::*;

    fn roots(names: &[&str]) -> Roots {
        Roots::new(&names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    }

    fn outside(roots: &Roots, folder: &str, json: &str) -> Option<String> {
        let found = roots.first_outside(&split(folder), &read_json(json, 9).unwrap());
        found.map(|path| path.join("/"))
    }

    #[test]
    fn slashes_around_a_root_mean_nothing() {
        assert_eq!(roots(&["/a/b/", "c"]).names(), ["a/b", "c"]);
    }

    #[test]
    fn overlapping_roots_are_found_wherever_they_stand() {
        for pair in [["a", "a"], ["a/b", "a"], ["", "x"], ["a", "a/b/c"]] {
            let names: Vec<String> = [pair[0], "m", pair[1]].map(String::from).into();
            assert!(Roots::new(&names).is_err(), "{pair:?}");
        }
        assert_eq!(roots(&["a", "ab", "a-b/c"]).names().len(), 3);
    }

    #[test]
    fn a_root_holds_what_lies_at_or_under_it() {
        let roots = roots(&["a/b"]);
        for (path, within) in [
            ("a/b", true),
            ("a/b/c", true),
            ("a", false),
            ("a/bc", false),
        ] {
            assert_eq!(roots.contain(&split(path)), within, "{path}");
        }
        assert!(Roots::default().contain(&[]));
    }

    #[test]
    fn data_outside_the_roots_is_found() {
        let roots = roots(&["a/b", "c"]);
        assert_eq!(outside(&roots, "a/b/x", "5"), None);
        assert_eq!(outside(&roots, "", r#"{"a":{"b":1},"c":2}"#), None);
        assert_eq!(outside(&roots, "a", "{}"), None);
        assert_eq!(
            outside(&roots, "", r#"{"a":{"b":1,"x":{"y":2}}}"#),
            Some("a/x".into())
        );
        assert_eq!(outside(&roots, "", r#"{"a":1}"#), Some("a".into()));
        assert_eq!(outside(&roots, "x/y", "1"), Some("x".into()));
        assert_eq!(outside(&roots, "x", "{}"), Some("x".into()));
    }

    #[test]
    fn objects_on_the_way_to_a_missing_root_are_cut() {
        let data = read_json(r#"{"a":{},"c":{"d":1}}"#, 9).unwrap();
        let cut = read_json(r#"{"c":{"d":1}}"#, 9).unwrap();
        assert_eq!(roots(&["a/b", "c"]).cut(data.clone()), cut);
        assert_eq!(Roots::default().cut(data.clone()), data);
    }
}

//! The types of documents, by their paths.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, OnceLock};

use crate::syntax::ast::{Name, Term};
use crate::types::{Object, Type};
use crate::value::Value;

/// A path of more parts is not followed: nothing is known there.
const LENGTH: usize = 200;

/// Types by path: OPA's `typeTreeNode`.
#[derive(Debug, Default)]
pub struct Documents {
    roots: HashMap<Name, Place>,
}

/// What is known at one path and below it.
#[derive(Debug, Default)]
pub struct Place {
    /// The type of the document here; unknown if it is made of what lies below.
    pub of: Type,
    children: BTreeMap<Value, Place>,
    extent: OnceLock<Type>,
    /// The types of keys to wrong rules below that have variables in their paths.
    wrong: Vec<Vec<Type>>,
    /// Whether something below was found wrong since the object here was put together.
    stale: bool,
}

/// Where a document is.
#[derive(Debug, Clone)]
pub struct DocumentPath {
    root: Name,
    keys: Vec<Value>,
}

impl DocumentPath {
    /// The constant part of a reference. `None` if it has none, or a very long one.
    #[must_use]
    pub fn of(reference: &[Term]) -> Option<Self> {
        let (head, parts) = reference.split_first()?;
        let root = head.as_var()?.clone();
        let keys: Vec<_> = parts.iter().map_while(Term::to_value).collect();
        (keys.len() <= LENGTH).then_some(Self { root, keys })
    }

    /// The path of a builtin function: `json.marshal`.
    #[must_use]
    pub fn of_builtin(name: &str) -> Self {
        let mut parts = name.split('.');
        Self {
            root: parts.next().unwrap_or_default().into(),
            keys: parts.map(|part| Value::String(part.into())).collect(),
        }
    }
}

impl Documents {
    /// What is known below this root.
    #[must_use]
    pub fn root(&self, name: &Name) -> Option<&Place> {
        self.roots.get(name)
    }

    /// Sets the type of the document at a path.
    pub fn put(&mut self, path: DocumentPath, of: Type) {
        self.place(path).of = of;
    }

    /// Notes that a rule is wrong: it can be anything, so that what needs it is not found wrong, too. The keys are
    /// those from the first variable in its path on.
    pub fn put_wrong(&mut self, path: DocumentPath, keys: Vec<Type>) {
        let place = self.place(path);
        if keys.is_empty() {
            place.of = Type::Any;
        } else {
            place.wrong.push(keys);
        }
    }

    fn place(&mut self, path: DocumentPath) -> &mut Place {
        let mut place = self.roots.entry(path.root).or_default();
        for key in path.keys {
            place.extent.take();
            place.stale = true;
            place = place.children.entry(key).or_default();
        }
        place.extent.take();
        place.stale = true;
        place
    }

    /// Adds the type of one rule to the document at a path, and to all objects on the way there: OPA's `Insert`.
    pub fn insert(&mut self, path: DocumentPath, of: Type) {
        let mut place = self.roots.entry(path.root).or_default();
        let mut keys = path.keys.into_iter();
        while let Some(key) = keys.next() {
            place.extent.take();
            place = place.children.entry(key).or_default();
            if !keys.as_slice().is_empty() {
                let keys: Vec<_> = keys.as_slice().iter().map(Type::of).collect();
                place.widen(&keys, &of);
            }
        }
        place.extent.take();
        let leaves_are_in = matches!(place.of, Type::Object(_)) && !mem::take(&mut place.stale);
        let add_leaves = matches!(of, Type::Object(_)) && !leaves_are_in;
        place.of = mem::take(&mut place.of).merge(of);
        if add_leaves {
            let mut leaves = Vec::new();
            place.leaves(&mut Vec::new(), &mut leaves);
            for (path, leaf) in leaves {
                place.widen(&path, &leaf);
            }
        }
    }
}

impl Place {
    /// What is known at a key.
    #[must_use]
    pub fn child(&self, key: &Term) -> Option<&Self> {
        if self.children.is_empty() {
            return None;
        }
        self.children.get(&key.to_value()?)
    }

    /// The keys below.
    pub fn keys(&self) -> impl Iterator<Item = &Value> {
        self.children.keys()
    }

    /// The type of the whole document here. Where it is made of rules below, the base document may add to it.
    #[must_use]
    pub fn extent(&self) -> Type {
        if !self.of.is_unknown() {
            return self.of.clone();
        }
        let extent = self.extent.get_or_init(|| {
            let plain =
                |key: &Value| matches!(key, Value::String(_) | Value::Number(_) | Value::Bool(_));
            let children = self.children.iter().filter(|(key, _)| plain(key));
            let fields = children.map(|(key, child)| (key.clone(), child.extent()));
            Type::object(fields.collect(), Some((Type::String, Type::Any)))
        });
        extent.clone()
    }

    /// If an object is known here: something can be at a path in it.
    fn widen(&mut self, path: &[Type], of: &Type) {
        self.of = match mem::take(&mut self.of) {
            Type::Object(object) => widen(object, path, of),
            other => other,
        };
    }

    /// The nearest known types below, and the keys to them.
    fn leaves(&self, path: &mut Vec<Type>, leaves: &mut Vec<(Vec<Type>, Type)>) {
        for keys in &self.wrong {
            leaves.push(([path.as_slice(), keys].concat(), Type::Any));
        }
        for (key, child) in &self.children {
            path.push(Type::of(key));
            if child.of.is_unknown() {
                child.leaves(path, leaves);
            } else {
                leaves.push((path.clone(), child.of.clone()));
            }
            path.pop();
        }
    }
}

/// The object, with something that can be at a path in it: OPA's `insertIntoObject`.
fn widen(object: Arc<Object>, path: &[Type], of: &Type) -> Type {
    let Some((key, below)) = path.split_first() else {
        return Type::Object(object);
    };
    let mut value = of.clone();
    for key in below.iter().rev() {
        value = Type::object(Vec::new(), Some((key.clone(), value)));
    }
    let object = Arc::unwrap_or_clone(object);
    let (keys, values) = object.rest.unwrap_or_default();
    let rest = (keys.or(key.clone()), values.or(value));
    Type::object(object.fields, Some(rest))
}

//! A document while it is patched.
//!
//! A node keeps the value it began as, and beside it what was changed. OPA's does so too, and its answers depend
//! on it: a path that leads into an array looks at the items as they were *before* the patch, by their index.

use std::collections::BTreeMap;

use crate::builtins::BuiltinError;
use crate::builtins::operand::{read_int, to_int};
use crate::value::{Object, Set, Value};

/// One value of a document, and the changes to what it holds.
#[derive(Debug, Default)]
pub struct Tree {
    /// The value without the changes. `None`: removed.
    value: Option<Value>,
    /// What was changed, by key; of an array by its present index.
    children: BTreeMap<Value, Child>,
    /// Of an array: which items it began with are gone.
    gone: Vec<bool>,
    /// Of an array: for each present index whether its item is a child, else it is the next one not gone.
    places: Vec<bool>,
}

#[derive(Debug)]
enum Child {
    Removed,
    Scalar(Value),
    Tree(Tree),
}

impl Child {
    fn new(value: Value) -> Self {
        if is_composite(&value) {
            Self::Tree(Tree::new(value))
        } else {
            Self::Scalar(value)
        }
    }

    fn render(&self) -> Option<Value> {
        match self {
            Self::Removed => None,
            Self::Scalar(value) => Some(value.clone()),
            Self::Tree(tree) => tree.render(),
        }
    }
}

const fn is_composite(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_) | Value::Set(_))
}

impl Tree {
    /// A document nobody changed yet.
    pub fn new(value: Value) -> Self {
        let length = value.as_array().map_or(0, <[Value]>::len);
        Self {
            value: Some(value),
            children: BTreeMap::new(),
            gone: vec![false; length],
            places: vec![false; length],
        }
    }

    /// Puts a value where a path leads; into an array before the item that is there.
    pub fn insert_at(&mut self, path: &[Value], value: Value) -> Result<(), BuiltinError> {
        let Some((key, parents)) = path.split_last() else {
            *self = Self::new(value);
            return Ok(());
        };
        self.with_node(parents, |node| node.insert(key, value))
    }

    /// Removes what a path leads to.
    pub fn remove_at(&mut self, path: &[Value]) -> Result<(), BuiltinError> {
        let Some((key, parents)) = path.split_last() else {
            if self.value.is_none() {
                return Err(removed());
            }
            *self = Self::default();
            return Ok(());
        };
        self.with_node(parents, |node| node.remove(key))
    }

    /// The value a path leads to.
    pub fn render_at(&mut self, path: &[Value]) -> Result<Value, BuiltinError> {
        self.with_node(path, |node| node.render().ok_or_else(removed))
    }

    /// The value with its changes; `None` where it was removed.
    pub fn render(&self) -> Option<Value> {
        let value = self.value.as_ref()?;
        match value {
            Value::Object(object) => {
                let kept = object
                    .iter()
                    .filter(|(key, _)| !self.children.contains_key(key));
                let kept = kept.map(|(key, value)| (key.clone(), value.clone()));
                let changed = self
                    .children
                    .iter()
                    .filter_map(|(key, child)| Some((key.clone(), child.render()?)));
                Some(Value::from(kept.chain(changed).collect::<Object>()))
            }
            Value::Set(set) => {
                let kept = set
                    .iter()
                    .filter(|element| !self.children.contains_key(element))
                    .cloned();
                let changed = self.children.values().filter_map(Child::render);
                Some(Value::from(kept.chain(changed).collect::<Set>()))
            }
            Value::Array(items) => {
                let mut kept = items
                    .iter()
                    .zip(&self.gone)
                    .filter(|(_, gone)| !**gone)
                    .map(|(item, _)| item);
                let item = |(at, is_child): (usize, &bool)| {
                    if *is_child {
                        self.children.get(&Value::from(at))?.render()
                    } else {
                        kept.next().cloned()
                    }
                };
                Some(Value::from(
                    self.places
                        .iter()
                        .enumerate()
                        .filter_map(item)
                        .collect::<Vec<_>>(),
                ))
            }
            scalar => Some(scalar.clone()),
        }
    }

    /// Runs an action on the node a path leads to. Scalars become nodes for as long as it lasts.
    fn with_node<T>(
        &mut self,
        path: &[Value],
        action: impl FnOnce(&mut Self) -> Result<T, BuiltinError>,
    ) -> Result<T, BuiltinError> {
        let mut node = self;
        let mut path = path.iter();
        while let Some(key) = path.next() {
            match node.open(key)? {
                Child::Tree(tree) => node = tree,
                Child::Scalar(value) => {
                    let mut leaf = Self::new(value.clone());
                    return match path.next() {
                        None => action(&mut leaf),
                        Some(_) => Err(not_found()),
                    };
                }
                Child::Removed => return Err(not_found()),
            }
        }
        action(node)
    }

    /// The child at a key, made from the value where nothing was changed yet.
    fn open(&mut self, key: &Value) -> Result<&mut Child, BuiltinError> {
        let key = match self.value.as_ref().ok_or_else(removed)? {
            Value::Object(object) => {
                if !self.children.contains_key(key) {
                    let value = object.get(key).ok_or_else(not_found)?.clone();
                    self.children.insert(key.clone(), Child::new(value));
                }
                key.clone()
            }
            Value::Set(_) => {
                if is_composite(key) {
                    self.collapse();
                }
                if !self.children.contains_key(key) {
                    let set = self.value.as_ref().and_then(Value::as_set);
                    let element = set
                        .and_then(|set| set.get(key))
                        .ok_or_else(not_found)?
                        .clone();
                    self.children.insert(key.clone(), Child::new(element));
                }
                key.clone()
            }
            Value::Array(items) => {
                let index = self.index(key)?;
                let place = usize::try_from(index).map_err(|_| not_found())?;
                let key = Value::from(place);
                if !self.children.contains_key(&key) {
                    let item = items.get(place).ok_or_else(not_found)?.clone();
                    self.remove_item(place)?;
                    self.insert_item(place, item)?;
                }
                key
            }
            _ => return Err(not_composite()),
        };
        self.children.get_mut(&key).ok_or_else(not_found)
    }

    fn insert(&mut self, key: &Value, value: Value) -> Result<(), BuiltinError> {
        match self.value.as_ref().ok_or_else(removed)? {
            Value::Object(_) => {
                self.children.insert(key.clone(), Child::new(value));
                Ok(())
            }
            Value::Set(_) if *key != value => Err(BuiltinError::Failed(
                "set key does not equal its value".into(),
            )),
            Value::Set(_) => {
                if is_composite(key) {
                    self.collapse();
                }
                self.children.insert(key.clone(), Child::new(value));
                Ok(())
            }
            Value::Array(_) => {
                let index = self.index(key)?;
                let place = usize::try_from(index)
                    .ok()
                    .filter(|place| *place <= self.places.len());
                self.insert_item(place.ok_or_else(out_of_bounds)?, value)
            }
            _ => Err(not_composite()),
        }
    }

    fn remove(&mut self, key: &Value) -> Result<(), BuiltinError> {
        match self.value.as_ref().ok_or_else(removed)? {
            Value::Set(_) if is_composite(key) => self.collapse(),
            Value::Object(_) | Value::Set(_) => {
                if let Some(child) = self.children.get_mut(key) {
                    return match std::mem::replace(child, Child::Removed) {
                        Child::Removed => Err(not_found()),
                        _ => Ok(()),
                    };
                }
            }
            Value::Array(_) => {
                let index = self.index(key)?;
                let place = usize::try_from(index)
                    .ok()
                    .filter(|place| *place < self.places.len());
                return self.remove_item(place.ok_or_else(out_of_bounds)?);
            }
            _ => return Err(not_composite()),
        }
        if self
            .value
            .as_ref()
            .is_none_or(|value| value.get(key).is_none())
        {
            return Err(not_found());
        }
        self.children.insert(key.clone(), Child::Removed);
        Ok(())
    }

    /// Makes the changes part of the value: a set's elements are their own keys, and some may have changed.
    fn collapse(&mut self) {
        self.value = self.render();
        self.children.clear();
    }

    fn insert_item(&mut self, place: usize, value: Value) -> Result<(), BuiltinError> {
        let moved = self.take_items_from(place);
        self.children.extend(
            moved
                .into_iter()
                .map(|(at, child)| (Value::from(at + 1), child)),
        );
        if place > self.places.len() {
            return Err(out_of_bounds());
        }
        self.places.insert(place, true);
        self.children.insert(Value::from(place), Child::new(value));
        Ok(())
    }

    fn remove_item(&mut self, place: usize) -> Result<(), BuiltinError> {
        let Some(&is_child) = self.places.get(place) else {
            return Err(out_of_bounds());
        };
        self.children.remove(&Value::from(place));
        let moved = self.take_items_from(place + 1);
        self.children.extend(
            moved
                .into_iter()
                .map(|(at, child)| (Value::from(at - 1), child)),
        );
        if !is_child {
            let before = self
                .places
                .iter()
                .take(place)
                .filter(|is_child| !**is_child)
                .count();
            let mut kept = self.gone.iter_mut().filter(|gone| !**gone);
            *kept.nth(before).ok_or_else(out_of_bounds)? = true;
        }
        self.places.remove(place);
        Ok(())
    }

    /// Takes the children out whose index is this or a later one.
    fn take_items_from(&mut self, place: usize) -> Vec<(usize, Child)> {
        let moved = self.children.split_off(&Value::from(place));
        let index = |key: &Value| key.as_number().and_then(crate::value::Number::to_index);
        moved
            .into_iter()
            .filter_map(|(key, child)| Some((index(&key)?, child)))
            .collect()
    }

    /// The index a key means: `-` is the place behind the last item.
    fn index(&self, key: &Value) -> Result<i64, BuiltinError> {
        let index = match key {
            Value::Number(number) => to_int(number),
            Value::String(text) if &**text == "-" => i64::try_from(self.places.len()).ok(),
            Value::String(text) if &**text != "0" && text.starts_with('0') => None,
            Value::String(text) => read_int(text),
            _ => None,
        };
        index.ok_or_else(|| BuiltinError::Failed("not an index of an array".into()))
    }
}

fn removed() -> BuiltinError {
    BuiltinError::Failed("the value was removed before".into())
}

fn not_found() -> BuiltinError {
    BuiltinError::Failed("the path leads nowhere".into())
}

fn not_composite() -> BuiltinError {
    BuiltinError::Failed("the path leads into a scalar".into())
}

fn out_of_bounds() -> BuiltinError {
    BuiltinError::Failed("index out of bounds".into())
}

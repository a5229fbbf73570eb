//! A document that partial rules add to.

use std::collections::{BTreeMap, BTreeSet};

use crate::value::{Object, Set, Value};

/// A document, as far as it has grown.
#[derive(Debug)]
pub enum Growing {
    /// A value that a rule gave: it grows no more.
    Leaf(Value),
    /// A set.
    Set(Vec<Value>),
    /// An object.
    Object(BTreeMap<Value, Growing>),
}

/// Two rules say different things about one place.
#[derive(Debug)]
pub struct Conflict;

impl Growing {
    /// A set without elements.
    pub const fn set() -> Self {
        Self::Set(Vec::new())
    }

    /// An object without keys.
    pub const fn object() -> Self {
        Self::Object(BTreeMap::new())
    }

    /// Adds an element to this set.
    pub fn add(&mut self, element: Value) -> Result<(), Conflict> {
        match self {
            Self::Set(elements) => {
                elements.push(element);
                Ok(())
            }
            _ => Err(Conflict),
        }
    }

    /// Puts a value at a path in this object.
    pub fn put(&mut self, path: &[Value], value: Value) -> Result<(), Conflict> {
        let (fields, key) = self.parent(path)?;
        match fields.get(key) {
            None => {
                fields.insert(key.clone(), Self::Leaf(value));
                Ok(())
            }
            Some(Self::Leaf(there)) if *there == value => Ok(()),
            Some(Self::Leaf(_)) => Err(Conflict),
            Some(grown) if grown.clone_value() == value => Ok(()),
            Some(_) => Err(Conflict),
        }
    }

    /// Adds an element to the set at a path in this object.
    pub fn add_at(&mut self, path: &[Value], element: Value) -> Result<(), Conflict> {
        let (fields, key) = self.parent(path)?;
        match fields.get_mut(key) {
            None => {
                fields.insert(key.clone(), Self::Set(vec![element]));
                Ok(())
            }
            Some(there) => there.add(element),
        }
    }

    /// The value it has grown to.
    pub fn into_value(self) -> Value {
        match self {
            Self::Leaf(value) => value,
            Self::Set(elements) => Value::from(elements.into_iter().collect::<Set>()),
            Self::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(key, value)| (key, value.into_value()));
                Value::from(fields.collect::<Object>())
            }
        }
    }

    fn parent<'a, 'k>(
        &'a mut self,
        path: &'k [Value],
    ) -> Result<(&'a mut BTreeMap<Value, Growing>, &'k Value), Conflict> {
        let (last, above) = path.split_last().ok_or(Conflict)?;
        let mut place = self;
        for key in above {
            let Self::Object(fields) = place else {
                return Err(Conflict);
            };
            place = fields.entry(key.clone()).or_insert_with(Self::object);
        }
        match place {
            Self::Object(fields) => Ok((fields, last)),
            _ => Err(Conflict),
        }
    }

    fn clone_value(&self) -> Value {
        match self {
            Self::Leaf(value) => value.clone(),
            Self::Set(elements) => Value::from(elements.iter().cloned().collect::<Set>()),
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone_value()));
                Value::from(fields.collect::<Object>())
            }
        }
    }
}

/// The paths that values were put at: none may lead through another.
#[derive(Debug, Default)]
pub struct Visited(BTreeSet<Vec<Value>>);

impl Visited {
    /// Notes a path; refuses it if it leads through one noted before.
    pub fn note(&mut self, path: &[Value]) -> Result<(), Conflict> {
        let mut above = 1..path.len();
        if above.any(|length| {
            path.get(..length)
                .is_some_and(|above| self.0.contains(above))
        }) {
            return Err(Conflict);
        }
        // A path of one key leads through nothing, and only longer ones ask for it.
        self.0.insert(path.to_vec());
        Ok(())
    }
}

//! Objects: keys of any kind, each with a value.

use super::Value;

/// Up to so many keys are looked at one by one: that is faster than to compare in order.
const FEW: usize = 12;

/// An object. Equal objects have equal fields; the order is that of their sorted fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// INVARIANT: sorted by key, each key once.
    fields: Vec<(Value, Value)>,
}

impl Object {
    /// An object of these fields.
    ///
    /// # Errors
    ///
    /// A key that is there twice: the first of them in the order of keys.
    pub fn of_distinct(mut fields: Vec<(Value, Value)>) -> Result<Self, Value> {
        if !fields.is_sorted_by(|(one, _), (next, _)| one < next) {
            fields.sort_by(|(one, _), (other, _)| one.cmp(other));
            let mut pairs = fields.array_windows();
            if let Some([(twice, _), _]) = pairs.find(|[(one, _), (next, _)]| one == next) {
                return Err(twice.clone());
            }
        }
        Ok(Self { fields })
    }

    /// How many keys it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether it has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The value at a key.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        match key {
            Value::String(key) => self.get_str(key),
            key => {
                let at = self.position(key).ok()?;
                self.fields.get(at).map(|(_, value)| value)
            }
        }
    }

    /// The value at a key that is a text.
    #[must_use]
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        if self.fields.len() <= FEW {
            // Most keys are told apart by their length.
            let mut fields = self.fields.iter();
            let is = |other: &Value| matches!(other, Value::String(other) if **other == *key);
            return fields.find(|(other, _)| is(other)).map(|(_, value)| value);
        }
        let at = self
            .fields
            .binary_search_by(|(other, _)| match other {
                Value::String(other) => (**other).cmp(key),
                other if other.type_rank() < Value::STRING_RANK => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            })
            .ok()?;
        self.fields.get(at).map(|(_, value)| value)
    }

    /// Whether it has this key.
    #[must_use]
    pub fn contains(&self, key: &Value) -> bool {
        self.position(key).is_ok()
    }

    /// Sets the value at a key; the one that was there.
    pub fn insert(&mut self, key: Value, value: Value) -> Option<Value> {
        match self.position(&key) {
            Ok(at) => self
                .fields
                .get_mut(at)
                .map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.fields.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes a key out; the value that was there.
    pub fn remove(&mut self, key: &Value) -> Option<Value> {
        let at = self.position(key).ok()?;
        Some(self.fields.remove(at).1)
    }

    /// The value at a key, to change it in place.
    pub fn get_mut(&mut self, key: &Value) -> Option<&mut Value> {
        let at = self.position(key).ok()?;
        self.fields.get_mut(at).map(|(_, value)| value)
    }

    /// Its fields, sorted by key.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Value, &Value)> + ExactSizeIterator {
        self.fields.iter().map(|(key, value)| (key, value))
    }

    /// Its keys, sorted.
    #[must_use]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.fields.iter().map(|(key, _)| key)
    }

    /// Its values, in the order of their keys.
    #[must_use]
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.fields.iter().map(|(_, value)| value)
    }

    /// The field at a place in the order of keys.
    #[must_use]
    pub fn field(&self, at: usize) -> Option<(&Value, &Value)> {
        self.fields.get(at).map(|(key, value)| (key, value))
    }

    fn position(&self, key: &Value) -> Result<usize, usize> {
        self.fields.binary_search_by(|(other, _)| other.cmp(key))
    }
}

/// Of two equal keys the later one counts.
impl FromIterator<(Value, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(fields: I) -> Self {
        let mut fields: Vec<_> = fields.into_iter().collect();
        let sorted = fields.is_sorted_by(|(one, _), (next, _)| one < next);
        if !sorted {
            // Stable: equal keys keep their order, so that the last of them can win.
            fields.sort_by(|(one, _), (other, _)| one.cmp(other));
            fields.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(&mut later.1, &mut kept.1);
                }
                same
            });
        }
        Self { fields }
    }
}

impl IntoIterator for Object {
    type Item = (Value, Value);
    type IntoIter = std::vec::IntoIter<(Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.fields.into_iter()
    }
}

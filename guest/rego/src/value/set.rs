//! Sets: values of any kind, each once.

use super::Value;

/// A set. Equal sets have equal elements; the order is that of their sorted elements.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set {
    /// INVARIANT: sorted, each once.
    elements: Vec<Value>,
}

impl Set {
    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether it has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Whether this is one of its elements.
    #[must_use]
    pub fn contains(&self, element: &Value) -> bool {
        self.elements.binary_search(element).is_ok()
    }

    /// The element that equals this value: `1.0` finds `1`.
    #[must_use]
    pub fn get(&self, element: &Value) -> Option<&Value> {
        let at = self.elements.binary_search(element).ok()?;
        self.elements.get(at)
    }

    /// Adds an element; false if it was there.
    pub fn insert(&mut self, element: Value) -> bool {
        match self.elements.binary_search(&element) {
            Ok(_) => false,
            Err(at) => {
                self.elements.insert(at, element);
                true
            }
        }
    }

    /// The elements of both; of equal ones this set's.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut elements = Vec::with_capacity(self.len() + other.len());
        let mut others = other.elements.iter().peekable();
        for element in &self.elements {
            while let Some(smaller) = others.next_if(|other| *other < element) {
                elements.push(smaller.clone());
            }
            others.next_if(|other| *other == element);
            elements.push(element.clone());
        }
        elements.extend(others.cloned());
        Self { elements }
    }

    /// The elements that both have; of equal ones the smaller set's.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (small, large) = if other.len() < self.len() {
            (other, self)
        } else {
            (self, other)
        };
        let common = small.elements.iter().filter(|it| large.contains(it));
        Self {
            elements: common.cloned().collect(),
        }
    }

    /// The elements that the other has not.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let own = self.elements.iter().filter(|it| !other.contains(it));
        Self {
            elements: own.cloned().collect(),
        }
    }

    /// Whether the other has all elements.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.len() <= other.len() && self.elements.iter().all(|it| other.contains(it))
    }

    /// Its elements, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, Value> {
        self.elements.iter()
    }

    /// Its elements, sorted.
    #[must_use]
    pub fn as_slice(&self) -> &[Value] {
        &self.elements
    }
}

/// Of equal elements the first one counts.
impl FromIterator<Value> for Set {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        let mut elements: Vec<_> = elements.into_iter().collect();
        if !elements.is_sorted_by(|one, next| one < next) {
            elements.sort();
            elements.dedup();
        }
        Self { elements }
    }
}

impl<'set> IntoIterator for &'set Set {
    type Item = &'set Value;
    type IntoIter = std::slice::Iter<'set, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Set {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.elements.into_iter()
    }
}

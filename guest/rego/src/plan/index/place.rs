//! Where a lookup reads: a path into input or data, or an argument.

use std::collections::HashMap;

use crate::syntax::ast::Location;
use crate::value::Value;

/// Where a lookup reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// What lies at this path of the input.
    Input(Vec<Value>),
    /// What lies at this path of the base document; rules do not count.
    Data(Vec<Value>),
    /// The function's argument with this number; the first is 0.
    Argument(usize),
}

/// Who reads for a lookup.
pub trait Resolver {
    /// Why reading failed.
    type Error;

    /// What lies there, if anything does.
    ///
    /// # Errors
    ///
    /// What was met on the way, as a base document that `with` made contradict itself.
    fn resolve(&mut self, place: &Place) -> Result<Option<Value>, Self::Error>;
}

/// Number of a [`Place`] among [`Places`].
pub type PlaceId = u32;

/// The places an index reads, each once.
#[derive(Debug, Clone, Default)]
pub struct Places {
    all: Vec<(Place, Option<Location>)>,
    ids: HashMap<Place, PlaceId>,
}

impl Places {
    /// The number of a place. `at` is where the reference to it begins, if one was written.
    pub fn intern(&mut self, place: Place, at: Option<Location>) -> PlaceId {
        if let Some(id) = self.ids.get(&place) {
            return *id;
        }
        let id = PlaceId::try_from(self.all.len()).unwrap_or(PlaceId::MAX);
        self.ids.insert(place.clone(), id);
        self.all.push((place, at));
        id
    }

    /// The place with a number.
    pub fn get(&self, id: PlaceId) -> Option<&Place> {
        self.all.get(id as usize).map(|(place, _)| place)
    }

    /// Where it was written first.
    pub fn location(&self, id: PlaceId) -> Option<Location> {
        self.all.get(id as usize).and_then(|(_, at)| *at)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.all.len()
    }
}

//! A reference, as far as its path is known.

use super::constraint::is_scalar;
use super::place::Place;
use super::scan::Constants;
use crate::syntax::ast::{Location, Name, Node, Term};
use crate::value::Value;

/// A reference: its root, and its path as far as that is known.
#[derive(Debug, Clone)]
pub struct Reference {
    /// What it begins with.
    pub root: Root,
    /// Where it begins.
    at: Option<Location>,
    /// Its keys; `None` where one is known only when the rule runs.
    path: Vec<Option<Value>>,
}

/// A place that a reference leads to.
#[derive(Debug, Clone)]
pub struct Spot {
    /// The place.
    pub place: Place,
    /// Where the reference begins, if one was written.
    pub at: Option<Location>,
}

impl From<Spot> for Reference {
    fn from(spot: Spot) -> Self {
        let (root, path) = match spot.place {
            Place::Input(path) => (Root::Input, path),
            Place::Data(path) => (Root::Data, path),
            Place::Argument(number) => (Root::Argument(number), Vec::new()),
        };
        Self {
            root,
            at: spot.at,
            path: path.into_iter().map(Some).collect(),
        }
    }
}

/// What a reference begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `input`.
    Input,
    /// `data`.
    Data,
    /// A function's argument.
    Argument(usize),
    /// A local variable, which may stand for a place.
    Local(Name),
}

impl Reference {
    /// Reads a reference; variables that are known to be scalars count as those.
    pub fn of(term: &Term, constants: &Constants<'_>) -> Option<Self> {
        let terms = match &term.node {
            Node::Ref(terms) => terms.as_slice(),
            Node::Var(_) if Self::is_document(term) => std::slice::from_ref(term),
            _ => return None,
        };
        let (head, keys) = terms.split_first()?;
        let root = match &**head.as_var()? {
            "input" => Root::Input,
            "data" => Root::Data,
            _ => Root::Local(head.as_var()?.clone()),
        };
        let key = |key: &Term| match &key.node {
            Node::Var(name) => constants
                .get(name)
                .and_then(|term| term.to_value())
                .filter(is_scalar),
            _ => key.to_value(),
        };
        Some(Self {
            root,
            at: Some(head.at),
            path: keys.iter().map(key).collect(),
        })
    }

    /// Whether a term is `input` or `data` itself.
    pub fn is_document(term: &Term) -> bool {
        matches!(&term.node, Node::Var(name) if matches!(&**name, "input" | "data"))
    }

    /// Whether all of its path is known.
    pub fn is_ground(&self) -> bool {
        self.path.iter().all(Option::is_some)
    }

    /// The place it leads to; absent if not all of its path is known.
    pub fn into_spot(self) -> Option<Spot> {
        let path: Option<Vec<_>> = self.path.into_iter().collect();
        let place = match self.root {
            Root::Input => Place::Input(path?),
            Root::Data => Place::Data(path?),
            Root::Argument(number) if path?.is_empty() => Place::Argument(number),
            Root::Argument(_) | Root::Local(_) => return None,
        };
        Some(Spot { place, at: self.at })
    }

    /// The place of all but its last key, if that much is known.
    pub fn collection(&self) -> Option<Place> {
        let (_, path) = self.path.split_last()?;
        let prefix = Self {
            path: path.to_vec(),
            ..self.clone()
        };
        prefix.into_spot().map(|spot| spot.place)
    }

    /// All but its last key, if that one alone is not known.
    pub fn members(mut self) -> Option<Self> {
        let last = self.path.pop()?;
        (last.is_none() && self.is_ground()).then_some(self)
    }

    /// Its path from another place down.
    pub fn below(self, spot: Spot) -> Self {
        let (root, path) = match spot.place {
            Place::Input(path) => (Root::Input, path),
            Place::Data(path) => (Root::Data, path),
            Place::Argument(number) => (Root::Argument(number), Vec::new()),
        };
        let path = path.into_iter().map(Some).chain(self.path).collect();
        Self {
            root,
            at: spot.at,
            path,
        }
    }
}

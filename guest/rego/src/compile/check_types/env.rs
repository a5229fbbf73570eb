//! What is known at one place of a body: types of variables and of documents, in layers.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::documents::{Documents, Place};
use crate::syntax::ast::{Name, Node, Term};
use crate::syntax::shape::is_constant;
use crate::syntax::shape::is_reserved;
use crate::types::Type;

/// A layer over those above it: OPA's `TypeEnv`.
pub struct Env<'up> {
    /// Another for each.
    pub id: u32,
    up: Option<&'up Env<'up>>,
    layer: Layer<'up>,
    changes: Cell<u64>,
}

enum Layer<'up> {
    /// Builtin functions, or rules.
    Documents(&'up Documents),
    /// What `with` put in place of documents, last first.
    Modified(Vec<Rc<Documents>>),
    /// The variables of a body.
    Variables(RefCell<HashMap<Name, Type>>),
}

/// What a layer knows of a name, or of what lies below it.
pub enum Spot<'env> {
    /// A place among documents.
    Place(&'env Place),
    /// A variable.
    Variable(Type),
}

impl<'up> Env<'up> {
    /// Documents over what is known already.
    pub const fn documents(documents: &'up Documents, up: Option<&'up Self>) -> Self {
        Self::new(0, Layer::Documents(documents), up)
    }

    /// A body's own variables over what is known outside.
    pub fn body(id: u32, up: &'up Self) -> Self {
        Self::new(id, Layer::Variables(RefCell::default()), Some(up))
    }

    /// Documents that `with` put in place of others, last first.
    pub const fn modified(id: u32, documents: Vec<Rc<Documents>>, up: &'up Self) -> Self {
        Self::new(id, Layer::Modified(documents), Some(up))
    }

    const fn new(id: u32, layer: Layer<'up>, up: Option<&'up Self>) -> Self {
        Self {
            id,
            up,
            layer,
            changes: Cell::new(0),
        }
    }

    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |env| env.up)
    }

    /// What each layer knows of a name, innermost first. Those that know nothing are left out.
    pub fn spots(&self, name: &Name) -> impl Iterator<Item = Spot<'_>> {
        self.chain().flat_map(move |env| {
            let (one, several) = match &env.layer {
                Layer::Documents(documents) => (documents.root(name).map(Spot::Place), None),
                Layer::Variables(variables) => {
                    let variables = variables.borrow();
                    (variables.get(name).cloned().map(Spot::Variable), None)
                }
                Layer::Modified(all) => (None, Some(all)),
            };
            let several = several.into_iter().flatten();
            let several = several.filter_map(move |documents| documents.root(name));
            one.into_iter().chain(several.map(Spot::Place))
        })
    }

    /// How much has become known so far.
    pub fn changes(&self) -> u64 {
        self.chain().map(|env| env.changes.get()).sum()
    }

    /// The type of a variable. `None` if nothing was ever said of it.
    pub fn variable(&self, name: &Name) -> Option<Type> {
        self.spots(name).next().map(|spot| match spot {
            Spot::Place(place) => place.of.clone(),
            Spot::Variable(of) => of,
        })
    }

    /// Says what a variable is. It is remembered in the innermost body.
    pub fn put(&self, name: &Name, of: Type) {
        for env in self.chain() {
            if let Layer::Variables(variables) = &env.layer {
                variables.borrow_mut().insert(name.clone(), of);
                env.changes.set(env.changes.get() + 1);
                break;
            }
        }
    }

    /// The type of what a reference refers to: OPA's `GetByRef`.
    pub fn reference(&self, reference: &[Term]) -> Type {
        let Some((head, parts)) = reference.split_first() else {
            return Type::Unknown;
        };
        let Some(name) = head.as_var() else {
            return Type::Unknown;
        };
        let found = self.spots(name).find_map(|spot| spot.follow(parts));
        found.unwrap_or_else(|| {
            if is_reserved(name) {
                Type::Any
            } else {
                Type::Unknown
            }
        })
    }
}

impl Spot<'_> {
    /// The type here, if it is known, and not only what lies below.
    pub fn leaf(&self) -> Option<Type> {
        match self {
            Self::Place(place) => place.of.clone().known(),
            Self::Variable(of) => of.clone().known(),
        }
    }

    /// The type here, put together from what lies below if need be.
    pub fn extent(&self) -> Type {
        match self {
            Self::Place(place) => place.extent(),
            Self::Variable(Type::Unknown) => Place::default().extent(),
            Self::Variable(of) => of.clone(),
        }
    }

    /// What is known at a key.
    pub fn child(&self, key: &Term) -> Option<Self> {
        match self {
            Self::Place(place) => place.child(key).map(Self::Place),
            Self::Variable(_) => None,
        }
    }

    /// The type at the end of these parts. `None` where outer layers have to be asked.
    fn follow(self, parts: &[Term]) -> Option<Type> {
        let mut spot = self;
        for (at, part) in parts.iter().enumerate() {
            let child = spot.child(part);
            if child.is_none() {
                let rest = parts.get(at..).unwrap_or_default();
                if let Some(of) = spot.leaf() {
                    return Some(select(of, rest));
                }
                if !is_constant(part) {
                    return Some(select(spot.extent(), rest));
                }
            }
            spot = child?;
        }
        Some(spot.extent())
    }
}

/// What the parts of a reference find in a type: OPA's `selectRef`.
fn select(of: Type, parts: &[Term]) -> Type {
    let mut of = of;
    for part in parts {
        of = match &part.node {
            _ if of.is_unknown() => return Type::Unknown,
            Node::Var(_) | Node::Ref(_) | Node::Array(_) | Node::Object(_) | Node::Set(_) => {
                if of.is_empty_collection() {
                    return Type::Any;
                }
                of.values()
            }
            _ => part.to_value().map_or(Type::Unknown, |key| of.select(&key)),
        };
    }
    of
}

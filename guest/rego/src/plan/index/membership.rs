//! `input.role in ["admin", "root"]`, `"admin" in input.roles`.

use super::constraint::{Pattern, Test, is_scalar};
use super::equality::{constant, local};
use super::reference::{Reference, Root, Spot};
use super::scan::{Constants, Scan};
use crate::syntax::ast::{Node, Term};

impl<'rule> Scan<'rule> {
    /// An item that a collection has to hold.
    pub fn member(
        &mut self,
        item: &'rule Term,
        collection: &'rule Term,
        constants: &Constants<'rule>,
    ) {
        match local(item).and_then(|name| self.resolve(name)) {
            Some(spot) => self.member_of_literal(spot, collection, constants),
            None => self.literal_member(item, collection, constants),
        }
    }

    /// The value at a place has to be in a collection that is written out.
    fn member_of_literal(
        &mut self,
        spot: Spot,
        collection: &'rule Term,
        constants: &Constants<'rule>,
    ) {
        let collection = local(collection)
            .and_then(|name| constants.get(name).copied())
            .unwrap_or(collection);
        let mut members: Vec<Pattern> = match (&collection.node, collection.to_value()) {
            (Node::Set(_), Some(value)) => value
                .as_set()
                .map(|set| set.iter().cloned().map(Pattern::Ground).collect())
                .unwrap_or_default(),
            (Node::Object(_), Some(value)) => value
                .as_object()
                .map(|object| object.values().cloned().map(Pattern::Ground).collect())
                .unwrap_or_default(),
            (Node::Array(items) | Node::Set(items), _) => items.iter().map(Pattern::of).collect(),
            (Node::Object(fields), None) => {
                fields.iter().map(|(_, value)| Pattern::of(value)).collect()
            }
            _ => return,
        };
        // With a variable among them, anything may be a member.
        if members.iter().any(Pattern::is_var) {
            members.clear();
        }
        let place = self.places.intern(spot.place, spot.at);
        self.findings.insert_members(place, members);
    }

    /// The collection at a place has to hold a scalar that is written out, or be defined at least.
    fn literal_member(
        &mut self,
        item: &'rule Term,
        collection: &'rule Term,
        constants: &Constants<'rule>,
    ) {
        let wanted = match (constant(item, constants), local(item)) {
            (Some(constant), _) => match constant.to_value().filter(is_scalar) {
                Some(value) => Pattern::Ground(value),
                None => return,
            },
            (None, Some(name)) => Pattern::Var(name.clone()),
            (None, None) => return,
        };
        let test = if wanted.is_var() {
            Test::Equal
        } else {
            Test::Member
        };
        if let Some(spot) = self.operand(collection, constants) {
            self.ask(spot, wanted, test);
        }
    }

    /// The place that an operand of a call reads.
    pub fn operand(&self, term: &Term, constants: &Constants<'rule>) -> Option<Spot> {
        if let Some(name) = local(term) {
            return self.readable(Reference::from(self.resolve(name)?));
        }
        let reference = Reference::of(term, constants)?;
        match reference.root {
            Root::Local(_) => None,
            _ => self.readable(reference),
        }
    }
}

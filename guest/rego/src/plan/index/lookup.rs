//! Asking the tree.

use super::place::{PlaceId, Places, Resolver};
use super::selected::{Memo, Scratch, Selected};
use super::trie::Trie;
use super::{Constant, Definition, Index};
use crate::value::Value;

impl Index {
    /// Finds the definitions that have to be tried.
    ///
    /// # Errors
    ///
    /// The resolver's.
    pub fn lookup<R: Resolver + ?Sized>(
        &self,
        resolver: &mut R,
        selected: &mut Selected,
    ) -> Result<(), R::Error> {
        if self.fixed {
            self.all(selected);
            return Ok(());
        }
        selected.branches.clear();
        selected.default = self.default;
        let Scratch {
            reached,
            hits,
            memo,
        } = &mut selected.scratch;
        let mut reader = Reader::new(resolver, &self.places, memo);
        hits.clear();
        reached.nodes.clear();
        reached.nodes.push(Trie::ROOT);
        while let Some(node) = reached.nodes.pop().and_then(|node| self.trie.node(node)) {
            hits.extend_from_slice(&node.rules);
            for level in &node.levels {
                let Some(level) = self.trie.level(*level) else {
                    continue;
                };
                if let Some(value) = reader.read(level.place)? {
                    level.visit(self.trie.arrays(), value, reached);
                }
            }
        }
        hits.sort_unstable();
        hits.dedup();
        let mut agreed = Agreed::Nothing;
        for hit in hits {
            let Some(definition) = self.definitions.get(*hit as usize) else {
                continue;
            };
            if self.may_hold(definition, &mut reader)? {
                selected.branches.push(definition.branch);
                agreed.add(definition.value);
            }
        }
        selected.early_exit = agreed != Agreed::Not;
        Ok(())
    }

    /// All definitions, as if nothing was indexed.
    pub fn all(&self, selected: &mut Selected) {
        selected.branches.clear();
        let branches = self.definitions.iter();
        selected
            .branches
            .extend(branches.map(|definition| definition.branch));
        selected.default = self.default;
        selected.early_exit = self.one_value;
    }

    /// What is asked of a definition beside the tree.
    fn may_hold<R: Resolver + ?Sized>(
        &self,
        definition: &Definition,
        reader: &mut Reader<'_, R>,
    ) -> Result<bool, R::Error> {
        for place in &definition.required {
            if reader.read(*place)?.is_none() {
                return Ok(false);
            }
        }
        // Where the first that holds decides, asking all of them would cost more than trying them.
        if self.one_value {
            return Ok(true);
        }
        for look_up in &definition.look_ups {
            let Some(key) = reader.read(look_up.key)?.cloned() else {
                return Ok(false);
            };
            let around = reader.read(look_up.around)?;
            let collection = look_up
                .below
                .iter()
                .try_fold(around, |at, key| at.map(|at| at.get(key)))
                .flatten();
            let has = match collection {
                None => false,
                Some(Value::Object(object)) => object.contains(&key),
                Some(Value::Set(set)) => set.contains(&key),
                // An array is not asked: rules are seldom told apart by its length.
                Some(_) => true,
            };
            if !has {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether definitions have one known value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreed {
    /// There were none.
    Nothing,
    /// They have this one.
    On(u32),
    /// They do not.
    Not,
}

impl Agreed {
    /// Adds a definition.
    pub(super) fn add(&mut self, value: Constant) {
        *self = match (*self, value) {
            (Self::Nothing, Constant::Known(value)) => Self::On(value),
            (Self::On(one), Constant::Known(other)) if one == other => Self::On(one),
            _ => Self::Not,
        };
    }
}

/// Reads each place once.
struct Reader<'lookup, R: ?Sized> {
    resolver: &'lookup mut R,
    places: &'lookup Places,
    memo: &'lookup mut Vec<Memo>,
}

impl<'lookup, R: Resolver + ?Sized> Reader<'lookup, R> {
    fn new(
        resolver: &'lookup mut R,
        places: &'lookup Places,
        memo: &'lookup mut Vec<Memo>,
    ) -> Self {
        memo.clear();
        memo.resize(places.len(), Memo::Unread);
        Self {
            resolver,
            places,
            memo,
        }
    }

    fn read(&mut self, id: PlaceId) -> Result<Option<&Value>, R::Error> {
        let Some(memo) = self.memo.get_mut(id as usize) else {
            return Ok(None);
        };
        if let Memo::Unread = memo {
            let place = self.places.get(id);
            let value = place
                .map(|place| self.resolver.resolve(place))
                .transpose()?;
            *memo = Memo::Read(value.flatten());
        }
        match memo {
            Memo::Read(value) => Ok(value.as_ref()),
            Memo::Unread => Ok(None),
        }
    }
}

//! Compiled regular expressions, and those compiled before.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::{Input, meta};
use regex_syntax::hir::{Hir, Look};

use super::syntax;
use crate::builtins::BuiltinError;

/// What one expression may compile to, in bytes. Bounds `\pL{1000}` and its like.
const MAX_SIZE: usize = 4 << 20;
/// What a search may remember in between, in bytes.
const SEARCH_CACHE: usize = 256 << 10;
/// What all expressions kept for later may take, in bytes.
const MAX_KEPT: usize = 16 << 20;
/// How many expressions are kept.
const MAX_COUNT: usize = 256;

/// A compiled expression.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    /// The names of the groups by their index, empty where they have none.
    names: Vec<String>,
    /// Whether `\B` is in it, which holds inside of characters too: the automata's shortest search may then come
    /// upon an empty match there, and overlook the true one.
    splits: bool,
}

/// Where a match and each of its groups begin and end.
pub type Groups = Vec<Option<(usize, usize)>>;

impl Pattern {
    /// The compiled form of an expression in Go's syntax.
    pub fn of(text: &str) -> Result<Rc<Self>, BuiltinError> {
        kept(text, || {
            let parsed = syntax::parse(text).map_err(|fault| {
                BuiltinError::Failed(format!("error parsing regexp: {fault}: `{text}`"))
            })?;
            Self::compile(&parsed.node.into_hir(), parsed.names)
        })
    }

    /// Compiles what was parsed.
    pub fn compile(hir: &Hir, names: Vec<String>) -> Result<Self, BuiltinError> {
        let config = Config::new()
            .nfa_size_limit(Some(MAX_SIZE))
            .onepass_size_limit(Some(SEARCH_CACHE))
            .hybrid_cache_capacity(SEARCH_CACHE);
        let regex = meta::Builder::new().configure(config).build_from_hir(hir);
        let regex = regex.map_err(|_| {
            BuiltinError::Failed("error parsing regexp: expression too large".into())
        })?;
        let splits = hir.properties().look_set().contains(Look::WordAsciiNegate);
        Ok(Self {
            regex,
            names,
            splits,
        })
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, text: &str) -> bool {
        if self.splits {
            self.regex.search(&Input::new(text)).is_some()
        } else {
            self.regex.is_match(text)
        }
    }

    /// The names of the groups.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The matches, first to last, each with as many of its groups as wanted.
    pub fn matches<'a>(
        &'a self,
        text: &'a str,
        with_groups: bool,
    ) -> impl Iterator<Item = Groups> + 'a {
        let captures = if with_groups {
            self.regex.create_captures()
        } else {
            Captures::matches(self.regex.group_info().clone())
        };
        let count = if with_groups { self.names.len() } else { 1 };
        Matches {
            pattern: self,
            text,
            captures,
            count,
            position: 0,
            last_end: None,
        }
    }
}

struct Matches<'a> {
    pattern: &'a Pattern,
    text: &'a str,
    captures: Captures,
    count: usize,
    position: usize,
    last_end: Option<usize>,
}

impl Iterator for Matches<'_> {
    type Item = Groups;

    fn next(&mut self) -> Option<Groups> {
        while self.position <= self.text.len() {
            let input = Input::new(self.text).range(self.position..);
            self.pattern
                .regex
                .search_captures(&input, &mut self.captures);
            let found = self.captures.get_match()?;
            // An empty match right behind the one before does not count.
            let counts = !(found.is_empty() && self.last_end == Some(found.start()));
            self.position = if found.end() == self.position {
                let next = self
                    .text
                    .get(self.position..)
                    .and_then(|rest| rest.chars().next());
                self.position + next.map_or(1, char::len_utf8)
            } else {
                found.end()
            };
            self.last_end = Some(found.end());
            if counts {
                let group = |index| {
                    self.captures
                        .get_group(index)
                        .map(|span| (span.start, span.end))
                };
                return Some((0..self.count).map(group).collect());
            }
        }
        None
    }
}

thread_local! {
    /// Constants of a policy are compiled once, whatever the number of decisions.
    static KEPT: RefCell<Kept> = RefCell::default();
}

#[derive(Default)]
struct Kept {
    patterns: HashMap<String, (Rc<Pattern>, u64)>,
    size: usize,
    uses: u64,
}

/// The pattern kept under this key, or a new one.
pub fn kept(
    key: &str,
    make: impl FnOnce() -> Result<Pattern, BuiltinError>,
) -> Result<Rc<Pattern>, BuiltinError> {
    KEPT.with_borrow_mut(|kept| {
        kept.uses += 1;
        let now = kept.uses;
        if let Some((pattern, used)) = kept.patterns.get_mut(key) {
            *used = now;
            return Ok(Rc::clone(pattern));
        }
        let pattern = Rc::new(make()?);
        kept.size += size_of(key, &pattern);
        kept.patterns
            .insert(key.to_owned(), (Rc::clone(&pattern), now));
        while kept.patterns.len() > MAX_COUNT || kept.size > MAX_KEPT && kept.patterns.len() > 1 {
            let oldest = kept
                .patterns
                .iter()
                .min_by_key(|(_, (_, used))| *used)
                .map(|(key, _)| key.clone());
            let Some((key, (gone, _))) = oldest.and_then(|key| kept.patterns.remove_entry(&key))
            else {
                break;
            };
            kept.size = kept.size.saturating_sub(size_of(&key, &gone));
        }
        Ok(pattern)
    })
}

fn size_of(key: &str, pattern: &Pattern) -> usize {
    key.len() + pattern.regex.memory_usage()
}

//! The decisions of one instance: their ids, their answers, and the cache.

use std::num::{NonZeroU64, NonZeroUsize};
use std::rc::Rc;

use sark_policy_cache::{Cache, Equivalent, Limits, Statistics, Text, Weigh};

/// A decision that was made.
#[derive(Clone)]
pub struct Decision {
    /// Rises with each evaluation; never 0. Odd if the decision holds for its question, even if it held at
    /// its moment only.
    pub id: u64,
    /// Its answer as text.
    pub answer: Rc<str>,
}

impl Weigh for Decision {
    fn weight(&self) -> u64 {
        self.answer.weight()
    }
}

/// What makes two questions the same one: the entry point and every byte of the input.
type Question = (u32, Text);

#[derive(Hash)]
struct Asked<'input>(u32, &'input str);

impl Equivalent<Question> for Asked<'_> {
    fn equivalent(&self, question: &Question) -> bool {
        self.0 == question.0 && self.1.equivalent(&question.1)
    }
}

/// The decisions of one instance.
pub struct Decisions {
    /// Absent where nothing is to be cached.
    cache: Option<Cache<Question, Decision>>,
    /// How long a decision may be served again, in nanoseconds.
    ttl: u64,
    /// How many decisions were made.
    made: u64,
    /// What the last call returned, so that a host can fetch any of it.
    returned: Vec<Decision>,
}

impl Decisions {
    /// No decisions yet. Nothing is cached where a limit or `ttl` is 0.
    pub fn new(entries: u32, bytes: u64, ttl: u64, seed: u64) -> Self {
        let entries = usize::try_from(entries).ok().and_then(NonZeroUsize::new);
        let limits = entries.zip(NonZeroU64::new(bytes)).filter(|_| ttl > 0);
        Self {
            cache: limits.map(|(entries, bytes)| Cache::new(Limits { entries, bytes }, seed)),
            ttl,
            made: 0,
            returned: Vec::new(),
        }
    }

    /// Forgets what the last call returned: another one begins.
    pub fn begin(&mut self) {
        self.returned.clear();
    }

    /// The decision of a question that was decided before and may still be served.
    pub fn find(&mut self, entrypoint: u32, input: &str, now: u64) -> Option<u64> {
        let decision = self.cache.as_mut()?.get(&Asked(entrypoint, input), now)?;
        self.returned.push(decision.clone());
        Some(decision.id)
    }

    /// A new decision; `holds` says whether it holds for its question.
    pub fn add(&mut self, answer: String, holds: bool) -> Decision {
        self.made += 1;
        let decision = Decision {
            id: 2 * self.made + u64::from(holds),
            answer: answer.into(),
        };
        self.returned.push(decision.clone());
        decision
    }

    /// Keeps a decision as the answer to this question.
    pub fn keep(&mut self, entrypoint: u32, input: &str, decision: &Decision, now: u64) {
        if let Some(cache) = &mut self.cache {
            cache.set((entrypoint, input.into()), decision.clone(), self.ttl, now);
        }
    }

    /// The answer of a decision that the last call returned.
    pub fn answer(&self, id: u64) -> Option<&str> {
        let decision = self.returned.iter().find(|decision| decision.id == id)?;
        Some(&decision.answer)
    }

    /// The cache's figures.
    pub fn statistics(&self) -> Statistics {
        self.cache
            .as_ref()
            .map(Cache::statistics)
            .unwrap_or_default()
    }
}

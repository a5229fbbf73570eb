//! A generation: one bundle's instances and its revision. Exactly one is current.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

pub use crate::bindings::exports::sark::policy::policy::{Description, RuleIndex, Tried};
use crate::bundle::Bundle;
use crate::decision::Decision;
use crate::error::Error;
use crate::instance::{BATCH, Instance};
use crate::sandbox::Sandbox;
use crate::settings::Settings;
use crate::shard::{Rebuild, Shard};
use crate::statistics::CacheStatistics;

/// A bundle that was checked and compiled, and the instances that serve it.
pub(crate) struct Generation {
    pub number: u64,
    pub description: Description,
    shards: Vec<Shard>,
    hasher: foldhash::fast::RandomState,
    deadline: Duration,
    /// How long an instance may take to be built.
    patience: Duration,
}

impl Generation {
    /// Builds all instances of a bundle. Nothing else is touched, so whatever fails leaves what was
    /// current as it is.
    pub fn build(
        sandbox: &Arc<Sandbox>,
        settings: &Arc<Settings>,
        bundle: &Bundle,
        number: u64,
    ) -> Result<Self, Error> {
        let size = bundle.archive().len();
        if size > settings.bundle {
            return Err(Error::BundleTooLarge {
                size,
                limit: settings.bundle,
            });
        }
        let text: Arc<str> = BASE64_STANDARD.encode(bundle.archive()).into();
        let rebuild: Rebuild = {
            let (sandbox, settings, text) =
                (Arc::clone(sandbox), Arc::clone(settings), Arc::clone(&text));
            Arc::new(move || Ok(Instance::activate(&sandbox, &settings, &text)?.0))
        };
        let (first, description) = Instance::activate(sandbox, settings, &text)?;
        let mut shards = vec![Shard::new(first, Arc::clone(&rebuild))];
        while shards.len() < settings.shards.get() {
            shards.push(Shard::new(rebuild()?, Arc::clone(&rebuild)));
        }
        Ok(Self {
            number,
            description,
            shards,
            hasher: foldhash::fast::RandomState::default(),
            deadline: settings.deadline,
            patience: settings.activation_deadline,
        })
    }

    pub fn decide(&self, entrypoint: &str, input: &str) -> Result<Decision, Error> {
        match self.shard(input) {
            Some(shard) => shard.call(self.deadline, |instance, left| {
                instance.decide(left, entrypoint, input)
            }),
            None => Err(Error::Closed),
        }
    }

    /// Decides many inputs: each shard its share, in as few crossings as
    /// may be; the answers in the inputs' order.
    pub fn decide_batch(&self, entrypoint: &str, inputs: &[&str]) -> Vec<Result<Decision, Error>> {
        let mut shares: Vec<Vec<usize>> = vec![Vec::new(); self.shards.len()];
        for (place, input) in inputs.iter().enumerate() {
            if let Some(share) = shares.get_mut(self.shard_of(input)) {
                share.push(place);
            }
        }
        let mut decisions: Vec<(usize, Result<Decision, Error>)> = Vec::with_capacity(inputs.len());
        for (shard, share) in self.shards.iter().zip(shares) {
            for share in share.chunks(BATCH) {
                let asked: Vec<&str> = share
                    .iter()
                    .filter_map(|place| inputs.get(*place).copied())
                    .collect();
                decisions.extend(
                    share
                        .iter()
                        .copied()
                        .zip(self.decide_share(shard, entrypoint, &asked)),
                );
            }
        }
        decisions.sort_unstable_by_key(|(place, _)| *place);
        decisions
            .into_iter()
            .map(|(_, decision)| decision)
            .collect()
    }

    /// Decides one input for several entry points.
    pub fn decide_each(
        &self,
        entrypoints: &[&str],
        input: &str,
    ) -> Result<Vec<Result<Decision, Error>>, Error> {
        match self.shard(input) {
            Some(shard) => shard.call(self.deadline, |instance, left| {
                instance.decide_each(left, entrypoints, input)
            }),
            None => Err(Error::Closed),
        }
    }

    fn decide_share(
        &self,
        shard: &Shard,
        entrypoint: &str,
        asked: &[&str],
    ) -> Vec<Result<Decision, Error>> {
        let together = shard.call(self.deadline, |instance, left| {
            instance.decide_batch(left, entrypoint, asked)
        });
        // If the crossing failed, one by one each gets its own answer or its own error, and waits for an
        // instance that the one before has ended.
        together.unwrap_or_else(|_| {
            let alone = |input: &&str| {
                shard.call(self.patience, |instance, left| {
                    instance.decide(left.min(self.deadline), entrypoint, input)
                })
            };
            asked.iter().map(alone).collect()
        })
    }

    /// What the rule index can tell apart. It looks at the whole policy, so it is given an activation's time.
    pub fn explain_index(&self) -> Result<Vec<RuleIndex>, Error> {
        let shard = self.shards.first().ok_or(Error::Closed)?;
        shard.call(self.patience, Instance::explain_index)
    }

    /// The caches' figures and the memory of all instances, in bytes.
    pub fn statistics(&self) -> (CacheStatistics, u64) {
        let mut total = (CacheStatistics::default(), 0);
        for shard in &self.shards {
            // A shard that is being built afresh has no figures yet.
            if let Ok((cache, memory)) = shard.call(self.deadline, Instance::statistics) {
                total.0 += cache;
                total.1 += memory;
            }
        }
        total
    }

    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Waits until every call under way has ended; each does so by its deadline.
    pub fn drain(&self) {
        for shard in &self.shards {
            shard.drain(self.deadline);
        }
    }

    /// The shard that owns all questions with this input.
    fn shard(&self, input: &str) -> Option<&Shard> {
        self.shards.get(self.shard_of(input))
    }

    fn shard_of(&self, input: &str) -> usize {
        if self.shards.len() <= 1 {
            return 0;
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(input.as_bytes());
        usize::try_from(hasher.finish() % self.shards.len() as u64).unwrap_or(0)
    }
}

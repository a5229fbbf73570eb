//! The figures of a host.

use crate::bindings::exports::sark::policy::{cache, policy};
use crate::error::Problem;

/// The figures of a cache since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Look-ups that found a live entry.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Entries dropped to make room.
    pub evictions: u64,
    /// Entries dropped because their time was over.
    pub expirations: u64,
    /// Entries held now.
    pub entries: u64,
    /// Bytes held now, keys and values together.
    pub bytes: u64,
}

impl From<cache::Statistics> for CacheStatistics {
    fn from(figures: cache::Statistics) -> Self {
        Self {
            hits: figures.hits,
            misses: figures.misses,
            evictions: figures.evictions,
            expirations: figures.expirations,
            entries: figures.entries.into(),
            bytes: figures.bytes,
        }
    }
}

impl std::ops::AddAssign for CacheStatistics {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.evictions += other.evictions;
        self.expirations += other.expirations;
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

/// The figures of a host. Counts of events go on over all generations; the caches' begin anew with each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The current revision.
    pub revision: String,
    /// The revision that a rollback would go to.
    pub previous: Option<String>,
    /// The current generation: 1 is the first, each activation makes the next.
    pub generation: u64,
    /// Bundles that went live, the first one included.
    pub activations: u64,
    /// Times a rollback went back.
    pub rollbacks: u64,
    /// Calls that ended their instance.
    pub traps: u64,
    /// Those of `traps` that had taken too long.
    pub deadlines: u64,
    /// Instances of the current generation.
    pub shards: usize,
    /// Linear memory of the current instances, in bytes.
    pub memory: u64,
    /// The decision caches of the current instances together.
    pub cache: CacheStatistics,
}

impl From<policy::Problem> for Problem {
    fn from(problem: policy::Problem) -> Self {
        Self {
            code: problem.code,
            message: problem.message,
            file: problem.file,
            row: problem.row,
            column: problem.column,
            cure: problem.cure,
        }
    }
}

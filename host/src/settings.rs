//! What bounds a host: every limit and its default, in one place.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

/// How a [`PolicyHost`](crate::PolicyHost) is set up. The Python package has the same names and defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Entry points that every bundle must have, such as `mcp/gateway/result`. A bundle without one of
    /// them is refused, and each is evaluated once before a bundle goes live.
    pub entrypoints: Vec<String>,
    /// Instances that decide side by side. Each owns a share of the questions, so their caches never
    /// overlap, and holds its own copy of the bundle. Default: one a core, 8 at most.
    pub shards: NonZeroUsize,
    /// How long a decision may take, waiting for its shard included. A crossing of a batch, 128 inputs at
    /// most, may take four times that. Default: 50 ms.
    pub deadline: Duration,
    /// How long one instance may take to activate a bundle. Default: 30 s.
    pub activation_deadline: Duration,
    /// Most linear memory of an instance, in bytes. Default: 256 MiB.
    pub memory: usize,
    /// Largest bundle as it is handed over, in bytes. Default: 32 MiB.
    pub bundle: usize,
    /// Largest bundle once unpacked, in bytes. Unpacking needs about three times as much memory.
    /// Default: 64 MiB.
    pub unpacked: u64,
    /// Largest input, in bytes of JSON. Default: 1 MiB.
    pub input: u32,
    /// Deepest nesting of an input or of a bundle's data, in levels. Default: 128.
    pub depth: u32,
    /// Most decisions that each shard caches; 0 caches nothing. Default: 10,000.
    pub cache_entries: u32,
    /// Most bytes that each shard caches, questions and answers together; 0 caches nothing.
    /// Default: 64 MiB.
    pub cache_bytes: u64,
    /// How long a cached decision may be served; zero caches nothing. Default: 60 s.
    pub cache_ttl: Duration,
    /// Accept signed bundles without checking their signature, which this version cannot. Default: no.
    pub unverified: bool,
    /// Whether an error of a builtin function fails the decision. Without it the call is undefined instead, as
    /// OPA has it by default; conflicts of rules fail a decision either way. Default: yes.
    pub strict_builtin_errors: bool,
    /// Folder for the compiled component. Default: `sark-policy` in the user's cache folder; `None`
    /// compiles at every start, which takes seconds.
    ///
    /// The folder must belong to this user alone: what is in it runs as native code.
    pub aot_folder: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            entrypoints: Vec::new(),
            shards: cores.min(NonZeroUsize::MIN.saturating_add(7)),
            deadline: Duration::from_millis(50),
            activation_deadline: Duration::from_secs(30),
            memory: 256 << 20,
            bundle: 32 << 20,
            unpacked: 64 << 20,
            input: 1 << 20,
            depth: 128,
            cache_entries: 10_000,
            cache_bytes: 64 << 20,
            cache_ttl: Duration::from_secs(60),
            unverified: false,
            strict_builtin_errors: true,
            aot_folder: crate::aot::user_folder(),
        }
    }
}

/// How a [`Cache`](crate::Cache) is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// Most entries of all shards together. Default: 10,000.
    pub entries: NonZeroU32,
    /// Most bytes of all shards together, keys and values. Default: 64 MiB.
    pub bytes: NonZeroU64,
    /// Instances that share the keys. Default: 1, so that the order of eviction is exact over all keys.
    pub shards: NonZeroUsize,
    /// Time to live of an entry that is set without one. Default: 300 s.
    pub ttl: Duration,
    /// How long a call may take, waiting included. Default: 50 ms.
    pub deadline: Duration,
    /// Folder for the compiled component, as in [`Settings`].
    pub aot_folder: Option<PathBuf>,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            entries: NonZeroU32::MIN.saturating_add(9_999),
            bytes: NonZeroU64::MIN.saturating_add((64 << 20) - 1),
            shards: NonZeroUsize::MIN,
            ttl: Duration::from_secs(300),
            deadline: Duration::from_millis(50),
            aot_folder: crate::aot::user_folder(),
        }
    }
}

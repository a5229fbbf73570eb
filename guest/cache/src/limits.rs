use std::num::{NonZeroU64, NonZeroUsize};

/// What bounds a [`Cache`](crate::Cache). Both hold after every call.
///
/// The limit in bytes counts what [`Weigh`](crate::Weigh) counts. What the cache keeps beside keys
/// and values (about 160 bytes an entry) is bounded by the limit in entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most entries.
    pub entries: NonZeroUsize,
    /// Most bytes, keys and values together.
    pub bytes: NonZeroU64,
}

/// Running figures of a [`Cache`](crate::Cache) since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Look-ups that found a live entry.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Entries dropped to make room, those among them that had expired unnoticed included.
    pub evictions: u64,
    /// Entries dropped because their time was over.
    pub expirations: u64,
    /// Entries held now, those that expired but were not dropped yet included.
    pub entries: usize,
    /// Bytes held now, keys and values together, as [`Weigh`](crate::Weigh) counts them.
    pub bytes: u64,
}

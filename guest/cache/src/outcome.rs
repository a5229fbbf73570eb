/// What became of a [`Cache::set`](crate::Cache::set).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The key is new, or its earlier entry had expired.
    Stored,
    /// The key was there; its value and time to live are the new ones.
    Replaced,
    /// The time to live was 0: nothing is stored, and an entry of that key is gone.
    Expired,
    /// Key and value alone exceed the limit in bytes: nothing is stored, and an entry of that key is
    /// gone. A time to live of 0 is reported first.
    Oversized,
}

//! How big a bundle may be.

/// Limits on one bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes the unpacked archive may have: its files, and the headers and padding around them.
    ///
    /// Every entry costs at least its header of 512 bytes, so this bounds the number of entries too.
    /// YAML aliases may add up to as much again, over all files, once they are written out.
    pub unpacked: u64,
    /// Deepest nesting of data, in levels. The folders a data file lies in count as levels.
    pub depth: u32,
}

//! Which parts of a reference are known before the rules it means are evaluated.

/// Places behind a set's path, the first 64 of them. A part further on counts as unknown: its rules are
/// evaluated whole, and what they make is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Mask(u64);

impl Mask {
    /// No part.
    pub const NONE: Self = Self(0);

    /// With this part too.
    #[must_use]
    pub const fn with(self, place: usize) -> Self {
        if place < 64 {
            Self(self.0 | 1 << place)
        } else {
            self
        }
    }

    /// Whether this part is known.
    #[must_use]
    pub const fn has(self, place: usize) -> bool {
        place < 64 && self.0 & (1 << place) != 0
    }

    /// The first so many parts alone.
    #[must_use]
    pub const fn first(self, places: usize) -> Self {
        if places < 64 {
            Self(self.0 & ((1 << places) - 1))
        } else {
            self
        }
    }
}

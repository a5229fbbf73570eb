use std::rc::Rc;
use std::sync::Arc;

/// How many bytes a key or a value counts for against [`Limits::bytes`](crate::Limits::bytes).
///
/// The weight is the length of the content and nothing else: a text counts its UTF-8 bytes, a number
/// its width, a pair both its halves, a pointer what it points at (even if others point there too).
/// Spare capacity, the pointers themselves and the cache's own tables are not counted.
///
/// Equal keys must weigh the same, and nothing may change its weight while it is in the cache.
pub trait Weigh {
    /// The weight in bytes.
    fn weight(&self) -> u64;
}

impl Weigh for [u8] {
    fn weight(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }
}

impl Weigh for str {
    fn weight(&self) -> u64 {
        self.as_bytes().weight()
    }
}

impl Weigh for String {
    fn weight(&self) -> u64 {
        self.as_bytes().weight()
    }
}

impl Weigh for Vec<u8> {
    fn weight(&self) -> u64 {
        self.as_slice().weight()
    }
}

impl Weigh for u32 {
    fn weight(&self) -> u64 {
        4
    }
}

impl Weigh for u64 {
    fn weight(&self) -> u64 {
        8
    }
}

impl<A: Weigh, B: Weigh> Weigh for (A, B) {
    fn weight(&self) -> u64 {
        self.0.weight().saturating_add(self.1.weight())
    }
}

impl<T: Weigh + ?Sized> Weigh for &T {
    fn weight(&self) -> u64 {
        (**self).weight()
    }
}

impl<T: Weigh + ?Sized> Weigh for Box<T> {
    fn weight(&self) -> u64 {
        (**self).weight()
    }
}

impl<T: Weigh + ?Sized> Weigh for Rc<T> {
    fn weight(&self) -> u64 {
        (**self).weight()
    }
}

impl<T: Weigh + ?Sized> Weigh for Arc<T> {
    fn weight(&self) -> u64 {
        (**self).weight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_weighs_its_utf8_bytes() {
        assert_eq!(3, "añ".weight());
        assert_eq!(3, "añ".to_owned().weight());
        assert_eq!(3, Box::<str>::from("añ").weight());
        assert_eq!(3, Rc::<str>::from("añ").weight());
        assert_eq!(3, Arc::<str>::from("añ").weight());
        assert_eq!(3, "añ".to_owned().into_bytes().weight());
    }

    #[test]
    fn an_empty_text_weighs_nothing() {
        assert_eq!(0, "".weight());
    }

    #[test]
    fn spare_capacity_weighs_nothing() {
        assert_eq!(0, String::with_capacity(100).weight());
    }

    #[test]
    fn a_pair_weighs_both_its_halves() {
        assert_eq!(4 + 2, (1_u32, "ab").weight());
        assert_eq!(8 + 2, (1_u64, "ab").weight());
    }

    #[test]
    fn a_pair_too_heavy_to_count_weighs_the_most() {
        struct Heaviest;
        impl Weigh for Heaviest {
            fn weight(&self) -> u64 {
                u64::MAX
            }
        }
        assert_eq!(u64::MAX, (Heaviest, 1_u32).weight());
    }
}

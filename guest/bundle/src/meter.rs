//! A reader that counts, and stops where the limit is.

use std::io::{self, Read};

/// Passes bytes on until the limit is exceeded.
pub(crate) struct Meter<R> {
    source: R,
    limit: u64,
    read: u64,
    zeros: u64,
}

impl<R: Read> Meter<R> {
    pub(crate) const fn new(source: R, limit: u64) -> Self {
        Self {
            source,
            limit,
            read: 0,
            zeros: 0,
        }
    }

    /// Bytes read so far.
    pub(crate) const fn read_so_far(&self) -> u64 {
        self.read
    }

    /// How many of the last bytes read are zero.
    pub(crate) const fn zeros_last(&self) -> u64 {
        self.zeros
    }

    pub(crate) const fn exceeded(&self) -> bool {
        self.read > self.limit
    }
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(into)?;
        let fresh = into.get(..count).unwrap_or_default();
        let zeros = fresh.iter().rev().take_while(|byte| **byte == 0).count();
        self.zeros = if zeros == count { self.zeros } else { 0 } + zeros as u64;
        self.read += count as u64;
        if self.exceeded() {
            return Err(io::Error::other("the limit is exceeded"));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_obeyed() {
        let mut meter = Meter::new([1, 0, 0].as_slice(), 3);
        assert_eq!(meter.read_to_end(&mut Vec::new()).unwrap(), 3);
        assert_eq!((meter.read_so_far(), meter.zeros_last()), (3, 2));
        assert!(!meter.exceeded());
    }

    #[test]
    fn limit_violated() {
        let mut meter = Meter::new(io::repeat(1), 3);
        assert!(meter.read_to_end(&mut Vec::new()).is_err());
        assert!(meter.exceeded());
    }

    #[test]
    fn zeros_are_counted_across_reads() {
        let mut meter = Meter::new([0, 1, 0, 0, 0].as_slice(), 9);
        let mut two = [0; 2];
        while meter.read(&mut two).unwrap() > 0 {}
        assert_eq!(meter.zeros_last(), 3);
    }
}

//! Archives of bundles, sound and hostile.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sark_policy::Bundle;

/// A tar archive under construction. Unlike [`Bundle::of_files`] it takes any path and any bytes.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
}

impl Archive {
    /// Without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one file more, under exactly this name.
    ///
    /// # Panics
    ///
    /// The name is longer than 100 bytes.
    #[must_use]
    pub fn file(mut self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        let contents = contents.as_ref();
        let mut header = tar::Header::new_ustar();
        // `set_path` would refuse what an attacker writes.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(contents);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// The archive's bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.resize(bytes.len() + 1024, 0);
        bytes
    }

    /// The archive's bytes, gzipped.
    ///
    /// # Panics
    ///
    /// Never: memory can be written to.
    #[must_use]
    pub fn gzip(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// As a bundle.
    #[must_use]
    pub fn bundle(&self) -> Bundle {
        Bundle::of_archive(self.bytes())
    }
}

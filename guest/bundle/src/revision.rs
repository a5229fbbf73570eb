//! The name of a bundle whose manifest gives none.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::archive::Files;

/// The SHA-256 of the files that count, in lower-case hex: their names and contents, in the names'
/// order. How and when they were packed plays no part.
pub(crate) fn digest(files: &Files) -> String {
    let mut hash = Sha256::new();
    for (path, file) in files.iter().filter(|(_, file)| file.kind.counts()) {
        for part in [path.as_bytes(), &file.bytes] {
            // The length in front keeps `a` + `bc` apart from `ab` + `c`.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    let mut hex = String::new();
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

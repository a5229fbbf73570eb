//! Where the test data lie.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of all tests.
fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The corpus' files, sorted.
///
/// # Panics
///
/// The corpus cannot be read.
#[must_use]
pub fn corpus_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(tests().join("corpus")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "yaml"));
    files.sort();
    files
}

/// A file or folder of the example bundle.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    tests().join("examples/mcp-gateway").join(name)
}

//! Bundles as a whole, packed in memory.

mod archives;
mod contents;
mod damage;
mod limits;
mod manifests;
mod yaml;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sark_policy_rego::{Code, Problem, write_json};
use tar::{EntryType, Header};

use crate::{Bundle, Limits};

const LIMITS: Limits = Limits {
    unpacked: 1 << 20,
    depth: 32,
};

/// A header as GNU tar writes it, with the name as it is.
fn header(name: &[u8], kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header
}

/// One entry: header, content, padding.
fn entry(name: &[u8], kind: EntryType, content: &[u8]) -> Vec<u8> {
    let mut entry = header(name, kind, content.len() as u64).as_bytes().to_vec();
    entry.extend_from_slice(content);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

fn file(name: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    entry(name.as_bytes(), EntryType::Regular, content.as_ref())
}

/// Entries and the end of a tar archive.
fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut archive = entries.concat();
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn pack(files: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<_> = files
        .iter()
        .map(|(name, content)| file(name, content))
        .collect();
    gzip(&tar(&entries))
}

fn unpack(files: &[(&str, &str)]) -> Result<Bundle, Vec<Problem>> {
    Bundle::unpack(&pack(files), &LIMITS)
}

/// The merged data, as JSON.
fn data(bundle: &Bundle) -> String {
    let mut json = String::new();
    write_json(bundle.data(), &mut json);
    json
}

/// The one problem of this archive.
fn problem_of(archive: &[u8]) -> Problem {
    let mut problems = Bundle::unpack(archive, &LIMITS).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    check(&problems);
    problems.remove(0)
}

/// The one problem of these files.
fn problem(files: &[(&str, &str)]) -> Problem {
    problem_of(&pack(files))
}

fn check(problems: &[Problem]) {
    assert!(!problems.is_empty());
    for Problem { message, cure, .. } in problems {
        assert!(!message.is_empty() && !cure.is_empty());
        assert!(!message.contains('\n') && !cure.contains('\n'), "{message}");
    }
}

fn place(problem: &Problem) -> (Code, &str, u32, u32) {
    let place = &problem.place;
    (problem.code, place.file.as_str(), place.row, place.column)
}

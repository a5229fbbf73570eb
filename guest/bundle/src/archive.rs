//! An archive's files: tar, gzipped or not.
//!
//! # What bounds an archive
//!
//! Every byte that comes out of gzip passes one [`Meter`], so neither a bomb nor a header that claims
//! 8 EiB gets past the limit. A gzip archive is believed only after its checksum matched, and any
//! archive only if it ends as tar does, by two blocks of zeros or more and nothing after them: one that
//! was cut anywhere is refused.

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use sark_policy_rego::{Code, Problem};
use tar::{Archive, Entry, EntryType};

use crate::kind::Kind;
use crate::limits::Limits;
use crate::meter::Meter;
use crate::path::normalise;
use crate::quote::{one_line, quote};

const BLOCK: u64 = 512;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const REPACK: &str = "pack the bundle again, by `opa build` or `tar -czf`, and send all of it";

/// One file of an archive.
pub(crate) struct File {
    pub kind: Kind,
    /// Empty unless the kind counts.
    pub bytes: Vec<u8>,
}

/// An archive's files by their normalised names.
pub(crate) type Files = BTreeMap<String, File>;

/// Unpacks an archive. What is wrong with single entries goes to `problems`.
///
/// # Errors
///
/// What keeps the whole archive from being read.
pub(crate) fn unpack(
    archive: &[u8],
    limits: &Limits,
    problems: &mut Vec<Problem>,
) -> Result<Files, Problem> {
    if archive.starts_with(&GZIP) {
        read(MultiGzDecoder::new(archive), limits.unpacked, problems)
    } else {
        read(archive, limits.unpacked, problems)
    }
}

fn read(source: impl Read, limit: u64, problems: &mut Vec<Problem>) -> Result<Files, Problem> {
    let mut meter = Meter::new(source, limit);
    let read = entries(&mut meter, problems).and_then(|(files, end)| {
        finish(&mut meter, end)?;
        Ok(files)
    });
    read.map_err(|error| {
        if meter.exceeded() {
            let message = format!("the bundle is bigger than {limit} bytes once unpacked");
            let cure = "make the bundle smaller, or raise the limit `unpacked`";
            Problem::new(Code::BundleTooLarge, message, cure)
        } else {
            let message = format!(
                "the archive cannot be read: {}",
                one_line(&error.to_string())
            );
            Problem::new(Code::BundleArchive, message, REPACK)
        }
    })
}

/// All files, and where the last entry ends.
fn entries(source: &mut impl Read, problems: &mut Vec<Problem>) -> io::Result<(Files, u64)> {
    let mut files = Files::new();
    let mut end = 0;
    for entry in Archive::new(source).entries()? {
        let mut entry = entry?;
        let size = entry.size();
        if let Err(problem) = add(&mut files, &mut entry)? {
            problems.push(problem);
        }
        // INVARIANT: the tar reader has checked that this does not overflow, but for old sparse files,
        // which `add` does not let pass.
        end = entry.raw_file_position() + size.next_multiple_of(BLOCK);
    }
    Ok((files, end))
}

fn add(files: &mut Files, entry: &mut Entry<'_, impl Read>) -> io::Result<Result<(), Problem>> {
    let name = entry.path_bytes().into_owned();
    match entry.header().entry_type() {
        EntryType::Directory | EntryType::XGlobalHeader => return Ok(Ok(())),
        // As old archives write folders.
        EntryType::Regular if name.ends_with(b"/") && entry.size() == 0 => return Ok(Ok(())),
        EntryType::Regular if !is_sparse(entry)? => {}
        EntryType::GNUSparse => {
            let message = format!("it holds a sparse file, {}", shown(&name));
            return Err(io::Error::other(message));
        }
        other => return Ok(Err(not_a_file(&name, other))),
    }
    let path = match normalise(&name) {
        Ok(path) => path,
        Err(fault) => {
            let message = format!("the name {} {fault}", shown(&name));
            let cure = "name files by a relative path with `/` between its parts";
            return Ok(Err(Problem::new(Code::BundleArchive, message, cure)));
        }
    };
    if files.contains_key(&path) {
        let message = format!("the archive holds {} twice", quote(&path));
        let cure = "pack each file once";
        return Ok(Err(
            Problem::new(Code::BundleArchive, message, cure).in_file(path)
        ));
    }
    let kind = Kind::of(&path);
    let mut bytes = Vec::new();
    if kind.counts() {
        let size = entry.size();
        if entry.read_to_end(&mut bytes)? as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    files.insert(path, File { kind, bytes });
    Ok(Ok(()))
}

/// Whether the entry's bytes are a map of a file with holes, rather than the file.
fn is_sparse(entry: &mut Entry<'_, impl Read>) -> io::Result<bool> {
    for record in entry.pax_extensions()?.into_iter().flatten() {
        if record?.key_bytes().starts_with(b"GNU.sparse.") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn not_a_file(name: &[u8], entry_type: EntryType) -> Problem {
    let what = match entry_type {
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::Regular => "a sparse file",
        _ => "of an unknown type",
    };
    let message = format!("{} is {what}, not a file or folder", shown(name));
    let cure =
        "pack plain files only; `tar --dereference --hard-dereference` packs what links lead to";
    Problem::new(Code::BundleArchive, message, cure)
}

fn shown(name: &[u8]) -> String {
    quote(&String::from_utf8_lossy(name))
}

/// Reads what follows the last entry, which `end` bytes precede.
fn finish(meter: &mut Meter<impl Read>, end: u64) -> io::Result<()> {
    io::copy(meter, &mut io::sink())?;
    let rest = meter.read_so_far().saturating_sub(end);
    if rest < 2 * BLOCK {
        return Err(io::Error::other("it was cut off before its end"));
    }
    if meter.zeros_last() < rest {
        return Err(io::Error::other("something follows its end"));
    }
    Ok(())
}

//! A bundle as somebody sent it: bytes, not yet looked at. The sandbox unpacks and checks them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// An OPA bundle: a tar archive, gzipped or not.
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    archive: Vec<u8>,
}

impl Bundle {
    /// A bundle of an archive's bytes.
    #[must_use]
    pub fn of_archive(archive: impl Into<Vec<u8>>) -> Self {
        Self {
            archive: archive.into(),
        }
    }

    /// A bundle of these files, path and contents, as in a folder.
    ///
    /// # Errors
    ///
    /// A path does not fit into an archive.
    pub fn of_files<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Self, Error> {
        let mut packer = Packer::new();
        for (path, contents) in files {
            packer
                .add(Path::new(path), contents.as_bytes())
                .map_err(|source| Error::BundleUnreadable {
                    path: path.into(),
                    source,
                })?;
        }
        packer.finish().map_err(|source| Error::BundleUnreadable {
            path: PathBuf::new(),
            source,
        })
    }

    /// A bundle of an archive file, or of a folder.
    ///
    /// Of a folder these files count, in any depth: `*.rego`, `data.json`, `data.yaml`, `data.yml`,
    /// `.manifest` and `.signatures.json`. Other hidden files and folders are left out, and so is a
    /// symbolic link that leads out of the folder; one that stays inside, as in a mounted Kubernetes
    /// `ConfigMap`, is followed.
    ///
    /// # Errors
    ///
    /// The file or folder cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let read = if path.is_dir() {
            pack(path)
        } else {
            fs::read(path).map(Self::of_archive)
        };
        read.map_err(|source| Error::BundleUnreadable {
            path: path.into(),
            source,
        })
    }

    /// The archive's bytes.
    #[must_use]
    pub fn archive(&self) -> &[u8] {
        &self.archive
    }
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bundle({} bytes)", self.archive.len())
    }
}

impl TryFrom<&Path> for Bundle {
    type Error = Error;

    fn try_from(path: &Path) -> Result<Self, Error> {
        Self::read(path)
    }
}

impl TryFrom<&PathBuf> for Bundle {
    type Error = Error;

    fn try_from(path: &PathBuf) -> Result<Self, Error> {
        Self::read(path)
    }
}

impl TryFrom<&str> for Bundle {
    type Error = Error;

    fn try_from(path: &str) -> Result<Self, Error> {
        Self::read(path)
    }
}

/// Packs a folder, its files sorted, so that the same folder gives the same bytes.
fn pack(root: &Path) -> io::Result<Bundle> {
    let inside = root.canonicalize()?;
    let mut packer = Packer::new();
    let mut folders = vec![(inside.clone(), PathBuf::new())];
    let mut files = Vec::new();
    while let Some((folder, name)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (file, name) = (entry.path(), name.join(entry.file_name()));
            let Ok(real) = file.canonicalize() else {
                continue; // a link that leads nowhere
            };
            if !real.starts_with(&inside) {
                continue;
            }
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if real.is_dir() && !hidden && !entry.file_type()?.is_symlink() {
                folders.push((file, name));
            } else if real.is_file() && counts(&name) {
                files.push((name, real));
            }
        }
    }
    files.sort();
    for (name, real) in files {
        packer.add(&name, &fs::read(real)?)?;
    }
    packer.finish()
}

/// Whether a file of a folder belongs to its bundle.
fn counts(name: &Path) -> bool {
    let file = name.file_name().unwrap_or_default();
    let known = [
        "data.json",
        "data.yaml",
        "data.yml",
        ".manifest",
        ".signatures.json",
    ];
    known.iter().any(|known| file == *known)
        || (name.extension().is_some_and(|kind| kind == "rego")
            && !file.as_encoded_bytes().starts_with(b"."))
}

struct Packer(tar::Builder<Vec<u8>>);

impl Packer {
    fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn add(&mut self, path: &Path, contents: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        self.0.append_data(&mut header, path, contents)
    }

    fn finish(self) -> io::Result<Bundle> {
        Ok(Bundle::of_archive(self.0.into_inner()?))
    }
}

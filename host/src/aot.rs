//! The compiled component on disk.
//!
//! Compiling takes seconds, loading what was compiled half a millisecond. What is loaded runs as native
//! code, so the folder and its files are made for their owner alone, and are not used otherwise.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs::{self, DirBuilder};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// `sark-policy` in the user's cache folder, if there is one.
pub(crate) fn user_folder() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    let folder = cache.or_else(|| env::home_dir().map(|home| home.join(".cache")))?;
    Some(folder.join("sark-policy"))
}

/// Loads the component from `folder`, or compiles it and leaves it there for the next start.
pub(crate) fn load(
    engine: &Engine,
    wasm: &[u8],
    folder: Option<&Path>,
) -> wasmtime::Result<Component> {
    let Some(folder) = folder else {
        return Component::new(engine, wasm);
    };
    let file = folder.join(file_name(engine, wasm));
    if is_private(folder) && is_private(&file) {
        // SAFETY: the file is one that `store` wrote: only its owner, who runs this process, can have
        // changed it, and its name holds the engine's version and flags and the component's digest. A
        // file cut short by a full disk was never given this name.
        if let Ok(component) = unsafe { Component::deserialize_file(engine, &file) } {
            return Ok(component);
        }
    }
    let component = Component::new(engine, wasm)?;
    // Without the file the next start compiles again, and is right all the same.
    let _ = component
        .serialize()
        .map(|compiled| store(folder, &file, &compiled));
    Ok(component)
}

/// A name that differs wherever engine version, flags, machine or component do.
fn file_name(engine: &Engine, wasm: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest = Sha256::digest(wasm);
    let (start, _) = digest.split_at(16);
    let digest = start
        .iter()
        .fold(0_u128, |digits, byte| digits << 8 | u128::from(*byte));
    format!("component-{digest:032x}-{:016x}.cwasm", hasher.finish())
}

fn store(folder: &Path, file: &Path, compiled: &[u8]) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if !is_private(folder) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    // A temporary file is readable by its owner alone, and takes the name only when it is complete.
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(compiled)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Whether a file or folder belongs to this user and nobody else can write to it.
#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return false;
    };
    let owner = user();
    !metadata.is_symlink() && Some(metadata.uid()) == owner && metadata.mode() & 0o022 == 0
}

/// The user that files of this process belong to.
#[cfg(unix)]
fn user() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let file = tempfile::tempfile().ok()?;
    Some(file.metadata().ok()?.uid())
}

#[cfg(not(unix))]
fn is_private(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_symlink())
}

//! The compiled component on disk. What is loaded from there runs as native code, so nothing that
//! somebody else could have written may be.
//!
//! A process has one sandbox, so each start is a process of its own: this binary again, for one test.

#![cfg(unix)]

use std::env;
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use sark_policy::Settings;
use sark_policy_tests::{answer, bundle, open, settings};
use tempfile::TempDir;

const FOLDER: &str = "SARK_POLICY_TESTS_AOT_FOLDER";

#[test]
#[ignore = "what the other tests start"]
fn start() {
    let aot_folder = env::var_os(FOLDER).map(PathBuf::from);
    let host = open(
        &bundle("r1", "package p\nx := 1"),
        Settings {
            aot_folder,
            ..settings()
        },
    );
    assert_eq!(answer(&host, "p/x", "{}"), r#"{"result":1}"#);
}

/// Starts a host in a process of its own, which must decide whatever is in the folder.
fn start_with(folder: &Path) {
    let started = Command::new(env::current_exe().unwrap())
        .args(["--exact", "start", "--ignored"])
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&started.stdout);
    assert!(
        started.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

/// The file that a first start left. Compiling takes seconds, so there is only one such start.
fn first_start() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-start");
    let _ = fs::remove_dir_all(&folder);
    let aot = folder.join("deep/sark-policy");
    start_with(&aot);
    only_file(&aot)
}

static FIRST: LazyLock<PathBuf> = LazyLock::new(first_start);

/// A folder with a copy of that file.
fn prepared() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let aot = folder.path().join("aot");
    DirBuilder::new().mode(0o700).create(&aot).unwrap();
    let file = aot.join(FIRST.file_name().unwrap());
    fs::copy(&*FIRST, &file).unwrap();
    assert_eq!(mode(&file), 0o600);
    (folder, file)
}

fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [file] = &files[..] else {
        panic!("{files:?}")
    };
    file.clone()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

/// What shows whether a file is the same one, not written to in between.
fn identity(metadata: &Metadata) -> (u64, i64, i64, u64) {
    (
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.size(),
    )
}

/// After a start, the file is a sound one of this user alone.
fn replaced(file: &Path, size: u64) {
    let metadata = fs::symlink_metadata(file).unwrap();
    assert!(metadata.is_file());
    assert_eq!((mode(file), metadata.len()), (0o600, size));
}

#[test]
fn the_first_start_leaves_a_file_of_its_owner_and_later_ones_use_it() {
    let folder = FIRST.parent().unwrap();
    assert_eq!((mode(&FIRST), mode(folder)), (0o600, 0o700));
    let before = fs::metadata(&*FIRST).unwrap();
    assert!(before.len() > 1 << 20);
    start_with(folder);
    assert_eq!(
        identity(&fs::metadata(only_file(folder)).unwrap()),
        identity(&before)
    );
}

#[test]
fn a_corrupt_file_is_replaced() {
    let (_folder, file) = prepared();
    let sound = fs::read(&file).unwrap();
    let another_engine = sound.iter().map(|byte| byte.wrapping_add(1)).collect();
    for corrupt in [
        b"no code".to_vec(),
        Vec::new(),
        sound[..sound.len() / 2].to_vec(),
        another_engine,
    ] {
        fs::write(&file, corrupt).unwrap();
        start_with(file.parent().unwrap());
        replaced(&file, sound.len() as u64);
    }
}

#[test]
fn a_file_that_others_can_write_to_is_replaced() {
    let (_folder, file) = prepared();
    let size = fs::metadata(&file).unwrap().len();
    for open_to_others in [0o660, 0o606] {
        fs::set_permissions(&file, Permissions::from_mode(open_to_others)).unwrap();
        let before = fs::metadata(&file).unwrap();
        start_with(file.parent().unwrap());
        replaced(&file, size);
        assert_ne!(fs::metadata(&file).unwrap().ino(), before.ino());
    }
}

#[test]
fn a_symbolic_link_is_replaced_and_what_it_points_at_left_alone() {
    let (folder, file) = prepared();
    let size = fs::metadata(&file).unwrap().len();
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    let before = identity(&fs::metadata(&elsewhere).unwrap());
    symlink(&elsewhere, &file).unwrap();
    start_with(file.parent().unwrap());
    replaced(&file, size);
    assert_eq!(identity(&fs::metadata(&elsewhere).unwrap()), before);
}

#[test]
fn a_folder_that_others_can_write_to_is_not_used() {
    let folder = TempDir::new().unwrap();
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o777)).unwrap();
    // Sound as it is, it could be exchanged there at any time.
    let (_prepared, file) = prepared();
    let planted = shared.join(file.file_name().unwrap());
    fs::copy(&file, &planted).unwrap();
    let before = identity(&fs::metadata(&planted).unwrap());
    start_with(&shared);
    assert_eq!(identity(&fs::metadata(only_file(&shared)).unwrap()), before);
}

#[test]
fn a_folder_that_is_a_symbolic_link_is_not_used() {
    let folder = TempDir::new().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    DirBuilder::new().mode(0o700).create(&real).unwrap();
    symlink(&real, &link).unwrap();
    start_with(&link);
    assert_eq!(fs::read_dir(&real).unwrap().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_made_does_not_stop_the_start() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    start_with(&file.join("below"));
}

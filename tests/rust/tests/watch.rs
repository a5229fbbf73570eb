//! A bundle on disk that goes live by itself.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use sark_policy::{Error, PolicyHost, Watch, WatchEvent};
use sark_policy_tests::{Archive, PATIENCE, code, settings};
use tempfile::TempDir;

/// A module whose revision is its answer.
fn module(revision: &str) -> String {
    format!("package p\nrevision := \"{revision}\"")
}

fn manifest(revision: &str) -> String {
    format!(r#"{{"revision":"{revision}"}}"#)
}

/// A gzipped archive, large enough to be written in pieces.
fn archive(revision: &str) -> Vec<u8> {
    let filler: Vec<String> = (0..5_000_u32)
        .map(|n| {
            format!(
                "# {}
",
                n.wrapping_mul(2_654_435_761)
            )
        })
        .collect();
    let filler = filler.concat();
    Archive::new()
        .file(".manifest", manifest(revision))
        .file("policy.rego", format!("{}\n{filler}", module(revision)))
        .gzip()
}

fn write_folder(folder: &Path, revision: &str) {
    replace(&folder.join("policy.rego"), &module(revision));
    replace(&folder.join(".manifest"), &manifest(revision));
}

/// Writes a file at one stroke.
fn replace(file: &Path, contents: &str) {
    let next = file.with_extension("next");
    fs::write(&next, contents).unwrap();
    fs::rename(&next, file).unwrap();
}

/// A host with the bundle at a path, and what its watch tells. The watch ends with it.
struct Watched {
    host: PolicyHost,
    events: Receiver<WatchEvent>,
    watch: Watch,
}

impl Watched {
    fn at(path: &Path) -> Self {
        let host = PolicyHost::open(path.to_str().unwrap(), settings()).unwrap();
        let (told, events) = mpsc::channel();
        let watch = host.watch(path, move |event| {
            let _ = told.send(event);
        });
        Self {
            host,
            events,
            watch: watch.unwrap(),
        }
    }

    /// Waits until this revision is live. A writer that the machine stalls half-way may be refused
    /// before, or, of two files of a folder, the first may be seen alone.
    fn wait_for(&self, revision: &str) {
        loop {
            if let WatchEvent::Activated { revision: live } = self.next()
                && live == revision
                && self.revision() == revision
            {
                return;
            }
        }
    }

    fn next(&self) -> WatchEvent {
        self.events.recv_timeout(PATIENCE).unwrap()
    }

    fn wait_for_refusal(&self) -> Error {
        match self.next() {
            WatchEvent::Refused { error } => error,
            WatchEvent::Activated { revision } => panic!("{revision} went live"),
        }
    }

    fn revision(&self) -> String {
        let decision = self.host.decide_json("p/revision", "{}").unwrap();
        decision.read().unwrap().unwrap()
    }
}

#[test]
fn a_changed_file_goes_live() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("bundle.tar.gz");
    fs::write(&file, archive("r1")).unwrap();
    let watched = Watched::at(&file);
    for revision in ["r2", "r3"] {
        fs::write(&file, archive(revision)).unwrap();
        watched.wait_for(revision);
    }
}

#[test]
fn a_changed_folder_goes_live() {
    let folder = TempDir::new().unwrap();
    write_folder(folder.path(), "r1");
    let watched = Watched::at(folder.path());
    write_folder(folder.path(), "r2");
    watched.wait_for("r2");
    // A new folder in it counts from the start.
    let inside = folder.path().join("deeper/still");
    fs::create_dir_all(&inside).unwrap();
    fs::write(inside.join("data.json"), "{\"x\":1}").unwrap();
    write_folder(folder.path(), "r3");
    watched.wait_for("r3");
    assert_eq!(
        watched
            .host
            .decide_json("deeper/still/x", "{}")
            .unwrap()
            .result(),
        Some("1")
    );
}

#[test]
fn a_half_written_archive_is_not_activated_until_it_is_complete() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bundle.tar.gz");
    fs::write(&path, archive("r1")).unwrap();
    let watched = Watched::at(&path);
    let bytes = archive("r2");
    let mut file = File::create(&path).unwrap();
    for piece in bytes.chunks(bytes.len() / 20) {
        assert_eq!(watched.revision(), "r1");
        file.write_all(piece).unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    drop(file);
    watched.wait_for("r2");
    assert_eq!(watched.host.stats().unwrap().activations, 2);
}

#[test]
fn an_archive_that_stays_half_written_is_refused_and_completed_later() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bundle.tar.gz");
    fs::write(&path, archive("r1")).unwrap();
    let watched = Watched::at(&path);
    let bytes = archive("r2");
    let mut file = File::create(&path).unwrap();
    file.write_all(&bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(code(&watched.wait_for_refusal()), "bundle_archive_error");
    assert_eq!(watched.revision(), "r1");
    file.write_all(&bytes[bytes.len() / 2..]).unwrap();
    watched.wait_for("r2");
}

#[test]
fn a_broken_bundle_is_refused_and_the_current_goes_on() {
    let folder = TempDir::new().unwrap();
    write_folder(folder.path(), "r1");
    let watched = Watched::at(folder.path());
    fs::write(folder.path().join("policy.rego"), "package p\nrevision := ").unwrap();
    assert_eq!(code(&watched.wait_for_refusal()), "rego_parse_error");
    assert_eq!(watched.revision(), "r1");
    write_folder(folder.path(), "r2");
    watched.wait_for("r2");
}

#[test]
fn a_bundle_that_disappears_is_refused_and_the_current_goes_on() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("bundle.tar.gz");
    fs::write(&file, archive("r1")).unwrap();
    let watched = Watched::at(&file);
    fs::remove_file(&file).unwrap();
    assert!(matches!(
        watched.wait_for_refusal(),
        Error::BundleUnreadable { .. }
    ));
    assert_eq!(watched.revision(), "r1");
    fs::write(&file, archive("r2")).unwrap();
    watched.wait_for("r2");
}

#[test]
fn publishing_by_renaming_goes_live() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("bundle.tar.gz");
    fs::write(&file, archive("r1")).unwrap();
    let watched = Watched::at(&file);
    for revision in ["r2", "r3", "r4"] {
        let next = folder.path().join("next.tar.gz");
        fs::write(&next, archive(revision)).unwrap();
        fs::rename(&next, &file).unwrap();
        watched.wait_for(revision);
    }
}

#[test]
fn a_change_of_nothing_is_no_event() {
    let folder = TempDir::new().unwrap();
    write_folder(folder.path(), "r1");
    let watched = Watched::at(folder.path());
    for _ in 0..3 {
        write_folder(folder.path(), "r1");
        fs::write(folder.path().join("README.md"), "not part of a bundle").unwrap();
        thread::sleep(Duration::from_millis(50));
    }
    replace(&folder.path().join(".manifest"), &manifest("r2"));
    let first = watched.next();
    assert!(matches!(first, WatchEvent::Activated { revision } if revision == "r2"));
    assert_eq!(watched.host.stats().unwrap().activations, 2);
}

#[test]
fn a_watch_ends_when_it_is_dropped() {
    let folder = TempDir::new().unwrap();
    write_folder(folder.path(), "r1");
    let Watched {
        host,
        events,
        watch,
    } = Watched::at(folder.path());
    drop(watch);
    write_folder(folder.path(), "r2");
    // Its thread is gone, and with it the sender.
    events.recv().unwrap_err();
    assert_eq!(host.describe().unwrap().revision, "r1");
}

#[test]
fn what_does_not_exist_cannot_be_watched() {
    let folder = TempDir::new().unwrap();
    write_folder(folder.path(), "r1");
    let watched = Watched::at(folder.path());
    let failed = watched
        .host
        .watch(folder.path().join("no/such/bundle.tar.gz"), |_| {})
        .err();
    assert!(matches!(failed, Some(Error::WatchFailed { .. })));
}

/// Publishes as the kubelet does: `policy.rego -> ..data/policy.rego`, `..data -> ..N`, and one rename.
#[cfg(unix)]
fn publish_config_map(volume: &Path, revision: &str) {
    use std::os::unix::fs::symlink;
    let now = volume.join(format!("..{revision}"));
    fs::create_dir(&now).unwrap();
    write_folder(&now, revision);
    let (data, next) = (volume.join("..data"), volume.join("..data_tmp"));
    let before = fs::read_link(&data).ok();
    symlink(format!("..{revision}"), &next).unwrap();
    fs::rename(&next, &data).unwrap();
    for file in [".manifest", "policy.rego"] {
        if fs::symlink_metadata(volume.join(file)).is_err() {
            symlink(format!("..data/{file}"), volume.join(file)).unwrap();
        }
    }
    if let Some(before) = before {
        fs::remove_dir_all(volume.join(before)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_config_map_of_kubernetes_goes_live() {
    let volume = TempDir::new().unwrap();
    publish_config_map(volume.path(), "r1");
    let watched = Watched::at(volume.path());
    assert_eq!(watched.revision(), "r1");
    for revision in ["r2", "r3"] {
        publish_config_map(volume.path(), revision);
        watched.wait_for(revision);
    }
    assert_eq!(watched.host.describe().unwrap().modules, ["policy.rego"]);
}

/// One archive of a `ConfigMap` (`binaryData`), watched as a file.
#[cfg(unix)]
#[test]
fn an_archive_in_a_config_map_goes_live() {
    use std::os::unix::fs::symlink;
    let volume = TempDir::new().unwrap();
    let publish = |revision: &str| {
        let now = volume.path().join(format!("..{revision}"));
        fs::create_dir(&now).unwrap();
        fs::write(now.join("bundle.tar.gz"), archive(revision)).unwrap();
        symlink(format!("..{revision}"), volume.path().join("..data_tmp")).unwrap();
        fs::rename(
            volume.path().join("..data_tmp"),
            volume.path().join("..data"),
        )
        .unwrap();
    };
    publish("r1");
    let file = volume.path().join("bundle.tar.gz");
    symlink("..data/bundle.tar.gz", &file).unwrap();
    let watched = Watched::at(&file);
    publish("r2");
    watched.wait_for("r2");
}

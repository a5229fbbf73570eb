//! Watching a bundle on disk: what changes there goes live by itself.
//!
//! A bundle is activated once it has been the same for [`QUIET`], read twice. So a file that is still
//! being written is left alone; one that stays damaged is refused like any other bundle, and the
//! current generation goes on.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::bundle::Bundle;
use crate::error::Error;
use crate::host::PolicyHost;

/// How long a bundle must stay as it is before it counts as complete.
const QUIET: Duration = Duration::from_millis(200);

/// What came of a change.
#[derive(Debug)]
pub enum WatchEvent {
    /// This revision went live.
    Activated {
        /// The revision.
        revision: String,
    },
    /// What is on disk was refused; the current generation goes on.
    Refused {
        /// Why.
        error: Error,
    },
}

/// A watch under way. It ends when this is dropped.
pub struct Watch {
    _watcher: RecommendedWatcher,
    changes: Sender<Change>,
    worker: Option<thread::JoinHandle<()>>,
}

enum Change {
    Seen,
    End,
}

impl PolicyHost {
    /// Activates the bundle at `path`, an archive or a folder, whenever it changes. `told` hears of
    /// every change that was activated or refused.
    ///
    /// # Errors
    ///
    /// The path cannot be watched.
    pub fn watch(
        &self,
        path: impl AsRef<Path>,
        told: impl FnMut(WatchEvent) + Send + 'static,
    ) -> Result<Watch, Error> {
        let path = path.as_ref().to_owned();
        let named = path.clone();
        let failed = move |source| Error::WatchFailed {
            path: named.clone(),
            source,
        };
        let (changes, seen) = mpsc::channel();
        let notes = changes.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // Reading the bundle is an event too, and would wake the watch for ever.
                if event.is_ok_and(|event| !event.kind.is_access()) {
                    let _ = notes.send(Change::Seen);
                }
            })
            .map_err(&failed)?;
        // A file is watched through its folder: publishing by renaming replaces the file itself.
        let (place, mode) = if path.is_dir() {
            (path.as_path(), RecursiveMode::Recursive)
        } else {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            (
                folder.unwrap_or(Path::new(".")),
                RecursiveMode::NonRecursive,
            )
        };
        watcher.watch(place, mode).map_err(&failed)?;
        let mut worker = Worker {
            host: self.clone(),
            live: Bundle::read(&path).ok(),
            path,
            told,
        };
        let worker = thread::Builder::new()
            .name("sark-policy-watch".to_owned())
            .spawn(move || worker.run(&seen))
            .map_err(|source| failed(notify::Error::io(source)))?;
        Ok(Watch {
            _watcher: watcher,
            changes,
            worker: Some(worker),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.changes.send(Change::End);
        if let Some(worker) = self.worker.take() {
            // It ends after the activation under way, if any; a panic in `told` ended it before.
            let _ = worker.join();
        }
    }
}

struct Worker<F> {
    host: PolicyHost,
    path: PathBuf,
    /// What was read last; an event without a change of contents is none.
    live: Option<Bundle>,
    told: F,
}

impl<F: FnMut(WatchEvent)> Worker<F> {
    fn run(&mut self, seen: &Receiver<Change>) {
        while let Ok(Change::Seen) = seen.recv() {
            match settle(seen, &self.path) {
                Settled::Bundle(Ok(bundle)) if self.live.as_ref() != Some(&bundle) => {
                    self.activate(bundle);
                }
                Settled::Bundle(Ok(_)) => {}
                Settled::Bundle(Err(error)) => (self.told)(WatchEvent::Refused { error }),
                Settled::End => return,
            }
        }
    }

    fn activate(&mut self, bundle: Bundle) {
        let event = match self.host.activate(bundle.clone()) {
            Ok(description) => WatchEvent::Activated {
                revision: description.revision,
            },
            Err(error) => WatchEvent::Refused { error },
        };
        self.live = Some(bundle);
        (self.told)(event);
    }
}

enum Settled {
    Bundle(Result<Bundle, Error>),
    End,
}

/// Waits until nothing has changed for a while, and reads the bundle.
fn settle(seen: &Receiver<Change>, path: &Path) -> Settled {
    loop {
        let before = Bundle::read(path);
        match seen.recv_timeout(QUIET) {
            Ok(Change::Seen) => {}
            Ok(Change::End) | Err(RecvTimeoutError::Disconnected) => return Settled::End,
            Err(RecvTimeoutError::Timeout) => match (before, Bundle::read(path)) {
                (Ok(before), Ok(after)) if before != after => {}
                (_, after) => return Settled::Bundle(after),
            },
        }
    }
}

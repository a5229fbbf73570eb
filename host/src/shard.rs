//! A shard: one instance that owns a share of the questions, behind a lock of its own.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{ArcMutexGuard, Mutex, RawMutex};

use crate::error::Error;
use crate::instance::Instance;

/// How often a busy instance is looked at before its thread is waited for: about a microsecond.
const PATIENCE: u32 = 30;

type Guard = ArcMutexGuard<RawMutex, Option<Instance>>;

/// Builds an instance like the one that ended.
pub(crate) type Rebuild = Arc<dyn Fn() -> Result<Instance, Error> + Send + Sync>;

/// One instance and its lock. It is empty only after a trap, until it is built afresh.
#[derive(Clone)]
pub(crate) struct Shard {
    instance: Arc<Mutex<Option<Instance>>>,
    rebuild: Rebuild,
}

impl Shard {
    pub fn new(instance: Instance, rebuild: Rebuild) -> Self {
        Self {
            instance: Arc::new(Mutex::new(Some(instance))),
            rebuild,
        }
    }

    /// Calls the instance once it is free, within `deadline`; `work` is given what is left of it. If the
    /// call traps, the instance is dropped and another one is built in the background: the caller does
    /// not wait for it, the next one does, as for a busy one.
    pub fn call<T>(
        &self,
        deadline: Duration,
        work: impl FnOnce(&mut Instance, Duration) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (mut guard, left) = self.wait(deadline)?;
        let Some(instance) = guard.as_mut() else {
            // The last attempt to build it failed; this call is undecided, and another attempt begins.
            self.mend(guard);
            return Err(Error::Saturated {
                waited: Duration::ZERO,
            });
        };
        let done = work(instance, left);
        if done.as_ref().is_err_and(is_trap) {
            self.mend(guard);
        }
        done
    }

    fn wait(&self, deadline: Duration) -> Result<(Guard, Duration), Error> {
        // A decision is mostly over sooner than a thread falls asleep and is woken again.
        for _ in 0..PATIENCE {
            if let Some(guard) = self.instance.try_lock_arc() {
                return Ok((guard, deadline));
            }
            std::hint::spin_loop();
        }
        let began = Instant::now();
        let guard = self.instance.try_lock_arc_for(deadline);
        let guard = guard.ok_or(Error::Saturated { waited: deadline })?;
        Ok((guard, deadline.saturating_sub(began.elapsed())))
    }

    /// Builds the instance afresh on a thread that holds the lock meanwhile.
    fn mend(&self, mut guard: Guard) {
        *guard = None;
        let rebuild = Arc::clone(&self.rebuild);
        let build = move || *guard = rebuild().ok();
        // If no thread can be had, the lock is free again and the next call tries.
        let _ = thread::Builder::new()
            .name("sark-policy-mend".to_owned())
            .spawn(build);
    }

    /// Waits until the instance is idle, for `patience` at most.
    pub fn drain(&self, patience: Duration) {
        let until = Instant::now() + patience;
        drop(self.instance.try_lock_until(until));
    }
}

pub(crate) fn is_trap(error: &Error) -> bool {
    matches!(
        error,
        Error::DeadlineElapsed { .. }
            | Error::MemoryExhausted { .. }
            | Error::StackExhausted
            | Error::Trapped { .. }
    )
}

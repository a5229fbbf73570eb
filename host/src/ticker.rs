//! The clock of all deadlines: a thread that moves the engine's epoch on.

use std::thread;
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// How fine deadlines are. One wake-up each, 200 a second.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Starts the clock of an engine. It stops by itself once the engine is gone.
pub(crate) fn start(engine: &Engine) -> std::io::Result<()> {
    let engine: EngineWeak = engine.weak();
    thread::Builder::new()
        .name("sark-policy-epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })?;
    Ok(())
}

/// The number of ticks after which a deadline has surely elapsed: one more, since the first is under way.
pub(crate) fn ticks(deadline: Duration) -> u64 {
    let ticks = deadline.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(ticks)
        .unwrap_or(u64::MAX / 2)
        .saturating_add(1)
}

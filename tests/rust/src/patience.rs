//! Waiting for what happens in the background, without a timed assert.

use std::thread;
use std::time::{Duration, Instant};

use sark_policy::{Decision, Error, PolicyHost};

/// Longer than anything takes here, on the slowest machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until `found` finds something.
///
/// # Panics
///
/// It never did.
pub fn wait_for<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(thing) = found() {
            return thing;
        }
        assert!(Instant::now() < until, "it never came about");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Decides as soon as an instance is free: after a trap it is built afresh.
///
/// # Errors
///
/// As [`PolicyHost::decide_json`], but for [`Error::Saturated`].
pub fn decide_when_free(
    host: &PolicyHost,
    entrypoint: &str,
    input: &str,
) -> Result<Decision, Error> {
    wait_for(|| match host.decide_json(entrypoint, input) {
        Err(Error::Saturated { .. }) => None,
        decided => Some(decided),
    })
}

//! What the C library would ask the machine for, answered here. These functions take the place of the
//! library's when the component is linked, so that the imports behind them are never called.
//!
//! Standard error is listened to while a bundle is compiled, and goes nowhere otherwise: regorus warns
//! there, and one of its warnings must be heeded.
//! A panic ends the instance by leaving the program, which no host lets it do: the trap names
//! `wasi:cli/exit`, where exhausted memory is a plain `unreachable` (see `allocator`).
#![cfg(target_arch = "wasm32")]

use core::ffi::{c_char, c_int, c_void};
use std::cell::RefCell;
use std::ptr::null_mut;

thread_local! {
    /// What was written; absent while nobody listens.
    static STANDARD_ERROR: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Does `work`, and returns all that it wrote to standard error beside what it came to. What bounds the
/// text is the instance's memory, so that nothing can push a warning out.
pub fn with_standard_error<T>(work: impl FnOnce() -> T) -> (T, String) {
    STANDARD_ERROR.set(Some(Vec::new()));
    let done = work();
    let written = STANDARD_ERROR.take().unwrap_or_default();
    (done, String::from_utf8_lossy(&written).into_owned())
}

/// Makes a panic end the instance in a way that a host can tell from exhausted memory.
pub fn set_panic_hook() {
    std::panic::set_hook(Box::new(|_| std::process::exit(101)));
}

/// POSIX `write`: to standard error, or to nowhere.
///
/// # Safety
///
/// `bytes` is readable for `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(file: c_int, bytes: *const c_void, len: usize) -> isize {
    if file == 2 && len > 0 {
        // SAFETY: the caller's promise.
        let text = unsafe { core::slice::from_raw_parts(bytes.cast::<u8>(), len) };
        STANDARD_ERROR.with_borrow_mut(|written| {
            if let Some(written) = written {
                written.extend_from_slice(text);
            }
        });
    }
    isize::try_from(len).unwrap_or(isize::MAX)
}

/// POSIX `getenv`: the environment is empty.
#[unsafe(no_mangle)]
extern "C" fn getenv(_name: *const c_char) -> *mut c_char {
    null_mut()
}

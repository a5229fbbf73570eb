//! What the C library would ask the machine for, answered here. These functions take the place of the
//! library's when the component is linked, so that the imports behind them are never called.
//!
//! A panic ends the instance by leaving the program, which no host lets it do: the trap names
//! `wasi:cli/exit`, where exhausted memory is a plain `unreachable` (see `allocator`).
#![cfg(target_arch = "wasm32")]

use core::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;

/// Makes a panic end the instance in a way that a host can tell from exhausted memory.
pub fn set_panic_hook() {
    std::panic::set_hook(Box::new(|_| std::process::exit(101)));
}

/// POSIX `write`: to nowhere. No word of an input can leave by a message that a dependency prints.
#[unsafe(no_mangle)]
const extern "C" fn write(_file: c_int, _bytes: *const c_void, len: usize) -> isize {
    len.cast_signed()
}

/// POSIX `getenv`: the environment is empty.
#[unsafe(no_mangle)]
extern "C" fn getenv(_name: *const c_char) -> *mut c_char {
    null_mut()
}

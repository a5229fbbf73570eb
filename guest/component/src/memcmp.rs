//! `memcmp`, eight bytes at a time.
//!
//! The C library of `wasm32-wasip2` compares byte by byte. Every look-up of a key in an object, and so
//! every step of a policy, compares texts. This one takes the place of the library's when the component
//! is linked. Measured: an evaluation takes a twentieth less time (docs/architecture.md).
#![cfg(target_arch = "wasm32")]

use core::cmp::Ordering;
use core::ffi::c_int;

/// Compares two blocks of `len` bytes as unsigned bytes; below, at or above 0 as the first differs.
///
/// # Safety
///
/// Both blocks are readable for `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> c_int {
    let mut at = 0;
    while at + 8 <= len {
        // SAFETY: eight bytes from `at` on are within both blocks; alignment is not asked for.
        let (l, r) = unsafe {
            (
                left.add(at).cast::<u64>().read_unaligned(),
                right.add(at).cast::<u64>().read_unaligned(),
            )
        };
        if l != r {
            return order(l.swap_bytes().cmp(&r.swap_bytes()));
        }
        at += 8;
    }
    while at < len {
        // SAFETY: the byte is within both blocks.
        let (l, r) = unsafe { (left.add(at).read(), right.add(at).read()) };
        if l != r {
            return order(l.cmp(&r));
        }
        at += 1;
    }
    0
}

fn order(ordering: Ordering) -> c_int {
    match ordering {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

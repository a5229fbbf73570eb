//! The component's allocator: free lists by size in front of the system's.
//!
//! A decision makes thousands of small allocations and gives nearly all of them back. Lists of blocks
//! by 16-byte classes make both a few instructions; the system's allocator sees only large blocks and
//! whole chunks. Measured: an evaluation takes two thirds of the time (docs/architecture.md).

#![expect(
    clippy::cast_ptr_alignment,
    reason = "every block is aligned to `STEP`"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

#[global_allocator]
static ALLOCATOR: SizeClasses = SizeClasses(UnsafeCell::new(Lists {
    free: [null_mut(); CLASSES],
    chunk: null_mut(),
    left: 0,
}));

/// Blocks are multiples of this, and aligned to it.
const STEP: usize = 16;
/// The largest block that the lists serve.
const LARGEST: usize = 1024;
const CLASSES: usize = LARGEST / STEP;
/// How much is taken from the system at a time.
const CHUNK: usize = 64 << 10;

struct SizeClasses(UnsafeCell<Lists>);

struct Lists {
    /// For each class the first free block; a free block begins with the address of the next.
    free: [*mut u8; CLASSES],
    /// The rest of the chunk that new blocks are cut from.
    chunk: *mut u8,
    left: usize,
}

// SAFETY: a component's instance has one thread.
unsafe impl Sync for SizeClasses {}

/// The class of a layout, unless it is for the system.
fn class_of(layout: Layout) -> Option<usize> {
    let (size, align) = (layout.size(), layout.align());
    (size <= LARGEST && align <= STEP && size > 0).then(|| (size - 1) / STEP)
}

// SAFETY: every block is handed out once until it is given back: it is cut from a chunk, or popped
// from the list of its class, whose blocks are all at least as large and as aligned as the layout asks.
unsafe impl GlobalAlloc for SizeClasses {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class_of(layout) else {
            // SAFETY: the caller's promises are the system's conditions.
            return or_end(unsafe { System.alloc(layout) });
        };
        // SAFETY: one thread, and nothing in here calls the allocator again while `lists` is borrowed,
        // but for `System`, which is another one.
        let lists = unsafe { &mut *self.0.get() };
        let Some(head) = lists.free.get_mut(class) else {
            return null_mut();
        };
        let block = *head;
        if block.is_null() {
            return lists.cut((class + 1) * STEP);
        }
        // SAFETY: a free block begins with the address of the next, see `dealloc`.
        *head = unsafe { block.cast::<*mut u8>().read() };
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class_of(layout) else {
            // SAFETY: the caller's promises are the system's conditions.
            return unsafe { System.dealloc(block, layout) };
        };
        // SAFETY: as in `alloc`.
        let lists = unsafe { &mut *self.0.get() };
        if let Some(head) = lists.free.get_mut(class) {
            // SAFETY: the block is ours again, and no smaller or less aligned than a pointer.
            unsafe { block.cast::<*mut u8>().write(*head) };
            *head = block;
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `size` is not 0 and does not overflow with this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class_of(layout), class_of(wanted)) {
            (Some(old), Some(new)) if old == new => block,
            // SAFETY: the caller's promises are the system's conditions.
            (None, None) => or_end(unsafe { System.realloc(block, layout, size) }),
            _ => {
                // SAFETY: both blocks are live, apart, and at least as long as what is copied.
                unsafe {
                    let moved = self.alloc(wanted);
                    block.copy_to_nonoverlapping(moved, layout.size().min(size));
                    self.dealloc(block, layout);
                    moved
                }
            }
        }
    }
}

impl Lists {
    #[cold]
    fn cut(&mut self, size: usize) -> *mut u8 {
        if self.left < size {
            // SAFETY: the layout is not empty, and 16 is a power of two.
            self.chunk =
                or_end(unsafe { System.alloc(Layout::from_size_align_unchecked(CHUNK, STEP)) });
            self.left = CHUNK;
        }
        let block = self.chunk;
        // SAFETY: `size <= left`, so the end stays within the chunk, or just behind it.
        self.chunk = unsafe { block.add(size) };
        self.left -= size;
        block
    }
}

/// Ends the instance where memory is exhausted. This is the one place that executes `unreachable`: a panic
/// leaves by `exit`, which is how hosts tell the two apart (see `libc`).
fn or_end(block: *mut u8) -> *mut u8 {
    if block.is_null() {
        #[cfg(target_arch = "wasm32")]
        core::arch::wasm32::unreachable();
    }
    block
}

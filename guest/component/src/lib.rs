//! The sandboxed component: the exports of `wit/`, over the guest crates.
//!
//! [`instance`] holds the one bundle of an instance and walks a decision: look up, evaluate, store.
//! Everything else here is glue.

mod allocator;
mod answer;
mod decisions;
mod exports;
mod instance;
mod libc;
mod memcmp;
mod wit;

//! regorus' two evaluators, each JSON in and JSON out.
//!
//! `examples/peer.rs` makes a component of them, to be run in the same sandbox as ours.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a benchmark that cannot go on should stop"
)]

mod interpreter;
mod machine;

pub use interpreter::Interpreter;
pub use machine::Machine;

//! The builtin functions: one registry of names, types and code.

mod answer;
mod builtin;
mod context;
pub mod operand;

pub use answer::{Answer, BuiltinError};
pub use builtin::{Builtin, Run};
pub use context::Context;

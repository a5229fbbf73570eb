//! The Rego language: modules and data in, decisions out.

#![allow(
    dead_code,
    unused_imports,
    clippy::allow_attributes,
    reason = "being built: goes when the engine is whole"
)]

mod builtins;
mod compile;
mod entrypoint;
mod eval;
mod json;
mod module;
mod path;
mod plan;
mod policy;
mod problem;
mod rules;
mod syntax;
mod types;
mod value;

pub use entrypoint::EntrypointId;
pub use json::{JsonError, JsonFault, read_json, write_json, write_string};
pub use module::{Module, Version};
pub use path::Path;
pub use policy::{Evaluation, Options, Outcome, Policy};
pub use problem::{Code, Place, Problem};
pub use value::{Number, Object, Set, Value};

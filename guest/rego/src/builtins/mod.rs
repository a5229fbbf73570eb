//! The builtin functions: one registry of names, types and code.

mod aggregates;
mod answer;
mod arithmetic;
mod arrays;
mod base64;
mod bits;
mod builtin;
mod bytes;
mod casts;
mod comparison;
mod context;
mod crypto;
mod debug;
mod edits;
mod encoding;
mod glob;
mod graph;
mod graphql;
mod http;
mod json;
mod jwt;
mod kinds;
mod membership;
mod net;
mod objects;
mod operand;
mod printf;
mod providers;
mod random;
mod ranges;
mod reflection;
mod regex;
mod registry;
mod runtime;
mod semver;
mod sets;
mod strings;
mod templates;
#[cfg(test)]
mod testing;
mod time;
mod units;
mod uri;
mod uuid;
mod yaml;

pub use answer::{Answer, BuiltinError};
pub use builtin::{Builtin, Run};
pub use context::Context;
pub use registry::{all, arity, find};

/// Bytes nobody can foresee.
fn fill_randomly(bytes: &mut [u8]) -> Result<(), BuiltinError> {
    getrandom::fill(bytes)
        .map_err(|error| BuiltinError::Failed(format!("no random numbers: {error}")))
}

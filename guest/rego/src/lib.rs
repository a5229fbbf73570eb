//! The Rego language: modules and data in, decisions out.
//!
//! Ours from text to answer, and made to answer as OPA 1.22.2 does: `syntax` reads, `compile` checks and rewrites,
//! `plan` makes instructions of it, `eval` runs them, on values (`value`), types and `builtins` of its own.
//!
//! ```
//! use sark_policy_rego::{Module, Outcome, Policy, Value, Version, read_json};
//!
//! let module = Module {
//!     path: "gateway.rego".into(),
//!     source: r#"package mcp.gateway
//! default allow := false
//! allow if "admin" in input.user.roles"#.into(),
//!     version: Version::V1,
//! };
//! let mut policy = Policy::compile(&[module], Value::new_object()).expect("a sound policy");
//! let allow = policy.resolve("mcp/gateway/allow")?;
//!
//! let input = read_json(r#"{"user": {"roles": ["admin"]}}"#, 64)?;
//! let evaluation = policy.evaluate(allow, 0, input);
//! assert_eq!(evaluation.outcome, Outcome::Value(Value::from(true)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builtins;
mod compile;
mod entrypoint;
mod eval;
mod explain;
mod json;
mod keys;
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
pub use explain::{RuleIndex, Tried};
pub use json::{JsonError, JsonFault, read_json, read_json_with, write_json, write_string};
pub use keys::Keys;
pub use module::{Module, Version};
pub use path::Path;
pub use policy::{Evaluation, Options, Outcome, Policy};
pub use problem::{Code, Place, Problem};
pub use value::{Number, Object, Set, Value};

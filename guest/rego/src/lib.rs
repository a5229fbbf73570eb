//! The Rego language: modules and data in, decisions out.
//!
//! This crate is all that the rest of the guest knows of Rego. Behind its surface, in this version,
//! stands regorus' interpreter; its values and builtins come in through `value` and `builtins`.
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
mod calls;
mod checks;
mod declarations;
mod entrypoint;
mod fault;
mod json;
mod module;
mod path;
mod policy;
mod problem;
mod value;

pub use entrypoint::EntrypointId;
pub use json::{JsonError, JsonFault, read_json, write_json, write_string};
pub use module::{Module, Version};
pub use path::Path;
pub use policy::{Evaluation, Outcome, Policy};
pub use problem::{Code, Place, Problem};
pub use value::Value;

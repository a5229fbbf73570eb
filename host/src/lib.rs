//! Decides authorisation requests in-process: OPA policies and a decision cache, in one sandboxed
//! WebAssembly component that can open no file and no socket.
//!
//! ```
//! use sark_policy::{Bundle, PolicyHost, Settings};
//! use serde_json::json;
//!
//! let policy = r#"package mcp.gateway
//! default allow := false
//! allow if "admin" in input.user.roles"#;
//! let bundle = Bundle::of_files([("gateway.rego", policy)])?;
//!
//! let host = PolicyHost::open(bundle, Settings::default())?;
//! let decision = host.decide("mcp/gateway/allow", &json!({"user": {"roles": ["admin"]}}))?;
//! assert_eq!(decision.result(), Some("true"));
//! # Ok::<(), sark_policy::Error>(())
//! ```
//!
//! A [`PolicyHost`] is cheap to clone and safe to share. [`PolicyHost::activate`] goes over to another
//! bundle without losing a request, [`PolicyHost::rollback`] goes back at once. Whatever fails is a
//! typed [`Error`]; nothing here ever turns one into an allow.

mod aot;
mod bindings;
mod bundle;
mod cache;
mod decision;
mod error;
mod generation;
mod host;
mod instance;
mod packed;
mod sandbox;
mod settings;
mod shard;
mod statistics;
mod ticker;
mod watch;

pub use bundle::Bundle;
pub use cache::{Cache, Outcome};
pub use decision::{Decision, DecisionId, Diagnostics};
pub use error::{Error, Problem};
pub use generation::{Description, RuleIndex, Tried};
pub use host::PolicyHost;
#[doc(hidden)]
pub use sandbox::COMPONENT;
pub use settings::{CacheSettings, Settings};
pub use statistics::{CacheStatistics, Statistics};
pub use watch::{Watch, WatchEvent};

/// The README's example runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

//! What the benchmarks share: the cases, the peers, and the floor of a crossing.
//!
//! Absolute times mean little on a shared machine. Each case stands beside its floor or a peer in the
//! same run, and the ratio is what counts.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a benchmark that cannot go on should stop"
)]

pub mod case;
pub mod echo;
pub mod opa;
pub mod ours;
pub mod sandboxed;
pub mod table;

/// The example policy: 12 rules.
pub const POLICY: &str = include_str!("../../policy/policy.rego");
/// Its input, 450 bytes of JSON.
pub const INPUT: &str = include_str!("../../policy/input.json");
/// Its entry point.
pub const ENTRYPOINT: &str = "mcp/gateway/result";
/// What it answers.
pub const ANSWER: &str = r#"{"allow":true,"audit_reason":"allowed: user-1842 with level 2","filtered_parameters":{"limit":100,"query":"select * from accounts where id = 7"}}"#;

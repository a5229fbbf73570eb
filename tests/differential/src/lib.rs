//! Our evaluator beside real OPA.
//!
//! A [`Question`] is a policy and what is asked of it; whoever is an [`Engine`] gives an [`Answer`]: the
//! evaluator itself ([`Native`]), the component in its host (feature `component`), and OPA ([`Oracle`], the
//! program that `just oracle-build` builds).
//!
//! ```
//! use sark_policy_differential::{Answer, Engine, Native, Question};
//!
//! let question = Question::of_module("package p\nx := input.n + 1", "data.p.x", r#"{"n": 1}"#);
//! let Answer::Decided(outcomes) = Native::new().ask(&question) else {
//!     panic!("it is a policy")
//! };
//! assert_eq!(outcomes[0][0].to_string(), "2");
//! ```

mod answer;
mod corpus;
mod engine;
pub mod fuzz;
mod native;
mod official;
mod oracle;
mod question;
mod tagged;

pub use answer::{Answer, Outcome, Problem};
pub use corpus::{CorpusCase, corpus};
pub use engine::Engine;
pub use native::Native;
pub use official::{OfficialCase, official_cases};
pub use oracle::Oracle;
pub use question::{Question, Source, now};

//! Our evaluator beside real OPA.
//!
//! A [`Question`] is a policy and what is asked of it; whoever is an [`Engine`] gives an [`Answer`]: the
//! evaluator itself ([`Native`]), the component in its host (feature `component`), and OPA ([`oracle`], the
//! program that `just oracle-build` builds).
//!
//! ```
//! use sark_policy_differential::{Answer, Engine, Native, Question};
//!
//! let question = Question::of_module("package p\nx := input.n + 1", "data.p.x", r#"{"n": 1}"#);
//! let Answer::Decided(outcomes) = Native.ask(&question) else {
//!     panic!("it is a policy")
//! };
//! assert_eq!(outcomes[0][0].to_string(), "2");
//! ```

mod answer;
#[cfg(feature = "component")]
mod component;
mod corpus;
mod engine;
pub mod fuzz;
mod native;
mod official;
mod oracle;
mod process;
mod question;
mod tagged;

pub use answer::{Answer, Outcome, Problem};
#[cfg(feature = "component")]
pub use component::Component;
pub use corpus::{CorpusCase, corpus};
pub use engine::{Engine, component};
pub use native::{Native, native, serve_when_told};
pub use official::{OfficialCase, official_cases};
pub use oracle::{oracle, oracle_program};
pub use process::Process;
pub use question::{Question, Source, now};

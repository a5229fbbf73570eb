//! What the integration tests share: the corpus' cases, archives, and hosts to ask.
//!
//! ```
//! use sark_policy_tests::{bundle, open, settings};
//!
//! let host = open(&bundle("r1", "package p\nx := input.n + 1"), settings());
//! assert_eq!(host.decide_json("p/x", r#"{"n": 1}"#)?.result(), Some("2"));
//! # Ok::<(), sark_policy::Error>(())
//! ```

mod archive;
mod case;
mod host;
mod outcome;
mod patience;
mod place;

pub use archive::Archive;
pub use case::{Case, Want};
pub use host::{answer, bundle, code, large_bundle, named, open, revision, settings};
pub use outcome::Outcome;
pub use patience::{PATIENCE, decide_when_free, wait_for};
pub use place::{corpus_files, example};

//! A least-recently-used cache whose entries each have their own time to live.
//!
//! ```
//! use std::num::{NonZeroU64, NonZeroUsize};
//!
//! use sark_policy_cache::{Cache, Limits, Outcome, Text};
//!
//! const SECOND: u64 = 1_000_000_000; // every time is in nanoseconds
//!
//! let limits = Limits {
//!     entries: NonZeroUsize::new(10_000).ok_or("no entries")?,
//!     bytes: NonZeroU64::new(64 << 20).ok_or("no bytes")?,
//! };
//! let mut cache: Cache<Text, String> = Cache::new(limits, 0x5eed);
//!
//! let now = 1_700_000_000 * SECOND; // since the Unix epoch
//! let outcome = cache.set("alice".into(), "allow".into(), 60 * SECOND, now);
//! assert_eq!(Outcome::Stored, outcome);
//! assert_eq!(Some("allow"), cache.get("alice", now).map(String::as_str));
//!
//! // An entry whose time is over is never served, whether or not it was swept.
//! assert_eq!(None, cache.get("alice", now + 60 * SECOND));
//! assert_eq!((1, 1), (cache.statistics().hits, cache.statistics().expirations));
//! # Ok::<(), &str>(())
//! ```
//!
//! The crate reads no clock, no environment and no randomness: the caller gives the time of every
//! call and the seed of the hashes, so that a WebAssembly guest need import none of them.
//!
//! # Looking up a composite key without building it
//!
//! [`Cache::get`] and [`Cache::delete`] take any `Q` that hashes like the key and is [`Equivalent`]
//! to it. For [`Text`], and for a key that borrows as something (`String` as `str`), that is given; for
//! a composite one, write a type that borrows its parts, in the same order, and say what makes the two
//! equal:
//!
//! ```
//! use sark_policy_cache::{Cache, Equivalent, Text};
//! # use sark_policy_cache::Limits;
//! # use std::num::{NonZeroU64, NonZeroUsize};
//! # let limits = Limits { entries: NonZeroUsize::MIN, bytes: NonZeroU64::MAX };
//!
//! type Question = (u32, Text); // entrypoint, input
//!
//! #[derive(Hash)] // field by field, as the tuple does
//! struct Asked<'a>(u32, &'a str);
//!
//! impl Equivalent<Question> for Asked<'_> {
//!     fn equivalent(&self, question: &Question) -> bool {
//!         self.0 == question.0 && self.1.equivalent(&question.1)
//!     }
//! }
//!
//! let mut cache: Cache<Question, String> = Cache::new(limits, 0x5eed);
//! cache.set((7, "{}".into()), "true".into(), 1, 0);
//! assert_eq!(Some("true"), cache.get(&Asked(7, "{}"), 0).map(String::as_str));
//! assert_eq!(None, cache.get(&Asked(8, "{}"), 0));
//! ```

#![forbid(unsafe_code)]

mod cache;
mod hasher;
mod limits;
mod outcome;
mod packed;
mod parts;
mod statistics;
mod stored_key;
mod text;
mod texts;
mod weigh;

pub use cache::Cache;
pub use equivalent::Equivalent;
pub use limits::Limits;
pub use outcome::Outcome;
pub use packed::NotPacked;
pub use statistics::Statistics;
pub use text::Text;
pub use texts::TooMany;
pub use weigh::Weigh;

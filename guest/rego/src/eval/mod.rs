//! A plan and an input to an answer.
//!
//! Evaluation goes as OPA's goes: each solution of a condition runs what follows before the next solution is
//! looked for. So what is not reached is not evaluated, and an error is met when, and only when, OPA meets it.

mod apply;
mod build;
mod call;
mod collect;
mod complete;
mod correlated;
mod flow;
mod growing;
mod limits;
mod machine;
mod matching;
mod memo;
mod partial;
mod relation;
mod resolve;
mod run;
mod tree;
mod walk;
mod with;
mod world;

pub use machine::{Finished, Machine, Memory, RESULT};

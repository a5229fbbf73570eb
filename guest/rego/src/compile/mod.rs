//! Syntax trees to a checked policy: OPA's compiler, stage by stage.
//!
//! Each stage is a function over the [`Unit`]; `stages` lists them in OPA's order. After a stage that found
//! problems no further one runs.

pub mod tree;
pub mod unit;

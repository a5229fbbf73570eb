//! Policies that nobody would write and many that somebody does, asked of two engines.

mod dice;
mod difference;
mod documents;
mod generator;
mod json;
mod keep;
mod program;
mod render;
mod shrink;

pub use dice::Dice;
pub use difference::{Difference, compare};
pub use generator::generate;
pub use keep::keep;
pub use program::{Asked, Program};
pub use shrink::{narrowed, shrink};

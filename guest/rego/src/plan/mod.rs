//! A checked policy to a plan: instructions over numbered slots, so that a decision looks nothing up by name.
//!
//! Bodies come in the order in which they are evaluated, every variable bound before it is used. So at each
//! point it is known which variables hold a value: a pattern is a list of checks and bindings, and nothing
//! has ever to be undone.

mod body;
mod calm;
mod correlated;
mod fold;
pub mod index;
mod mask;
mod planner;
pub mod program;
mod reference;
mod rule;
mod scope;
pub mod step;
mod term;
mod unify;

pub use mask::Mask;
pub use planner::Planner;
pub use reference::mask;

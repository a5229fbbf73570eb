//! Which rules need the values of which.

mod cycles;
mod known;
mod nodes;
mod references;

pub use cycles::{recursive, way_back};
pub use nodes::{Graph, Node, RuleId};

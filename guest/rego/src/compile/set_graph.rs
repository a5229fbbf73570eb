//! Finds out which rules need the values of which, before their bodies are taken apart.

use super::graph::Graph;
use super::unit::Unit;

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    unit.graph = Graph::of(unit);
}

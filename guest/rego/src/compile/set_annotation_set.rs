//! Puts annotations in order; refuses two that speak of the same.

use super::annotations::AnnotationSet;
use super::unit::Unit;
use crate::problem::Code;

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let annotations = std::mem::take(&mut unit.annotations);
    let (set, twice) = AnnotationSet::of(annotations, &unit.modules);
    for (scope, at, first) in twice {
        unit.report(
            Code::RegoType,
            at,
            format!(
                "{} annotation redeclared, first in row {}",
                scope.name(),
                first.row
            ),
            "keep one of them",
        );
    }
    unit.annotation_set = set;
}

//! Annotations: what comments that begin with `METADATA` say about rules and packages.

mod annotation;
mod block;
mod fields;
mod items;
mod set;

pub use annotation::{Annotation, Scope, Subject};
pub use block::blocks;
pub use set::AnnotationSet;

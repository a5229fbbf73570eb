//! Whoever answers questions.

use std::io;

use crate::answer::Answer;
use crate::question::Question;

/// Whoever answers questions.
pub trait Engine {
    /// What it makes of a policy and of all that is asked of it.
    fn ask(&mut self, question: &Question) -> Answer;
}

/// The component in its Rust host.
///
/// # Errors
///
/// This crate was built without the feature `component`.
pub fn component() -> io::Result<Box<dyn Engine>> {
    #[cfg(feature = "component")]
    let engine: io::Result<Box<dyn Engine>> = Ok(Box::new(crate::component::Component));
    #[cfg(not(feature = "component"))]
    let engine = Err(io::Error::other("build this with `--features component`"));
    engine
}

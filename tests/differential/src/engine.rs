//! Whoever answers questions.

use crate::answer::Answer;
use crate::question::Question;

/// Whoever answers questions.
pub trait Engine {
    /// What it makes of a policy and of all that is asked of it.
    fn ask(&mut self, question: &Question) -> Answer;
}

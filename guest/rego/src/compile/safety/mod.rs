//! Safety: every variable is bound before it is asked for, if need be after a change of the order of conditions.
//!
//! The order matters beyond safety: the evaluator keeps to it, so it decides which errors happen.

mod globals;
mod order;
mod outputs;
mod promote;
mod reorder;
mod report;
mod unify;

pub use globals::Globals;
pub use outputs::{of_body, of_equality};
pub use reorder::reorder;
pub use report::{Scopes, report, report_var};

//! Checked policies to plans that run.

pub mod index;

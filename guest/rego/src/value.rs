//! The one door to regorus' values.

pub use regorus::Value;

//! A policy module as somebody sent it: text, not yet looked at.

/// Which Rego a module is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// Before OPA 1.0: `allow { … }`, keywords by import.
    V0,
    /// OPA 1.0 and later: `allow if { … }`. The default, as in OPA.
    #[default]
    V1,
}

/// One `.rego` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The file's path in its bundle, with `/` between parts and none at the start.
    pub path: String,
    /// The file's text.
    pub source: String,
    /// The Rego it is written in.
    pub version: Version,
}

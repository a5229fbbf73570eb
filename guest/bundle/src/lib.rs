//! OPA bundles: what somebody sent, unpacked and checked in form, but not compiled.
//!
//! ```
//! use sark_policy_bundle::{Bundle, Limits};
//! use sark_policy_rego::write_json;
//!
//! let mut archive = tar::Builder::new(Vec::new());
//! for (name, text) in [
//!     ("mcp/gateway.rego", "package mcp.gateway\n\nallow if input.user in data.mcp.admins\n"),
//!     ("mcp/data.yaml", "admins: [ada]\n"),
//!     (".manifest", r#"{"revision": "2026-01", "roots": ["mcp"]}"#),
//! ] {
//!     let mut header = tar::Header::new_gnu();
//!     header.set_size(text.len() as u64);
//!     archive.append_data(&mut header, name, text.as_bytes())?;
//! }
//!
//! let limits = Limits { unpacked: 1 << 20, depth: 64 };
//! let bundle = Bundle::unpack(&archive.into_inner()?, &limits).map_err(|problems| problems[0].clone())?;
//!
//! assert_eq!(bundle.revision(), "2026-01");
//! assert_eq!(bundle.modules()[0].path, "mcp/gateway.rego");
//! let mut data = String::new();
//! write_json(bundle.data(), &mut data);
//! assert_eq!(data, r#"{"mcp":{"admins":["ada"]}}"#);
//! assert!(bundle.within_roots(&["mcp".into(), "gateway".into()]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every byte here comes from outside. [`Limits`] bounds what unpacking may take, nothing touches a file
//! system, and no input makes it panic; [`Bundle::unpack`] either refuses a bundle, naming each
//! [`Problem`](sark_policy_rego::Problem) with its place and cure, or has read all of it.
//!
//! Semantics are those of OPA 1.22 (<https://www.openpolicyagent.org/docs/management-bundles>), except that
//! these are refused, where OPA quietly takes or drops something:
//!
//! - entries that are not plain files, names given twice or with `..`, an archive without its end;
//! - text that is not UTF-8, a key given twice, a second YAML document, `!!binary`, `!!timestamp`,
//!   and a `<<` that merges keys like `0x10`;
//! - a manifest that is not `.manifest` at the root, or spells a key in another case;
//! - delta bundles, manifests as protocol buffers, Rego versions other than 0 and 1.
//!
//! A tar archive without gzip is read too, and tests are kept apart from policies.

mod archive;
mod bundle;
mod composer;
mod data;
mod glob;
mod kind;
mod limits;
mod manifest;
mod meter;
mod node;
mod number;
mod path;
mod quote;
mod revision;
mod roots;
mod scalar;
mod text;
mod tree;
mod versions;
mod yaml;
mod yaml_error;

#[cfg(test)]
mod tests;

pub use bundle::Bundle;
pub use limits::Limits;

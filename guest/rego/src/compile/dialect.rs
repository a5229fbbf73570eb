//! Which dialect a module keeps to.

use crate::module::Version;
use crate::syntax::ast::{Import, Module, Node};

/// Whether a module keeps to the rules of Rego v1: it is read so, or imports `rego.v1`.
#[must_use]
pub fn is_v1(module: &Module) -> bool {
    module.version == Version::V1 || module.imports.iter().any(imports_v1)
}

fn imports_v1(import: &Import) -> bool {
    let Node::Ref(reference) = &import.path.node else {
        return false;
    };
    let [root, version] = reference.as_slice() else {
        return false;
    };
    let version = match &version.node {
        Node::String(version) => &**version,
        _ => return false,
    };
    root.as_var().is_some_and(|root| &**root == "rego") && matches!(version, "v1" | "v2")
}

//! Refuses two imports under one name, in modules of Rego v1.

use std::collections::BTreeMap;

use super::dialect::is_v1;
use super::unit::Unit;
use crate::problem::Code;
use crate::syntax::ast::{Import, Location, Module, Name, Node};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let found: Vec<_> = unit
        .modules
        .iter()
        .filter(|module| is_v1(module))
        .flat_map(duplicates)
        .collect();
    for (name, first, at) in found {
        unit.note(
            Code::RegoCompile,
            at,
            format!(
                "import must not shadow `{name}`, imported in row {}",
                first.row
            ),
            "give it another name with `as`",
        );
    }
}

fn duplicates(module: &Module) -> Vec<(Name, Location, Location)> {
    let mut first: BTreeMap<&Name, Location> = BTreeMap::new();
    let mut found = Vec::new();
    for import in &module.imports {
        let Some(name) = name(import) else { continue };
        match first.get(name) {
            Some(at) => found.push((name.clone(), *at, import.at)),
            None => {
                first.insert(name, import.at);
            }
        }
    }
    found
}

/// The name that an import is used by.
fn name(import: &Import) -> Option<&Name> {
    if let Some(alias) = &import.alias {
        return Some(alias);
    }
    match &import.path.node {
        Node::Var(name) => Some(name),
        Node::Ref(reference) => match &reference.last()?.node {
            Node::Var(name) | Node::String(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

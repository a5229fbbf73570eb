//! What the component may ask for. A new import must be seen, and most must never be.

use std::collections::BTreeSet;

use sark_policy::COMPONENT;
use wasmtime::Engine;
use wasmtime::component::Component;

/// What the standard library leaves behind. Clocks and randomness; streams and the environment only
/// because a panic would be written there.
const ALLOWED: [&str; 7] = [
    "wasi:cli/environment@",
    "wasi:cli/exit@",
    "wasi:cli/stderr@",
    "wasi:cli/stdin@",
    "wasi:cli/stdout@",
    "wasi:cli/terminal-",
    "wasi:random/",
];
const ALLOWED_STREAMS: &str = "wasi:io/";

/// Every import and export, exactly.
const IMPORTS: [&str; 3] = [
    "wasi:cli/exit@0.2.12",
    "wasi:random/insecure-seed@0.2.12",
    "wasi:random/random@0.2.12",
];
const EXPORTS: [&str; 2] = ["sark:policy/cache@0.1.0", "sark:policy/policy@0.1.0"];

#[test]
fn the_component_imports_what_is_listed_and_nothing_that_could_reach_out() {
    let engine = Engine::default();
    let component = Component::new(&engine, COMPONENT).unwrap();
    let component = component.component_type();
    let imports: BTreeSet<_> = component.imports(&engine).map(|(name, _)| name).collect();
    for name in &imports {
        let allowed = ALLOWED.iter().chain([&ALLOWED_STREAMS]);
        assert!(
            allowed.into_iter().any(|start| name.starts_with(start)),
            "{name}"
        );
        for never in ["filesystem", "sockets", "http"] {
            assert!(!name.contains(never), "{name}");
        }
    }
    let imports: Vec<_> = imports.into_iter().collect();
    assert_eq!(imports, IMPORTS);
    let exports: BTreeSet<_> = component.exports(&engine).map(|(name, _)| name).collect();
    assert_eq!(exports.into_iter().collect::<Vec<_>>(), EXPORTS);
}

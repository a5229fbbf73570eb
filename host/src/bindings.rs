//! Generated from `wit/`.
#![expect(clippy::all, clippy::pedantic, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "sandbox",
});

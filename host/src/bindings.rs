//! Generated from `wit/`.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "sandbox",
});

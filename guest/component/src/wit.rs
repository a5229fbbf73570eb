//! Generated from `wit/`. The name `bindings.rs` is left to `cargo component`, which writes one of its own
//! there that nothing uses.
#![expect(clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "sandbox",
    pub_export_macro: true,
});

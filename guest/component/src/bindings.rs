//! Generated from `wit/`.
#![expect(clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "sandbox",
    pub_export_macro: true,
});

//! Generated from `wit/`.
#![expect(clippy::pedantic, reason = "generated")]
#![expect(clippy::allow_attributes, reason = "generated")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "sandbox",
    pub_export_macro: true,
});

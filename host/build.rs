//! Finds the component that the crate embeds, and builds it where it is not there yet.
//!
//! In this order: the file that `SARK_POLICY_COMPONENT` names; `component.wasm` beside this file, as
//! in the published crate; else a build of the guest into `target/guest`, the very command of
//! `just guest`, so that nothing is built twice.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=SARK_POLICY_COMPONENT");
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let published = here.join("component.wasm");
    let component = match env::var_os("SARK_POLICY_COMPONENT") {
        Some(given) => PathBuf::from(given),
        None if published.exists() => published,
        None => build_guest(here.parent().ok_or("the crate has no parent folder")?)?,
    };
    println!("cargo::rerun-if-changed={}", component.display());
    println!(
        "cargo::rustc-env=SARK_POLICY_COMPONENT={}",
        component.display()
    );
    Ok(())
}

fn build_guest(workspace: &Path) -> Result<PathBuf, Box<dyn Error>> {
    for input in ["guest", "wit", "Cargo.lock", "Cargo.toml"] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(input).display()
        );
    }
    let target = workspace.join("target/guest");
    let status = Command::new(env::var_os("CARGO").ok_or("cargo did not name itself")?)
        .args(["build", "--profile", "guest", "--target", "wasm32-wasip2"])
        .args(["--package", "sark-policy-component", "--target-dir"])
        .arg(&target)
        .current_dir(workspace)
        // What cargo set for this crate must not reach the guest's build.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("RUSTC_WRAPPER")
        .status()?;
    if !status.success() {
        return Err(format!(
            "the component did not build ({status}); `just guest` shows why, and `rustup target add wasm32-wasip2` is needed once"
        )
        .into());
    }
    Ok(target.join("wasm32-wasip2/guest/sark_policy_component.wasm"))
}

//! The command `sark-policy`, run as a user runs it.

#![expect(clippy::unwrap_used, reason = "it is how a test fails")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const POLICY: &str = r#"package p

allow if input.role == "admin"

allow if lower(input.role) == "root"
"#;

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sark-policy"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// A folder with a bundle in it.
fn bundle() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(folder.path().join("policies/gateway.rego"), POLICY).unwrap();
    folder
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn check_lists_what_a_bundle_holds() {
    let folder = bundle();
    let done = run(folder.path(), &["check", "policies"], "");
    assert!(done.status.success());
    assert!(text(&done.stdout).contains("modules: 1\n  gateway.rego\n"));
    assert!(text(&done.stdout).contains("rules: 1\n  p/allow\n"));

    let done = run(
        folder.path(),
        &["check", "policies", "--entrypoint", "p/deny"],
        "",
    );
    assert!(!done.status.success());
    assert!(text(&done.stderr).contains("unknown_entrypoint"));
}

#[test]
fn check_names_file_row_and_cure_of_what_is_wrong() {
    let folder = bundle();
    fs::write(
        folder.path().join("policies/bad.rego"),
        "package p\n\nallow if {",
    )
    .unwrap();
    let done = run(folder.path(), &["check", "policies"], "");
    assert!(!done.status.success());
    assert!(
        text(&done.stderr).contains("bad.rego:3"),
        "{}",
        text(&done.stderr)
    );
}

#[test]
fn decide_reads_an_input_and_prints_the_answer() {
    let folder = bundle();
    let ask = |input| run(folder.path(), &["decide", "policies", "p/allow"], input);
    assert_eq!(
        text(&ask(r#"{"role": "admin"}"#).stdout),
        "{\"result\":true}\n"
    );
    assert_eq!(text(&ask(r#"{"role": "guest"}"#).stdout), "{}\n");
    let undecided = ask("{");
    assert!(!undecided.status.success() && undecided.stdout.is_empty());

    fs::write(folder.path().join("input.json"), r#"{"role": "ROOT"}"#).unwrap();
    let done = run(
        folder.path(),
        &["decide", "policies", "p/allow", "input.json"],
        "",
    );
    assert_eq!(text(&done.stdout), "{\"result\":true}\n");
}

#[test]
fn explain_index_shows_what_is_tried_one_by_one() {
    let folder = bundle();
    let done = run(folder.path(), &["explain-index", "policies"], "");
    assert_eq!(
        text(&done.stdout),
        "p/allow: 1 of 2 definitions are tried one by one\n  asks input.role ==\n  \
         gateway.rego:5: `lower` is not asked\n"
    );
}

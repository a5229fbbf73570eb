//! Real OPA, asked through the program that `just oracle-build` builds.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::Process;

/// Where the program lies: `$ORACLE`, or where the recipe puts it.
#[must_use]
pub fn oracle_program() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle/oracle");
    std::env::var_os("ORACLE").map_or(built, PathBuf::from)
}

/// Starts real OPA.
///
/// # Errors
///
/// It cannot be started: most often because nobody built it.
pub fn oracle() -> io::Result<Process> {
    let mut command = Command::new(oracle_program());
    command.arg("eval");
    Process::start(command).map_err(|error| {
        let program = oracle_program();
        io::Error::new(
            error.kind(),
            format!(
                "{}: {error}; `just oracle-build` builds it",
                program.display()
            ),
        )
    })
}

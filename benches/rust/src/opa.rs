//! OPA in its own process, as a library: what `just oracle-build` builds.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::case::Case;

/// What OPA takes for a case, in nanoseconds.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Opa {
    /// Of a decision, JSON in and out: the median.
    #[serde(rename = "p50_ns")]
    pub decision: f64,
    /// To prepare the policy: the best of several times.
    #[serde(rename = "prepare_ns")]
    pub prepare: f64,
}

#[derive(Deserialize)]
struct Timed {
    #[serde(flatten)]
    opa: Opa,
    result: serde_json::Value,
}

impl Opa {
    /// Times OPA. `None` if the oracle was not built.
    ///
    /// # Errors
    ///
    /// The oracle fails, or answers something else than we do.
    pub fn time(case: &Case) -> io::Result<Option<Self>> {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
        let oracle = target.join("oracle/oracle");
        if !oracle.exists() {
            return Ok(None);
        }
        let folder = target.join("bench").join(case.name);
        fs::create_dir_all(&folder)?;
        for (name, text) in case.files() {
            fs::write(folder.join(name), text)?;
        }
        fs::write(folder.join("input.json"), case.input)?;
        let output = Command::new(oracle)
            .arg("bench")
            .arg(&folder)
            .arg(case.query())
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(said.into_owned()));
        }
        let timed: Timed = serde_json::from_slice(&output.stdout)?;
        let answer: serde_json::Value = serde_json::from_str(case.answer)?;
        if timed.result != answer {
            let said = format!("OPA answers {} to {}", timed.result, case.name);
            return Err(io::Error::other(said));
        }
        Ok(Some(timed.opa))
    }
}

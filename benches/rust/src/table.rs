//! How the cases of one run stand to each other.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Medians in nanoseconds, by `area/case`.
#[derive(Debug)]
pub struct Table {
    folder: PathBuf,
    began: SystemTime,
    medians: BTreeMap<String, f64>,
    rates: BTreeMap<String, f64>,
    claims: Vec<Claim>,
}

/// That one case takes at most so much of what another takes.
#[derive(Debug)]
struct Claim {
    case: String,
    of: String,
    at_most: f64,
}

impl Table {
    /// An empty table. What criterion measures from now on, and writes to this folder, belongs to it.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            began: SystemTime::now(),
            medians: BTreeMap::new(),
            rates: BTreeMap::new(),
            claims: Vec::new(),
        }
    }

    /// Adds the case that criterion measured under this name. Does nothing if it did not, in this run.
    pub fn measured(&mut self, case: &str) {
        let file = self.folder.join(case).join("new/estimates.json");
        let written = fs::metadata(&file).and_then(|file| file.modified());
        let is_new = written.is_ok_and(|written| written >= self.began);
        let median = || -> Option<f64> {
            let text = fs::read_to_string(&file).ok()?;
            let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
            estimates.get("median")?.get("point_estimate")?.as_f64()
        };
        if let Some(median) = is_new.then(median).flatten() {
            self.add(case, median);
        }
    }

    /// Adds a case that was measured elsewhere.
    pub fn add(&mut self, case: &str, median: f64) {
        self.medians.insert(case.to_owned(), median);
    }

    /// Appends all cases to the file that the environment variable `MEASURED` names, one JSON object a line, for the
    /// report: `{"case": "decide/hit", "value": 0.39, "unit": "us"}`.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn publish(&self) -> io::Result<()> {
        let Some(file) = env::var_os("MEASURED") else {
            return Ok(());
        };
        let mut file = OpenOptions::new().append(true).create(true).open(file)?;
        for (case, median) in &self.medians {
            let line = serde_json::json!({"case": case, "value": median / 1e3, "unit": "us"});
            writeln!(file, "{line}")?;
        }
        for (case, rate) in &self.rates {
            let line = serde_json::json!({"case": case, "value": rate, "unit": "req/s"});
            writeln!(file, "{line}")?;
        }
        Ok(())
    }

    /// Adds how often a second something could be done.
    pub fn add_rate(&mut self, case: &str, rate: f64) {
        self.rates.insert(case.to_owned(), rate);
    }

    /// Whether it has a case.
    #[must_use]
    pub fn has(&self, case: &str) -> bool {
        self.medians.contains_key(case)
    }

    /// Compares a case with another one.
    pub fn claim(&mut self, case: &str, of: &str, at_most: f64) {
        self.claims.push(Claim {
            case: case.to_owned(),
            of: of.to_owned(),
            at_most,
        });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (case, median) in &self.medians {
            writeln!(f, "{case:<28} {:>12.2} µs", median / 1e3)?;
        }
        for (case, rate) in &self.rates {
            writeln!(f, "{case:<28} {rate:>12.0} a second")?;
        }
        for claim in &self.claims {
            let (Some(case), Some(of)) =
                (self.medians.get(&claim.case), self.medians.get(&claim.of))
            else {
                continue;
            };
            let ratio = case / of;
            let (at_most, holds) = (claim.at_most, ratio <= claim.at_most);
            let (case, of) = (&claim.case, &claim.of);
            let verdict = if holds { "holds" } else { "FAILS" };
            writeln!(f, "{verdict}  {ratio:>6.3} ≤ {at_most:<5} {case} / {of}")?;
        }
        Ok(())
    }
}

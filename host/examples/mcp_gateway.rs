//! The Rust half of `just demo`: decides every example input by both revisions of the example bundle,
//! measures, activates the second under load, rolls back, and prints one JSON report.
//!
//! `cargo run --release --example mcp_gateway tests/examples/mcp-gateway`

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use sark_policy::{PolicyHost, Settings};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Case<'text> {
    name: String,
    entrypoint: String,
    #[serde(borrow)]
    input: &'text RawValue,
}

/// Read by the other half.
#[derive(Serialize)]
struct Report {
    /// Answers by revision, then by the input's name.
    answers: BTreeMap<String, BTreeMap<String, String>>,
    hit_us: f64,
    miss_us: f64,
    /// Decisions made while the second revision went live.
    decisions: u64,
    errors: u64,
    /// Answers that were not those of the revision they name.
    mixed: u64,
    activate_ms: f64,
    rollback_us: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("name the folder of the example")?);
    let text = fs::read_to_string(folder.join("inputs.jsonl"))?;
    let cases = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Case>, _>>()?;
    let host = open(&folder.join("r1"), Settings::default())?;

    let mut answers = BTreeMap::new();
    for revision in ["r1", "r2"] {
        let alone = open(&folder.join(revision), Settings::default())?;
        answers.insert(alone.describe()?.revision, decide_all(&alone, &cases));
    }
    let uncached = Settings {
        cache_entries: 0,
        ..Settings::default()
    };
    let mut report = Report {
        hit_us: median_us(&host, &cases),
        miss_us: median_us(&open(&folder.join("r1"), uncached)?, &cases),
        answers,
        decisions: 0,
        errors: 0,
        mixed: 0,
        activate_ms: 0.0,
        rollback_us: 0.0,
    };
    swap_under_load(&host, &folder, &cases, &mut report)?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

fn open(bundle: &Path, settings: Settings) -> Result<PolicyHost, sark_policy::Error> {
    PolicyHost::open(bundle, settings)
}

fn decide(host: &PolicyHost, case: &Case) -> (String, String) {
    match host.decide_json(&case.entrypoint, case.input.get()) {
        Ok(decision) => (decision.revision().to_owned(), decision.json().to_owned()),
        Err(error) => (String::new(), format!("undecided: {error}")),
    }
}

fn decide_all(host: &PolicyHost, cases: &[Case]) -> BTreeMap<String, String> {
    cases
        .iter()
        .map(|case| (case.name.clone(), decide(host, case).1))
        .collect()
}

/// The median time of a decision over all inputs, in microseconds, after each was decided once.
fn median_us(host: &PolicyHost, cases: &[Case]) -> f64 {
    decide_all(host, cases);
    let mut times: Vec<_> = cases
        .iter()
        .map(|case| {
            let start = Instant::now();
            let _ = host.decide_json(&case.entrypoint, case.input.get());
            start.elapsed()
        })
        .collect();
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

fn swap_under_load(
    host: &PolicyHost,
    folder: &Path,
    cases: &[Case],
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let done = AtomicBool::new(false);
    let (decisions, errors, mixed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let answers = &report.answers;
    let load = || {
        for case in cases.iter().cycle() {
            if done.load(Relaxed) {
                break;
            }
            let (revision, answer) = decide(host, case);
            decisions.fetch_add(1, Relaxed);
            match answers
                .get(&revision)
                .and_then(|answers| answers.get(&case.name))
            {
                None => errors.fetch_add(1, Relaxed),
                Some(right) => mixed.fetch_add(u64::from(*right != answer), Relaxed),
            };
        }
    };
    let (activated, rolled_back) = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(load);
        }
        thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        let activated = host
            .activate(folder.join("r2").as_path())
            .map(|_| start.elapsed());
        thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        let rolled_back = host.rollback().map(|_| start.elapsed());
        thread::sleep(Duration::from_millis(300));
        done.store(true, Relaxed);
        (activated, rolled_back)
    });
    report.activate_ms = activated?.as_secs_f64() * 1e3;
    report.rollback_us = rolled_back?.as_secs_f64() * 1e6;
    report.decisions = decisions.into_inner();
    report.errors = errors.into_inner();
    report.mixed = mixed.into_inner();
    Ok(())
}

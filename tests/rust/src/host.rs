//! Hosts to ask, and short ways to ask them.

use std::num::NonZeroUsize;
use std::time::Duration;

use sark_policy::{Bundle, Error, PolicyHost, Settings};

/// Settings of a test: one shard, and deadlines that a busy machine does not miss.
#[must_use]
pub fn settings() -> Settings {
    Settings {
        shards: NonZeroUsize::MIN,
        deadline: Duration::from_secs(20),
        activation_deadline: Duration::from_mins(2),
        ..Settings::default()
    }
}

/// A bundle of one module, with this revision.
///
/// # Panics
///
/// It cannot be packed.
#[must_use]
pub fn bundle(revision: &str, module: &str) -> Bundle {
    let manifest = format!(r#"{{"revision":"{revision}"}}"#);
    Bundle::of_files([(".manifest", manifest.as_str()), ("policy.rego", module)]).unwrap()
}

/// A bundle with this many rules and this revision, which takes a while to compile.
///
/// # Panics
///
/// It cannot be packed.
#[must_use]
pub fn large_bundle(revision: &str, rules: u32) -> Bundle {
    let rules: Vec<String> = (0..rules).map(|n| format!("rule_{n} := {n}\n")).collect();
    let module = format!("package p\nrevision := \"{revision}\"\n{}", rules.concat());
    bundle(revision, &module)
}

/// Opens a host that must open.
///
/// # Panics
///
/// It does not.
#[must_use]
pub fn open(bundle: &Bundle, settings: Settings) -> PolicyHost {
    PolicyHost::open(bundle.clone(), settings).unwrap_or_else(|error| panic!("{error}"))
}

/// What a host answers, as OPA's REST body, where it must answer.
///
/// # Panics
///
/// It does not.
#[must_use]
pub fn answer(host: &PolicyHost, entrypoint: &str, input: &str) -> String {
    match host.decide_json(entrypoint, input) {
        Ok(decision) => decision.json().to_owned(),
        Err(error) => panic!("{error}"),
    }
}

/// The code of the first problem that an error names, or an empty text.
#[must_use]
pub fn code(error: &Error) -> &str {
    match error {
        Error::BundleRefused { problems } => problems.first().map_or("", |problem| &problem.code),
        Error::UnknownEntrypoint { problem }
        | Error::InputRefused { problem }
        | Error::EvaluationFailed { problem } => &problem.code,
        _ => "",
    }
}

/// A bundle whose answers name its revision.
#[must_use]
pub fn named(revision: &str) -> Bundle {
    bundle(
        revision,
        &format!("package p\nrevision := \"{revision}\"\necho := input"),
    )
}

/// The revision that answers, which its own answer, the figures and the description name too.
///
/// # Panics
///
/// They do not.
#[must_use]
pub fn revision(host: &PolicyHost) -> String {
    let decision = host.decide_json("p/revision", "{}").unwrap();
    assert_eq!(
        decision.read::<String>().unwrap().as_deref(),
        Some(decision.revision())
    );
    let stats = host.stats().unwrap();
    assert_eq!(stats.revision, decision.revision());
    assert_eq!(host.describe().unwrap().revision, decision.revision());
    decision.revision().to_owned()
}

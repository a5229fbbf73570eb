//! Builtin functions: which ones a policy may call, and the few that are ours.
//!
//! regorus has the rest. Ours are those that must not ask the machine (the clock is the caller's `now`),
//! those that make a decision unrepeatable, and those that regorus gets wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use regorus::unstable::BUILTINS;
use regorus::{Engine, Extension};

use crate::value::Value;

/// What builtins share with one evaluation.
#[derive(Debug, Default)]
pub struct Moment {
    now: AtomicU64,
    unrepeatable: AtomicBool,
    /// `rand.intn` and `uuid.rfc4122` answer the same for the same argument within one evaluation.
    drawn: Mutex<BTreeMap<(String, i64), Value>>,
}

impl Moment {
    /// Begins an evaluation at `now`, in nanoseconds since the Unix epoch.
    pub fn begin(&self, now: u64) {
        self.now.store(now, Relaxed);
        if self.unrepeatable.swap(false, Relaxed) {
            self.drawn
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
        }
    }

    /// Whether the evaluation used a builtin whose answer depends on more than its operands.
    pub fn was_unrepeatable(&self) -> bool {
        self.unrepeatable.load(Relaxed)
    }

    fn draw(&self, key: (String, i64), make: impl FnOnce() -> Value) -> Value {
        self.unrepeatable.store(true, Relaxed);
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.entry(key).or_insert_with(make).clone()
    }
}

/// Builtins of ours and the number of their arguments.
const OWN: [(&str, u8); 6] = [
    ("json.is_valid", 1),
    ("rand.intn", 2),
    ("strings.count", 2),
    ("time.now_ns", 0),
    ("trace", 1),
    ("uuid.rfc4122", 1),
];

/// Builtins that regorus has but that do not answer as OPA does.
const INEXACT: [&str; 9] = [
    "glob.quote_meta",
    "graph.reachable_paths",
    "json.filter",
    "json.patch",
    "json.remove",
    "numbers.range_step",
    "time.add_date",
    "yaml.is_valid",
    "yaml.marshal",
];

/// What a policy can expect of a builtin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It works, with this many arguments.
    Works(usize),
    /// It exists in OPA but not here, or is not exact yet.
    Refused,
    /// There is no such builtin that we know of.
    Unknown,
}

/// Looks a builtin up by its name.
pub fn support(name: &str) -> Support {
    if let Some((_, arguments)) = OWN.iter().find(|(own, _)| *own == name) {
        return Support::Works(usize::from(*arguments));
    }
    if INEXACT.contains(&name) {
        return Support::Refused;
    }
    match BUILTINS.get(name) {
        Some((_, arguments)) => Support::Works(usize::from(*arguments)),
        None if name.contains('.') => Support::Refused,
        None => Support::Unknown,
    }
}

/// Makes our builtins known to an engine.
pub fn install(engine: &mut Engine, moment: &Arc<Moment>) -> anyhow::Result<()> {
    let now = Arc::clone(moment);
    add(engine, "time.now_ns", move |_| {
        now.unrepeatable.store(true, Relaxed);
        Ok(Value::from(now.now.load(Relaxed)))
    })?;

    let rand = Arc::clone(moment);
    add(engine, "rand.intn", move |operands| {
        let [key, bound] = operands.as_slice() else {
            anyhow::bail!("`rand.intn` takes two arguments")
        };
        let (key, bound) = (key.as_string()?.to_string(), bound.as_i64()?);
        if bound == 0 {
            return Ok(Value::from(0));
        }
        let random = getrandom::u64()?;
        Ok(rand.draw((format!("rand:{key}"), bound), || {
            Value::from(random % bound.unsigned_abs())
        }))
    })?;

    let uuid = Arc::clone(moment);
    add(engine, "uuid.rfc4122", move |operands| {
        let [key] = operands.as_slice() else {
            anyhow::bail!("`uuid.rfc4122` takes one argument")
        };
        let key = key.as_string()?.to_string();
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(uuid.draw((format!("uuid:{key}"), 0), || Value::from(uuid_text(bytes))))
    })?;

    add(engine, "strings.count", |operands| {
        let [text, part] = operands.as_slice() else {
            anyhow::bail!("`strings.count` takes two arguments")
        };
        let (text, part) = (text.as_string()?, part.as_string()?);
        let count = if part.is_empty() {
            text.chars().count() + 1
        } else {
            text.matches(part.as_ref()).count()
        };
        Ok(Value::from(count))
    })?;

    add(engine, "trace", |_| Ok(Value::from(true)))?;

    add(engine, "json.is_valid", |operands| {
        let text = operands.first().and_then(|text| text.as_string().ok());
        let valid =
            text.is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        Ok(Value::from(valid))
    })
}

fn add<F>(engine: &mut Engine, name: &str, function: F) -> anyhow::Result<()>
where
    F: Extension + Clone + 'static,
{
    let arguments = OWN
        .iter()
        .find(|(own, _)| *own == name)
        .map_or(0, |(_, n)| *n);
    engine.add_extension(name.to_owned(), arguments, Box::new(function))
}

/// RFC 4122, version 4.
fn uuid_text(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (n, byte) in bytes.iter().enumerate() {
        if matches!(n, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

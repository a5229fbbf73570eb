//! One instance: a store, the component in it, and the answers fetched from it.
//!
//! What bounds an instance's life: it takes one bundle, serves it, and ends with its generation, or
//! with the first call that traps. After a trap nothing of it is used again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::Store;

use crate::bindings::Sandbox as Exports;
use crate::bindings::exports::sark::policy::policy::{
    Description, RuleIndex, Settings as GuestSettings,
};
use crate::decision::{Decision, DecisionId, Made, failure};
use crate::error::{Error, Limits, Problem};
use crate::sandbox::{Sandbox, State};
use crate::settings::Settings;
use crate::shard::is_trap;
use crate::statistics::CacheStatistics;
use crate::ticker::ticks;

/// Most inputs of a crossing.
pub(crate) const BATCH: usize = 128;

/// How many deadlines a crossing of a batch may take: with one, a policy that is well within it for an
/// input would often not be for a batch; with one an input, a single bad one could block the shard for
/// seconds.
pub(crate) const BATCH_DEADLINES: u32 = 4;

/// A component's instance without a bundle: for a cache, or before activation.
pub(crate) struct Bare {
    store: Store<State>,
    exports: Exports,
}

impl Bare {
    pub fn new(sandbox: &Sandbox, memory: usize) -> Result<Self, Error> {
        let state = State {
            memory,
            memory_refused: false,
        };
        let mut store = Store::new(&sandbox.engine, state);
        store.limiter(|state| state);
        store.set_epoch_deadline(ticks(Duration::from_secs(10)));
        let exports = sandbox
            .component
            .instantiate(&mut store)
            .map_err(Error::unavailable)?;
        Ok(Self { store, exports })
    }

    /// Calls the component, which may take until the deadline.
    pub fn call<T>(
        &mut self,
        deadline: Duration,
        work: impl FnOnce(&Exports, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        self.store.set_epoch_deadline(ticks(deadline));
        work(&self.exports, &mut self.store).map_err(|trap| {
            let State {
                memory,
                memory_refused,
            } = *self.store.data();
            let limits = Limits {
                deadline,
                memory,
                memory_refused,
            };
            Error::of_trap(trap, &limits)
        })
    }
}

/// An instance with its bundle.
pub(crate) struct Instance {
    bare: Bare,
    /// Random; half of every decision's id.
    id: u64,
    revision: Arc<str>,
    entrypoints: HashMap<Arc<str>, u32, foldhash::fast::RandomState>,
    answers: Answers,
    deadline: Duration,
}

impl Instance {
    /// Instantiates the component and activates a bundle, base64 of an archive, on it.
    pub fn activate(
        sandbox: &Sandbox,
        settings: &Settings,
        bundle: &str,
    ) -> Result<(Self, Description), Error> {
        let mut bare = Bare::new(sandbox, settings.memory)?;
        let guest_settings = guest_settings(settings)?;
        let activated = bare.call(settings.activation_deadline, |exports, store| {
            exports
                .sark_policy_policy()
                .call_activate(store, bundle, &guest_settings)
        })?;
        let description = activated.map_err(|problems| Error::BundleRefused {
            problems: problems.into_iter().map(Problem::from).collect(),
        })?;
        let instance = Self {
            bare,
            id: random()?,
            revision: description.revision.as_str().into(),
            entrypoints: HashMap::default(),
            answers: Answers::new(settings.cache_entries),
            deadline: settings.deadline,
        };
        Ok((instance, description))
    }

    /// Decides one input.
    pub fn decide(
        &mut self,
        left: Duration,
        entrypoint: &str,
        input: &str,
    ) -> Result<Decision, Error> {
        let number = self.resolve(left, entrypoint)?;
        let now = now();
        let id = self.call(left, |exports, store| {
            exports
                .sark_policy_policy()
                .call_decide(store, number, now, input)
        })?;
        self.decision(left, entrypoint, id, now, None)
    }

    /// Decides many inputs, none with a line break, no more than [`BATCH`].
    pub fn decide_batch(
        &mut self,
        left: Duration,
        entrypoint: &str,
        inputs: &[&str],
    ) -> Result<Vec<Result<Decision, Error>>, Error> {
        let number = self.resolve(left, entrypoint)?.to_string();
        let now = now();
        let lines = self.lines(left * BATCH_DEADLINES, &number, now, &inputs.join("\n"))?;
        let lines = lines.split('\n');
        Ok(lines
            .map(|line| self.line(left, entrypoint, now, line))
            .collect())
    }

    /// Decides one input, without a line break, for several entry points.
    pub fn decide_each(
        &mut self,
        left: Duration,
        entrypoints: &[&str],
        input: &str,
    ) -> Result<Vec<Result<Decision, Error>>, Error> {
        let mut found = Vec::with_capacity(entrypoints.len());
        for entrypoint in entrypoints {
            found.push(match self.resolve(left, entrypoint) {
                Err(error) if is_trap(&error) => return Err(error),
                found => found,
            });
        }
        let numbers = found.iter().flatten().map(u32::to_string);
        let numbers = numbers.collect::<Vec<_>>().join(" ");
        let now = now();
        let lines = if numbers.is_empty() {
            String::new()
        } else {
            self.lines(left, &numbers, now, input)?
        };
        let mut lines = lines.split('\n');
        let asked = found.into_iter().zip(entrypoints);
        let decide = |(number, entrypoint): (Result<u32, Error>, &&str)| {
            number?;
            self.line(left, entrypoint, now, lines.next().unwrap_or_default())
        };
        Ok(asked.map(decide).collect())
    }

    /// Asks for many decisions, each of which comes back as a line.
    fn lines(
        &mut self,
        left: Duration,
        entrypoints: &str,
        now: u64,
        inputs: &str,
    ) -> Result<String, Error> {
        self.call(left, |exports, store| {
            exports
                .sark_policy_policy()
                .call_decide_batch(store, entrypoints, now, inputs)
        })
    }

    /// The decision that a line tells: its id and, if it was made just now, its answer.
    fn line(
        &mut self,
        left: Duration,
        entrypoint: &str,
        now: u64,
        line: &str,
    ) -> Result<Decision, Error> {
        let (id, answer) = line
            .split_once(' ')
            .map_or((line, None), |(id, answer)| (id, Some(answer)));
        self.decision(left, entrypoint, id.parse().unwrap_or(0), now, answer)
    }

    /// What the rule index can tell apart.
    pub fn explain_index(&mut self, left: Duration) -> Result<Vec<RuleIndex>, Error> {
        self.call(left, |exports, store| {
            exports.sark_policy_policy().call_explain_index(store)
        })
    }

    /// The decision cache's figures, and the instance's memory in bytes.
    pub fn statistics(&mut self, left: Duration) -> Result<(CacheStatistics, u64), Error> {
        self.call(left, |exports, store| {
            let policy = exports.sark_policy_policy();
            Ok((
                policy.call_figures(&mut *store)?.into(),
                policy.call_memory(store)?,
            ))
        })
    }

    fn call<T>(
        &mut self,
        left: Duration,
        work: impl FnOnce(&Exports, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        let limit = self.deadline;
        self.bare.call(left, work).map_err(|error| match error {
            Error::DeadlineElapsed { .. } => Error::DeadlineElapsed { limit },
            other => other,
        })
    }

    fn resolve(&mut self, left: Duration, entrypoint: &str) -> Result<u32, Error> {
        if let Some(number) = self.entrypoints.get(entrypoint) {
            return Ok(*number);
        }
        let found = self.call(left, |exports, store| {
            exports.sark_policy_policy().call_resolve(store, entrypoint)
        })?;
        let number = found.map_err(|problem| Error::of_problem(problem.into()))?;
        self.entrypoints.insert(entrypoint.into(), number);
        Ok(number)
    }

    /// The decision of this id, whose answer is at hand, was fetched before, or is fetched now.
    fn decision(
        &mut self,
        left: Duration,
        entrypoint: &str,
        number: u64,
        now: u64,
        answer: Option<&str>,
    ) -> Result<Decision, Error> {
        let cached = number <= self.answers.newest;
        if let Some(made) = self.answers.get(number) {
            return Ok(Decision { made, cached });
        }
        let answer: Box<str> = match answer {
            Some(answer) => answer.into(),
            None => self
                .call(left, |exports, store| {
                    exports.sark_policy_policy().call_answer(store, number)
                })?
                .unwrap_or_default()
                .into(),
        };
        let failure = failure(&answer);
        let made = Arc::new(Made {
            answer,
            id: DecisionId {
                instance: self.id,
                number,
            },
            revision: Arc::clone(&self.revision),
            entrypoint: self
                .entrypoints
                .get_key_value(entrypoint)
                .map_or_else(|| entrypoint.into(), |(name, _)| Arc::clone(name)),
            at: UNIX_EPOCH + Duration::from_nanos(now),
        });
        self.answers
            .put(number, failure.is_none().then(|| Arc::clone(&made)));
        match failure {
            Some(error) => Err(error),
            None => Ok(Decision { made, cached }),
        }
    }
}

/// The newest answers by id. An id is twice the count of decisions made, and one more if the decision holds
/// for its question: so the place of each is known.
struct Answers {
    most: usize,
    newest: u64,
    /// The last is that of `newest`.
    made: VecDeque<Option<Arc<Made>>>,
}

impl Answers {
    fn new(most: u32) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX).max(1),
            newest: 0,
            made: VecDeque::new(),
        }
    }

    fn get(&self, id: u64) -> Option<Arc<Made>> {
        let age = usize::try_from((self.newest / 2).checked_sub(id / 2)?).ok()?;
        let place = self.made.len().checked_sub(age + 1)?;
        self.made.get(place)?.clone()
    }

    /// Keeps the answer of the newest id; that of an older one is known to be rare and not kept again.
    fn put(&mut self, id: u64, made: Option<Arc<Made>>) {
        if id / 2 != self.newest / 2 + 1 {
            return;
        }
        self.newest = id;
        self.made.push_back(made);
        if self.made.len() > self.most {
            self.made.pop_front();
        }
    }
}

fn guest_settings(settings: &Settings) -> Result<GuestSettings, Error> {
    Ok(GuestSettings {
        entrypoints: settings.entrypoints.clone(),
        unpacked: settings.unpacked,
        input: settings.input,
        depth: settings.depth,
        entries: settings.cache_entries,
        bytes: settings.cache_bytes,
        ttl: nanoseconds(settings.cache_ttl),
        seed: random()?,
        unverified: settings.unverified,
        strict: settings.strict_builtin_errors,
    })
}

/// Now, in nanoseconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, nanoseconds)
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn random() -> Result<u64, Error> {
    getrandom::u64().map_err(|error| Error::SandboxUnavailable {
        source: Box::from(format!("the system gives no randomness: {error}")),
    })
}

//! The host of a policy: the current generation, the one before it, and the switch between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use serde::Serialize;

use crate::bundle::Bundle;
use crate::decision::Decision;
use crate::error::Error;
use crate::generation::{Description, Generation, RuleIndex};
use crate::sandbox::Sandbox;
use crate::settings::Settings;
use crate::shard::is_trap;
use crate::statistics::Statistics;

/// Decides by a bundle that can be exchanged at any time.
///
/// A clone is another handle to the same host.
#[derive(Clone)]
pub struct PolicyHost {
    inner: Arc<Inner>,
}

struct Inner {
    sandbox: Arc<Sandbox>,
    settings: Arc<Settings>,
    /// Absent once the host is closed.
    current: ArcSwapOption<Generation>,
    /// Held while a bundle is activated, so that activations come one after another.
    activating: Mutex<()>,
    /// Held for the moment of a switch. A rollback does not wait for an activation under way.
    previous: Mutex<Option<Arc<Generation>>>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    generations: AtomicU64,
    activations: AtomicU64,
    rollbacks: AtomicU64,
    traps: AtomicU64,
    deadlines: AtomicU64,
}

impl PolicyHost {
    /// Opens a host with its first bundle.
    ///
    /// The first start on a machine compiles the component, which takes some seconds; later ones load
    /// it in a millisecond from [`Settings::aot_folder`].
    ///
    /// # Errors
    ///
    /// The bundle is refused, exceeds a limit, or the sandbox is not available.
    pub fn open(
        bundle: impl TryInto<Bundle, Error = impl Into<Error>>,
        settings: Settings,
    ) -> Result<Self, Error> {
        let bundle = bundle.try_into().map_err(Into::into)?;
        let sandbox = Sandbox::shared(settings.aot_folder.as_deref())?;
        let settings = Arc::new(settings);
        let first = Generation::build(&sandbox, &settings, &bundle, 1)?;
        let counts = Counts::default();
        counts.generations.store(1, Relaxed);
        counts.activations.store(1, Relaxed);
        let inner = Inner {
            sandbox,
            settings,
            current: ArcSwapOption::from_pointee(first),
            activating: Mutex::new(()),
            previous: Mutex::new(None),
            counts,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Decides one input. `entrypoint` is OPA's REST path (`mcp/gateway/result`), or a reference
    /// (`data.mcp.gateway.result`).
    ///
    /// # Errors
    ///
    /// Undecided: deny. The entry point is unknown, the input refused, the evaluation failed, or a limit
    /// was exceeded. An undefined rule is not an error.
    pub fn decide<I: Serialize + ?Sized>(
        &self,
        entrypoint: &str,
        input: &I,
    ) -> Result<Decision, Error> {
        let input = serde_json::to_string(input)
            .map_err(|source| Error::InputNotSerializable { source })?;
        self.decide_json(entrypoint, &input)
    }

    /// Decides one input that is JSON already. The one word `undefined`, which is no JSON, stands for no input at all:
    /// `input` is undefined then, as for OPA's REST body without `input`.
    ///
    /// # Errors
    ///
    /// As [`decide`](Self::decide).
    pub fn decide_json(&self, entrypoint: &str, input: &str) -> Result<Decision, Error> {
        let current = self.inner.current.load();
        let generation = current.as_ref().ok_or(Error::Closed)?;
        self.counted(generation.decide(entrypoint, input))
    }

    /// Decides many inputs, each JSON, by one generation. The answers come in the inputs' order; one
    /// that fails does not touch the others.
    ///
    /// # Errors
    ///
    /// The host is closed. What happens to a single input stands in its place.
    pub fn decide_batch<S: AsRef<str>>(
        &self,
        entrypoint: &str,
        inputs: &[S],
    ) -> Result<Vec<Result<Decision, Error>>, Error> {
        let generation = self.inner.current.load_full().ok_or(Error::Closed)?;
        let lines: Vec<_> = inputs
            .iter()
            .map(|input| one_line(input.as_ref()))
            .collect();
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        let decided = generation.decide_batch(entrypoint, &lines);
        Ok(self.all_counted(decided))
    }

    /// Decides one input, which is JSON, for several entry points: by one generation, in one crossing, within one
    /// deadline. The answers come in the entry points' order, and an entry point that fails does not touch the
    /// others.
    ///
    /// # Errors
    ///
    /// Undecided, for all of them: the call was ended at a limit, or the host is closed. What happens to a single
    /// entry point stands in its place.
    pub fn decide_each<S: AsRef<str>>(
        &self,
        entrypoints: &[S],
        input: &str,
    ) -> Result<Vec<Result<Decision, Error>>, Error> {
        let generation = self.inner.current.load_full().ok_or(Error::Closed)?;
        let entrypoints: Vec<&str> = entrypoints.iter().map(AsRef::as_ref).collect();
        match generation.decide_each(&entrypoints, &one_line(input)) {
            Ok(decided) => Ok(self.all_counted(decided)),
            Err(error) => {
                self.count(&error);
                Err(error)
            }
        }
    }

    /// Goes over to another bundle: builds its instances beside the current ones, switches, and keeps
    /// what was current for [`rollback`](Self::rollback). Returns what the bundle holds.
    ///
    /// No request is lost or waits for it; each decision names the revision that made it. Caches start
    /// empty.
    ///
    /// # Errors
    ///
    /// The bundle is refused or exceeds a limit: what was current stays current.
    pub fn activate(
        &self,
        bundle: impl TryInto<Bundle, Error = impl Into<Error>>,
    ) -> Result<Description, Error> {
        let bundle = bundle.try_into().map_err(Into::into)?;
        let _one_at_a_time = self.inner.activating.lock();
        let counts = &self.inner.counts;
        if self.inner.current.load().is_none() {
            return Err(Error::Closed);
        }
        let number = counts.generations.fetch_add(1, Relaxed) + 1;
        let next = Generation::build(&self.inner.sandbox, &self.inner.settings, &bundle, number)?;
        let description = next.description.clone();
        let old = {
            let mut previous = self.inner.previous.lock();
            if self.inner.current.load().is_none() {
                return Err(Error::Closed); // while the bundle was being built
            }
            *previous = self.inner.current.swap(Some(Arc::new(next)));
            previous.clone()
        };
        if let Some(old) = old {
            old.drain();
        }
        counts.activations.fetch_add(1, Relaxed);
        Ok(description)
    }

    /// Makes the previous generation current again, at once: its instances were kept. What was current
    /// becomes the previous one, so that a second rollback returns to it. Returns the revision that is
    /// current now.
    ///
    /// # Errors
    ///
    /// There is no previous generation, or the host is closed.
    pub fn rollback(&self) -> Result<String, Error> {
        let mut previous = self.inner.previous.lock();
        if self.inner.current.load().is_none() {
            return Err(Error::Closed);
        }
        let back = previous.take().ok_or(Error::NothingToRollBack)?;
        let revision = back.description.revision.clone();
        *previous = self.inner.current.swap(Some(back));
        self.inner.counts.rollbacks.fetch_add(1, Relaxed);
        Ok(revision)
    }

    /// What the current bundle holds.
    ///
    /// # Errors
    ///
    /// The host is closed.
    pub fn describe(&self) -> Result<Description, Error> {
        let current = self.inner.current.load();
        Ok(current.as_ref().ok_or(Error::Closed)?.description.clone())
    }

    /// What the rule index of the current bundle can tell apart, of every rule that has several definitions.
    ///
    /// # Errors
    ///
    /// Undecided: the host is closed, or the call was ended at a limit.
    pub fn explain_index(&self) -> Result<Vec<RuleIndex>, Error> {
        let generation = self.inner.current.load_full().ok_or(Error::Closed)?;
        generation.explain_index()
    }

    /// The figures of this host.
    ///
    /// # Errors
    ///
    /// The host is closed.
    pub fn stats(&self) -> Result<Statistics, Error> {
        let generation = self.inner.current.load_full().ok_or(Error::Closed)?;
        let previous = self.inner.previous.lock();
        let previous = previous
            .as_ref()
            .map(|previous| previous.description.revision.clone());
        let counts = &self.inner.counts;
        let (cache, memory) = generation.statistics();
        Ok(Statistics {
            revision: generation.description.revision.clone(),
            previous,
            generation: generation.number,
            activations: counts.activations.load(Relaxed),
            rollbacks: counts.rollbacks.load(Relaxed),
            traps: counts.traps.load(Relaxed),
            deadlines: counts.deadlines.load(Relaxed),
            shards: generation.shards(),
            memory,
            cache,
        })
    }

    /// Ends the host, for all its handles: calls under way finish, later ones fail with
    /// [`Error::Closed`]. Closing twice does nothing.
    pub fn close(&self) {
        let mut previous = self.inner.previous.lock();
        *previous = None;
        if let Some(last) = self.inner.current.swap(None) {
            last.drain();
        }
    }

    fn counted(&self, decision: Result<Decision, Error>) -> Result<Decision, Error> {
        if let Err(error) = &decision {
            self.count(error);
        }
        decision
    }

    fn all_counted(&self, decisions: Vec<Result<Decision, Error>>) -> Vec<Result<Decision, Error>> {
        let decisions = decisions.into_iter();
        decisions.map(|decision| self.counted(decision)).collect()
    }

    /// Counts an error that ended an instance.
    fn count(&self, error: &Error) {
        if is_trap(error) {
            let counts = &self.inner.counts;
            counts.traps.fetch_add(1, Relaxed);
            if matches!(error, Error::DeadlineElapsed { .. }) {
                counts.deadlines.fetch_add(1, Relaxed);
            }
        }
    }
}

/// A JSON text on one line. In JSON a line break is white space; another text is refused later, and must
/// not be repaired here.
fn one_line(input: &str) -> std::borrow::Cow<'_, str> {
    if !input.contains('\n') {
        return input.into();
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(input) {
        Ok(_) => input.replace('\n', " ").into(),
        // No JSON has this character anywhere.
        Err(_) => input.replace('\n', "\u{1}").into(),
    }
}

//! The exports of `wit/`, each a line or two over what it stands for.

use std::cell::RefCell;
use std::num::{NonZeroU64, NonZeroUsize};

use sark_policy_cache::{Cache, Limits, Statistics, Text};
use sark_policy_rego::{Code, Problem, RuleIndex};

use crate::instance::Instance;
use crate::wit::exports::sark::policy::{cache, policy};

struct Component;
crate::wit::export!(Component with_types_in crate::wit);

thread_local! {
    static INSTANCE: RefCell<Option<Instance>> = const { RefCell::new(None) };
    static CACHE: RefCell<Option<Cache<Text, String>>> = const { RefCell::new(None) };
}

/// Runs `work` on the activated bundle; without one there is only `absent`.
fn with<T>(absent: impl FnOnce() -> T, work: impl FnOnce(&mut Instance) -> T) -> T {
    INSTANCE.with_borrow_mut(|instance| instance.as_mut().map_or_else(absent, work))
}

/// Runs `work` on the open cache; without one there is only `absent`.
fn with_cache<T>(absent: T, work: impl FnOnce(&mut Cache<Text, String>) -> T) -> T {
    CACHE.with_borrow_mut(|cache| match cache {
        Some(cache) => work(cache),
        None => absent,
    })
}

impl policy::Guest for Component {
    fn activate(
        bundle: String,
        settings: policy::Settings,
    ) -> Result<policy::Description, Vec<policy::Problem>> {
        crate::libc::set_panic_hook();
        let activated = if with(|| false, |_| true) {
            Err(vec![Problem::new(
                Code::BundleState,
                "this instance has a bundle already",
                "instantiate the component afresh for another bundle",
            )])
        } else {
            Instance::activate(&bundle, &settings)
        };
        match activated {
            Ok(instance) => {
                let description = instance.description().clone();
                INSTANCE.set(Some(instance));
                Ok(description)
            }
            Err(problems) => Err(problems.into_iter().map(Into::into).collect()),
        }
    }

    fn describe() -> Option<policy::Description> {
        with(|| None, |instance| Some(instance.description().clone()))
    }

    fn resolve(path: String) -> Result<u32, policy::Problem> {
        with(|| Err(no_bundle()), |instance| instance.resolve(&path)).map_err(Into::into)
    }

    fn decide(entrypoint: u32, now: u64, input: String) -> u64 {
        with(|| 0, |instance| instance.decide(entrypoint, now, &input))
    }

    fn answer(id: u64) -> Option<String> {
        with(
            || None,
            |instance| instance.answer(id).map(ToOwned::to_owned),
        )
    }

    fn decide_batch(entrypoints: String, now: u64, inputs: String) -> String {
        with(String::new, |instance| {
            instance.decide_batch(&entrypoints, now, &inputs)
        })
    }

    fn explain_index() -> Vec<policy::RuleIndex> {
        let explained = with(Vec::new, |instance| instance.explain_index());
        explained.into_iter().map(Into::into).collect()
    }

    fn figures() -> cache::Statistics {
        with(Statistics::default, |instance| instance.statistics()).into()
    }

    fn memory() -> u64 {
        linear_memory()
    }
}

impl cache::Guest for Component {
    fn open(limits: cache::Limits) -> Result<(), String> {
        crate::libc::set_panic_hook();
        let entries = usize::try_from(limits.entries)
            .ok()
            .and_then(NonZeroUsize::new);
        let Some((entries, bytes)) = entries.zip(NonZeroU64::new(limits.bytes)) else {
            return Err("a cache needs room for at least one entry and one byte".to_owned());
        };
        CACHE.set(Some(Cache::new(Limits { entries, bytes }, limits.seed)));
        Ok(())
    }

    fn get(key: String, now: u64) -> Option<String> {
        with_cache(None, |cache| cache.get(key.as_str(), now).cloned())
    }

    fn set(key: String, value: String, ttl: u64, now: u64) -> cache::Outcome {
        with_cache(cache::Outcome::Oversized, |cache| {
            cache.set(key.into(), value, ttl, now).into()
        })
    }

    fn get_batch(keys: String, now: u64) -> Result<String, ()> {
        with_cache(Err(()), |cache| cache.get_batch(&keys, now).map_err(drop))
    }

    fn set_batch(items: String, now: u64) -> Result<String, ()> {
        with_cache(Err(()), |cache| cache.set_batch(&items, now).map_err(drop))
    }

    fn delete(key: String, now: u64) -> bool {
        with_cache(false, |cache| cache.delete(key.as_str(), now))
    }

    fn delete_matching(parts: Vec<Option<String>>, now: u64) -> u32 {
        let parts: Vec<_> = parts.iter().map(Option::as_deref).collect();
        with_cache(0, |cache| saturating(cache.delete_matching(&parts, now)))
    }

    fn heads(parts: u32, now: u64) -> Result<String, ()> {
        let parts = usize::try_from(parts).unwrap_or(usize::MAX);
        with_cache(Err(()), |cache| cache.heads(parts, now).map_err(drop))
    }

    fn clear() -> u32 {
        with_cache(0, |cache| saturating(cache.clear()))
    }

    fn length() -> u32 {
        with_cache(0, |cache| saturating(cache.len()))
    }

    fn sweep(now: u64, steps: u32) -> u32 {
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        with_cache(0, |cache| saturating(cache.sweep(now, steps)))
    }

    fn figures() -> cache::Statistics {
        with_cache(Statistics::default(), |cache| cache.statistics()).into()
    }
}

/// The linear memory, in bytes.
#[cfg(target_arch = "wasm32")]
fn linear_memory() -> u64 {
    const PAGE: u64 = 64 << 10;
    u64::try_from(core::arch::wasm32::memory_size(0)).unwrap_or(u64::MAX) * PAGE
}

/// There is none: natively the crate is only checked.
#[cfg(not(target_arch = "wasm32"))]
fn linear_memory() -> u64 {
    0
}

fn no_bundle() -> Problem {
    Problem::new(
        Code::BundleState,
        "this instance has no bundle",
        "activate a bundle on it first",
    )
}

fn saturating(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl From<Problem> for policy::Problem {
    fn from(problem: Problem) -> Self {
        Self {
            code: problem.code.as_str().to_owned(),
            message: problem.message,
            file: problem.place.file,
            row: problem.place.row,
            column: problem.place.column,
            cure: problem.cure,
        }
    }
}

impl From<RuleIndex> for policy::RuleIndex {
    fn from(index: RuleIndex) -> Self {
        let tried = index.tried.into_iter().map(|tried| policy::Tried {
            file: tried.place.file,
            row: tried.place.row,
            reasons: tried.reasons,
        });
        Self {
            rule: index.rule.to_string(),
            definitions: saturating(index.definitions),
            asks: index.asks,
            tried: tried.collect(),
        }
    }
}

impl From<sark_policy_cache::Outcome> for cache::Outcome {
    fn from(outcome: sark_policy_cache::Outcome) -> Self {
        use sark_policy_cache::Outcome as Guest;
        match outcome {
            Guest::Stored => Self::Stored,
            Guest::Replaced => Self::Replaced,
            Guest::Expired => Self::Expired,
            Guest::Oversized => Self::Oversized,
        }
    }
}

impl From<sark_policy_cache::Statistics> for cache::Statistics {
    fn from(figures: sark_policy_cache::Statistics) -> Self {
        Self {
            hits: figures.hits,
            misses: figures.misses,
            evictions: figures.evictions,
            expirations: figures.expirations,
            entries: saturating(figures.entries),
            bytes: figures.bytes,
        }
    }
}

//! Many threads at one host.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use sark_policy::{Decision, Error, PolicyHost, Settings};
use sark_policy_tests::{bundle, open, settings, wait_for};

const THREADS: usize = 8;
const ROUNDS: usize = 500;

const POLICY: &str = r#"package p

default allow := false
allow if input.n > 100
result := {"n": input.n, "allow": allow}
large := count(concat("", [input.s | some i in numbers.range(1, 2000)]))
"#;

fn host(shards: usize) -> PolicyHost {
    let shards = NonZeroUsize::new(shards).unwrap();
    let memory = 64 << 20;
    open(
        &bundle("r1", POLICY),
        Settings {
            shards,
            memory,
            ..settings()
        },
    )
}

fn input(n: usize) -> String {
    format!(r#"{{"n":{n}}}"#)
}

fn check(decided: Result<Decision, Error>, n: usize) -> Decision {
    let decision = decided.unwrap();
    let expected = format!(r#"{{"allow":{},"n":{n}}}"#, n > 100);
    assert_eq!(decision.result(), Some(expected.as_str()));
    decision
}

/// The instance that decided: the first half of an id.
fn instance(decision: &Decision) -> String {
    let id = decision.decision_id().to_string();
    id.split('-').next().unwrap_or_default().to_owned()
}

/// Hits, misses and batches, in turn; returns how often each instance decided.
fn mixed_load(host: &PolicyHost, thread: usize) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for round in 0..ROUNDS {
        let own = 1_000 * thread + round;
        let common = round % 10;
        let decisions = match round % 3 {
            0 => vec![check(host.decide_json("p/result", &input(common)), common)],
            1 => vec![check(host.decide_json("p/result", &input(own)), own)],
            _ => {
                let numbers = [own, common, own + 1, own];
                let decided = host.decide_batch("p/result", &numbers.map(input)).unwrap();
                decided
                    .into_iter()
                    .zip(numbers)
                    .map(|(one, n)| check(one, n))
                    .collect()
            }
        };
        for decision in decisions {
            *counts.entry(instance(&decision)).or_default() += 1;
        }
    }
    counts
}

fn under_load(shards: usize) {
    let host = host(shards);
    let mut counts: HashMap<String, usize> = HashMap::new();
    thread::scope(|scope| {
        let host = &host;
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || mixed_load(host, thread)))
            .collect();
        for thread in threads {
            for (instance, count) in thread.join().unwrap() {
                *counts.entry(instance).or_default() += count;
            }
        }
    });
    // Questions spread by their hash: each shard has a fair share, a quarter of the mean at least.
    let all: usize = counts.values().sum();
    assert_eq!(counts.len(), shards);
    assert!(
        counts.values().all(|count| *count >= all / shards / 4),
        "{counts:?}"
    );
    let cache = host.stats().unwrap().cache;
    assert!(cache.hits > 0 && cache.misses > 0);
    assert_eq!(cache.evictions, 0);
}

#[test]
fn one_shard_serves_eight_threads() {
    under_load(1);
}

#[test]
fn four_shards_serve_eight_threads_and_none_starves() {
    under_load(4);
}

#[test]
fn the_same_question_has_one_answer_for_all() {
    let host = host(4);
    let ids: Vec<_> = thread::scope(|scope| {
        let ask = || check(host.decide_json("p/result", &input(7)), 7).decision_id();
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn inputs_that_trap_do_not_hurt_the_others() {
    for shards in [1, 4] {
        let host = host(shards);
        let stop = AtomicBool::new(false);
        let traps = thread::scope(|scope| {
            let (host, stop) = (&host, &stop);
            let attacker = scope.spawn(move || {
                let mut traps = 0;
                // Each is another question, so that every shard is hit.
                while !stop.load(Relaxed) {
                    let input = format!(r#"{{"s":"{}","n":{traps}}}"#, "x".repeat(100 << 10));
                    let ended = host.decide_json("p/large", &input).unwrap_err();
                    assert!(matches!(ended, Error::MemoryExhausted { .. }), "{ended}");
                    traps += 1;
                }
                traps
            });
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| scope.spawn(move || mixed_load(host, thread)))
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            // At least one in between, however fast the others were.
            wait_for(|| (host.stats().unwrap().traps > 0).then_some(()));
            stop.store(true, Relaxed);
            attacker.join().unwrap()
        });
        assert_eq!(host.stats().unwrap().traps, traps);
    }
}

#[test]
fn a_batch_with_an_input_that_traps_still_answers_all_others() {
    for shards in [1, 4] {
        let host = host(shards);
        let bomb = format!(r#"{{"s":"{}"}}"#, "x".repeat(100 << 10));
        let inputs = [r#"{"s":"a"}"#, bomb.as_str(), r#"{"s":"ab"}"#];
        let decided = host.decide_batch("p/large", &inputs).unwrap();
        assert_eq!(decided[0].as_ref().unwrap().result(), Some("2000"));
        let ended = decided[1].as_ref().unwrap_err();
        assert!(matches!(ended, Error::MemoryExhausted { .. }), "{ended}");
        assert_eq!(decided[2].as_ref().unwrap().result(), Some("4000"));
    }
}

#[test]
fn a_host_may_be_closed_under_load() {
    let host = host(4);
    thread::scope(|scope| {
        let ask = || {
            for n in 0.. {
                match host.decide_json("p/result", &input(n)) {
                    Err(Error::Closed) => return,
                    decided => check(decided, n),
                };
            }
        };
        for _ in 0..THREADS {
            scope.spawn(ask);
        }
        wait_for(|| (host.stats().unwrap().cache.misses > 100).then_some(()));
        host.close();
    });
}

//! A thousand switches under load. Alone in its process, since it looks at the process's memory.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use sark_policy::{Bundle, PolicyHost, Settings};
use sark_policy_tests::{bundle, open, settings};

const THREADS: usize = 4;
const SWITCHES: usize = 1_000;

fn named(revision: &str) -> Bundle {
    let rules = "allow if input.n > 2\nfilter := [k | some k in input.keys; k != \"secret\"]";
    bundle(
        revision,
        &format!(
            "package p\nrevision := \"{revision}\"\n{rules}\nresult := [revision, filter, input.n]"
        ),
    )
}

/// The resident memory of this process, in bytes.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Asks until told to stop; a third of the questions hits the cache, a third comes in batches.
fn ask(host: &PolicyHost, stop: &AtomicBool, asked: &AtomicUsize) {
    for n in 0.. {
        if stop.load(Relaxed) {
            return;
        }
        let input = |n: usize| format!(r#"{{"n":{n},"keys":["a","secret"]}}"#);
        let right = |decision: &sark_policy::Decision, n: usize| {
            let expected = format!(r#"["{}",["a"],{n}]"#, decision.revision());
            assert_eq!(decision.result(), Some(expected.as_str()));
        };
        if n % 3 == 0 {
            let batch: Vec<_> = (n..n + 5).map(input).collect();
            let decided = host.decide_batch("p/result", &batch).unwrap();
            let decided: Vec<_> = decided.into_iter().map(Result::unwrap).collect();
            for (decision, n) in decided.iter().zip(n..) {
                right(decision, n);
                assert_eq!(decision.revision(), decided[0].revision());
            }
        } else {
            let n = if n % 3 == 1 { 7 } else { n };
            right(&host.decide_json("p/result", &input(n)).unwrap(), n);
        }
        asked.fetch_add(1, Relaxed);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_decision_is_lost_or_mixed_up_and_no_memory_either() {
    let shards = NonZeroUsize::new(2).unwrap();
    let bundles = [named("even"), named("odd")];
    let host = open(
        &bundles[1],
        Settings {
            shards,
            ..settings()
        },
    );
    let (stop, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (early, late) = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| ask(&host, &stop, &asked));
        }
        let mut early = 0;
        for n in 0..SWITCHES {
            host.activate(bundles[n % 2].clone()).unwrap();
            if n == 99 {
                early = resident();
            }
        }
        let late = resident();
        stop.store(true, Relaxed);
        (early, late)
    });
    let (early, late, asked) = (early >> 10, late >> 10, asked.into_inner());
    println!("{asked} calls; resident after 100 switches {early} KiB, after {SWITCHES} {late} KiB");
    assert!(asked > SWITCHES, "{asked} calls are no load");
    // An instance has some MiB, and what is said of a bundle some KiB: what was lost at each switch would be more.
    assert!(late <= early + 8 * 1024, "{early} KiB grew to {late} KiB");
    let stats = host.stats().unwrap();
    assert_eq!((stats.activations, stats.traps), (SWITCHES as u64 + 1, 0));
}

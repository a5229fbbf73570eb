//! A decision of the example policy, cached and not, JSON in and JSON out.
//!
//! - `decide/floor`: the same crossing doing nothing; `decide/echo`: the text there and back;
//! - `decide/hit`, `decide/miss`: ours;
//! - `decide/native`: our evaluator in this process, without a sandbox or limits;
//! - `threads/…`: how many decisions a second one and several threads get, each thread with questions of its own;
//! - `swap/…`: the slowest hundredth of decisions, while nothing else happens and while bundle after bundle is
//!   activated.
//!
//! `evaluate.rs` has the peers.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot start should stop"
)]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use criterion::Criterion;
use sark_policy::{Bundle, PolicyHost, Settings};
use sark_policy_benches::case::Case;
use sark_policy_benches::echo::Echo;
use sark_policy_benches::ours::Ours;
use sark_policy_benches::table::Table;
use sark_policy_benches::{ANSWER, ENTRYPOINT, INPUT, POLICY};

/// How long threads are counted, and decisions are watched while nothing else happens.
const WATCHED: Duration = Duration::from_secs(1);
/// Bundles that are activated one after the other.
const SWAPS: usize = 50;

fn bundle() -> Bundle {
    Bundle::of_files([("policy.rego", POLICY)]).unwrap()
}

fn open(cache_entries: u32, shards: usize) -> PolicyHost {
    let settings = Settings {
        shards: NonZeroUsize::new(shards).unwrap(),
        cache_entries,
        ..Settings::default()
    };
    PolicyHost::open(bundle(), settings).unwrap()
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");

    let mut echo = Echo::new().unwrap();
    assert_eq!(echo.length(INPUT).unwrap(), INPUT.len() as u64);
    group.bench_function("floor", |b| {
        b.iter(|| echo.length(black_box(INPUT)).unwrap());
    });
    assert_eq!(echo.echo(INPUT).unwrap(), INPUT);
    group.bench_function("echo", |b| b.iter(|| echo.echo(black_box(INPUT)).unwrap()));

    let host = open(10, 1);
    host.decide_json(ENTRYPOINT, INPUT).unwrap();
    let hit = host.decide_json(ENTRYPOINT, INPUT).unwrap();
    assert_eq!((hit.result(), hit.cached()), (Some(ANSWER), true));
    group.bench_function("hit", |b| {
        b.iter(|| host.decide_json(ENTRYPOINT, black_box(INPUT)).unwrap());
    });

    let host = open(0, 1);
    let miss = host.decide_json(ENTRYPOINT, INPUT).unwrap();
    assert_eq!((miss.result(), miss.cached()), (Some(ANSWER), false));
    group.bench_function("miss", |b| {
        b.iter(|| host.decide_json(ENTRYPOINT, black_box(INPUT)).unwrap());
    });

    let case = Case::example();
    let mut native = Ours::new(&case);
    assert_eq!(native.decide(INPUT), ANSWER);
    group.bench_function("native", |b| b.iter(|| native.decide(black_box(INPUT))));
    group.finish();
}

/// Questions of one thread, which the host spreads over its shards.
fn questions(thread: usize) -> Vec<String> {
    let user = format!("user-{thread}-");
    let of = |n: usize| INPUT.replace("user-1842", &format!("{user}{n}"));
    (0..32).map(of).collect()
}

/// Decisions a second that so many threads get together.
fn rate(host: &PolicyHost, threads: usize) -> f64 {
    let until = Instant::now() + WATCHED;
    let count = |thread: usize| {
        let questions = questions(thread);
        let mut made = 0_u32;
        while Instant::now() < until {
            for question in &questions {
                let decision = host.decide_json(ENTRYPOINT, question).unwrap();
                assert!(decision.defined());
                made += 1;
            }
        }
        f64::from(made)
    };
    let made: f64 = thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || count(thread)))
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).sum()
    });
    made / WATCHED.as_secs_f64()
}

fn threads(table: &mut Table) {
    let (cached, uncached) = (open(10_000, 4), open(0, 4));
    for (case, host, threads) in [
        ("threads/hit-1", &cached, 1),
        ("threads/hit-8", &cached, 8),
        ("threads/miss-1", &uncached, 1),
        ("threads/miss-2", &uncached, 2),
        ("threads/miss-8", &uncached, 8),
    ] {
        table.add_rate(case, rate(host, threads));
    }
}

/// What the slowest hundredth of decisions take at least, in nanoseconds, until it is over.
fn slowest(host: &PolicyHost, over: impl Fn() -> bool) -> f64 {
    let mut took = Vec::new();
    while !over() {
        let began = Instant::now();
        assert!(host.decide_json(ENTRYPOINT, INPUT).unwrap().defined());
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took.get(took.len() * 99 / 100).unwrap().as_secs_f64() * 1e9
}

fn swap(table: &mut Table) {
    let host = open(0, 1);
    let until = Instant::now() + WATCHED;
    table.add("swap/steady-p99", slowest(&host, || Instant::now() > until));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..SWAPS {
                host.activate(bundle()).unwrap();
            }
            done.store(true, Relaxed);
        });
        table.add("swap/swapping-p99", slowest(&host, || done.load(Relaxed)));
    });
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/criterion")
}

fn main() {
    let mut table = Table::new(&folder());
    let mut criterion = Criterion::default()
        .output_directory(&folder())
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    decide(&mut criterion);
    criterion.final_summary();
    for case in ["floor", "echo", "hit", "miss", "native"] {
        table.measured(&format!("decide/{case}"));
    }
    if table.has("decide/hit") {
        threads(&mut table);
        swap(&mut table);
    }
    table.claim("decide/hit", "decide/floor", 3.0);
    table.claim("decide/miss", "decide/native", 1.25);
    table.claim("swap/swapping-p99", "swap/steady-p99", 2.0);
    println!("\n{table}");
    table.publish().unwrap();
}

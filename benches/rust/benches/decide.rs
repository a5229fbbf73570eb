//! A decision of the example policy, cached and not, JSON in and JSON out.
//!
//! - `decide/floor`: the same crossing doing nothing; `decide/echo`: the text there and back;
//! - `decide/hit`, `decide/miss`: ours;
//! - `decide/native`: our evaluator in this process, without a sandbox or limits.
//!
//! `evaluate.rs` has the peers.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot start should stop"
)]

use std::hint::black_box;
use std::num::NonZeroUsize;

use criterion::{Criterion, criterion_group, criterion_main};
use sark_policy::{Bundle, PolicyHost, Settings};
use sark_policy_benches::case::Case;
use sark_policy_benches::echo::Echo;
use sark_policy_benches::ours::Ours;
use sark_policy_benches::{ANSWER, ENTRYPOINT, INPUT, POLICY};

fn open(cache_entries: u32) -> PolicyHost {
    let bundle = Bundle::of_files([("policy.rego", POLICY)]).unwrap();
    let settings = Settings {
        shards: NonZeroUsize::MIN,
        cache_entries,
        ..Settings::default()
    };
    PolicyHost::open(bundle, settings).unwrap()
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

    let host = open(10);
    host.decide_json(ENTRYPOINT, INPUT).unwrap();
    let hit = host.decide_json(ENTRYPOINT, INPUT).unwrap();
    assert_eq!((hit.result(), hit.cached()), (Some(ANSWER), true));
    group.bench_function("hit", |b| {
        b.iter(|| host.decide_json(ENTRYPOINT, black_box(INPUT)).unwrap());
    });

    let host = open(0);
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

criterion_group!(benches, decide);
criterion_main!(benches);

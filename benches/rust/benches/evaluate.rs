//! Evaluation alone, JSON in and out and nothing cached, beside regorus and OPA.
//!
//! - `example/…`: the example policy; `ours` through component and host, `ours-native` without; `interpreter`
//!   and `machine` are regorus' two evaluators in a component of their own, `…-native` without;
//! - `rules/…`: 10, 1,000 and 20,000 rules of which an index finds the one that holds, and 1,000 of which it
//!   cannot;
//! - `data/…`: a look-up among 1,000 and 100,000 users of data;
//! - `activate/…`: from a bundle to a policy that decides.
//!
//! At the end stands a table of all that was measured in this run, with the bounds we hold ourselves to.
//! `just peer` and `just oracle-build` build the peers; what is not there is left out.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot start should stop"
)]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use sark_policy::{Bundle, PolicyHost, Settings};
use sark_policy_benches::case::Case;
use sark_policy_benches::opa::Opa;
use sark_policy_benches::ours::Ours;
use sark_policy_benches::sandboxed::{Evaluator, Sandboxed};
use sark_policy_benches::table::Table;
use sark_policy_peer::{Interpreter, Machine};

fn open(case: &Case) -> PolicyHost {
    let settings = Settings {
        shards: NonZeroUsize::MIN,
        memory: 256 << 20,
        cache_entries: 0,
        ..Settings::default()
    };
    PolicyHost::open(bundle(case), settings).unwrap()
}

fn bundle(case: &Case) -> Bundle {
    Bundle::of_files(case.files()).unwrap()
}

/// Decides a case once, to be sure of what is measured, and then measures it.
fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    case: &Case,
    mut decide: impl FnMut() -> String,
) {
    assert_eq!(decide(), case.answer, "{name}");
    group.bench_function(name, |b| b.iter(|| black_box(decide())));
}

fn ours(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, case: &Case) {
    let host = open(case);
    let decide = || {
        let decision = host.decide_json(case.entrypoint, black_box(case.input));
        decision.unwrap().result().unwrap().to_owned()
    };
    measure(group, name, case, decide);
    let mut native = Ours::new(case);
    let decide = || native.decide(black_box(case.input));
    measure(group, &format!("{name}-native"), case, decide);
}

fn example(c: &mut Criterion) {
    let case = Case::example();
    let mut group = c.benchmark_group("example");
    ours(&mut group, "ours", &case);
    for (evaluator, name) in [
        (Evaluator::Interpreter, "interpreter"),
        (Evaluator::Machine, "machine"),
    ] {
        if let Some(mut peer) = Sandboxed::open(evaluator, &case).unwrap() {
            let decide = || peer.decide(black_box(case.input)).unwrap();
            measure(&mut group, name, &case, decide);
        }
    }
    let mut interpreter = Interpreter::new(&case.policy, &case.query());
    let decide = || interpreter.decide(black_box(case.input));
    measure(&mut group, "interpreter-native", &case, decide);
    let mut machine = Machine::new(&case.policy, &case.query());
    let decide = || machine.decide(black_box(case.input));
    measure(&mut group, "machine-native", &case, decide);
    group.finish();
}

fn rules(c: &mut Criterion) {
    let mut group = c.benchmark_group("rules");
    for case in rule_cases() {
        ours(&mut group, case.name, &case);
    }
    group.finish();
}

fn rule_cases() -> [Case; 4] {
    [
        Case::equal(10),
        Case::equal(1_000),
        Case::equal(20_000),
        Case::scan(1_000),
    ]
}

fn data(c: &mut Criterion) {
    let mut group = c.benchmark_group("data");
    for case in data_cases() {
        ours(&mut group, case.name, &case);
    }
    group.finish();
}

fn data_cases() -> [Case; 2] {
    [Case::users(1_000), Case::users(100_000)]
}

fn activate(c: &mut Criterion) {
    let case = Case::equal(1_000);
    let (host, bundle) = (open(&case), bundle(&case));
    let mut group = c.benchmark_group("activate");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.bench_function("ours", |b| {
        b.iter(|| host.activate(bundle.clone()).unwrap());
    });
    group.bench_function("ours-native", |b| b.iter(|| Ours::new(black_box(&case))));
    group.finish();
}

/// All that this run measured, and OPA beside it.
fn report(mut table: Table) {
    for case in ["ours", "interpreter", "machine"] {
        table.measured(&format!("example/{case}"));
        table.measured(&format!("example/{case}-native"));
    }
    if table.has("example/ours") {
        with_opa(&mut table, "example/opa", &Case::example());
    }
    table.claim("example/ours", "example/interpreter", 0.25);
    table.claim("example/ours", "example/opa", 0.25);
    let rules = rule_cases().map(|case| ("rules", case)).into_iter();
    for (area, case) in rules.chain(data_cases().map(|case| ("data", case))) {
        let ours = format!("{area}/{}", case.name);
        table.measured(&ours);
        table.measured(&format!("{ours}-native"));
        if table.has(&ours) {
            with_opa(&mut table, &format!("{ours}-opa"), &case);
        }
    }
    table.claim("rules/equal-1000", "rules/equal-10", 1.3);
    table.claim("rules/equal-20000", "rules/equal-10", 1.3);
    table.claim("rules/scan-1000", "rules/scan-1000-opa", 0.25);
    table.claim("data/users-100000", "data/users-1000", 1.2);
    table.measured("activate/ours");
    table.measured("activate/ours-native");
    if table.has("activate/ours")
        && let Some(opa) = Opa::time(&Case::equal(1_000)).unwrap()
    {
        table.add("activate/opa", opa.prepare);
    }
    table.claim("activate/ours", "activate/opa", 1.0);
    println!("\n{table}");
    table.publish().unwrap();
}

fn with_opa(table: &mut Table, name: &str, case: &Case) {
    if let Some(opa) = Opa::time(case).unwrap() {
        table.add(name, opa.decision);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/criterion")
}

fn main() {
    let table = Table::new(&folder());
    let mut criterion = Criterion::default()
        .output_directory(&folder())
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    example(&mut criterion);
    rules(&mut criterion);
    data(&mut criterion);
    activate(&mut criterion);
    criterion.final_summary();
    report(table);
}

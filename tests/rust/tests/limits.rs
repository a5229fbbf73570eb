//! Every limit as a pair: what stays within it works, what exceeds it is a typed error.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use sark_policy::{Bundle, Error, PolicyHost, Settings};
use sark_policy_tests::{answer, bundle, code, decide_when_free, large_bundle, open, settings};

const POLICY: &str = r#"package p

echo := input
slow := count([1 | some i in numbers.range(1, input.n); some j in numbers.range(1, input.n); i == j])
large := count(concat("", [input.s | some i in numbers.range(1, input.n)]))
"#;

fn host(settings: Settings) -> PolicyHost {
    open(&bundle("r1", POLICY), settings)
}

/// The next decision, on whatever the host has by now, is right.
fn still_right(host: &PolicyHost) {
    let decision = decide_when_free(host, "p/echo", r#"{"still":"right"}"#).unwrap();
    assert_eq!(decision.result(), Some(r#"{"still":"right"}"#));
}

#[test]
fn deadline_obeyed() {
    assert_eq!(
        answer(&host(settings()), "p/slow", r#"{"n":20}"#),
        r#"{"result":20}"#
    );
}

#[test]
fn deadline_violated() {
    let limit = Duration::from_millis(50);
    let host = host(Settings {
        deadline: limit,
        ..settings()
    });
    let ended = decide_when_free(&host, "p/slow", r#"{"n":5000}"#).unwrap_err();
    assert!(
        matches!(ended, Error::DeadlineElapsed { limit: named } if named == limit),
        "{ended}"
    );
    still_right(&host);
    let stats = host.stats().unwrap();
    assert_eq!((stats.traps, stats.deadlines), (1, 1));
}

#[test]
fn activation_deadline_violated() {
    let limit = Duration::ZERO;
    let host = host(settings());
    let large = large_bundle("r2", 20_000);
    let hasty = Settings {
        activation_deadline: limit,
        ..settings()
    };
    let ended = PolicyHost::open(large, hasty).err().unwrap();
    assert!(
        matches!(ended, Error::DeadlineElapsed { limit: named } if named == limit),
        "{ended}"
    );
    still_right(&host);
}

fn fill(n: u32) -> String {
    format!(r#"{{"n":{n},"s":"{}"}}"#, "x".repeat(100 << 10))
}

#[test]
fn memory_obeyed() {
    let host = host(Settings {
        memory: 64 << 20,
        ..settings()
    });
    let size = 50 * (100 << 10);
    assert_eq!(
        answer(&host, "p/large", &fill(50)),
        format!("{{\"result\":{size}}}")
    );
    assert!(host.stats().unwrap().memory <= 64 << 20);
}

#[test]
fn memory_violated() {
    let limit = 64 << 20;
    let host = host(Settings {
        memory: limit,
        ..settings()
    });
    let ended = host.decide_json("p/large", &fill(1000)).unwrap_err();
    assert!(
        matches!(ended, Error::MemoryExhausted { limit: named } if named == limit),
        "{ended}"
    );
    still_right(&host);
    assert!(host.stats().unwrap().memory <= limit as u64);
}

#[test]
fn memory_violated_by_an_activation() {
    let host = host(Settings {
        memory: 32 << 20,
        ..settings()
    });
    let large = format!("package p\nx := \"{}\"", "y".repeat(20 << 20));
    let ended = host.activate(bundle("r2", &large)).unwrap_err();
    assert!(matches!(ended, Error::MemoryExhausted { .. }), "{ended}");
    assert_eq!(host.describe().unwrap().revision, "r1");
    still_right(&host);
}

#[test]
fn input_obeyed() {
    let host = host(Settings {
        input: 100,
        ..settings()
    });
    let text = format!("\"{}\"", "x".repeat(98));
    assert_eq!(
        host.decide_json("p/echo", &text).unwrap().result(),
        Some(text.as_str())
    );
}

#[test]
fn input_violated() {
    let host = host(Settings {
        input: 100,
        ..settings()
    });
    let text = format!("\"{}\"", "x".repeat(99));
    let refused = host.decide_json("p/echo", &text).unwrap_err();
    assert!(matches!(refused, Error::InputRefused { .. }));
    assert_eq!(code(&refused), "input_too_large");
    still_right(&host);
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

#[test]
fn depth_obeyed() {
    let host = host(Settings {
        depth: 10,
        ..settings()
    });
    assert_eq!(
        answer(&host, "p/echo", &nested(10)),
        format!("{{\"result\":{}}}", nested(10))
    );
    let data = nested(9);
    let files = [
        ("p.rego", POLICY),
        ("data.json", &format!("{{\"d\":{data}}}")),
    ];
    host.activate(Bundle::of_files(files).unwrap()).unwrap();
}

#[test]
fn depth_violated() {
    let host = host(Settings {
        depth: 10,
        ..settings()
    });
    let refused = host.decide_json("p/echo", &nested(11)).unwrap_err();
    assert!(matches!(refused, Error::InputRefused { .. }));
    assert_eq!(code(&refused), "input_too_deep");
    let files = [
        ("p.rego", POLICY),
        ("data.json", &format!("{{\"d\":{}}}", nested(10))),
    ];
    let refused = host.activate(Bundle::of_files(files).unwrap()).unwrap_err();
    assert_eq!(code(&refused), "bundle_too_large");
    still_right(&host);
}

#[test]
fn bundle_obeyed() {
    let bundle = bundle("r2", POLICY);
    let exactly = bundle.archive().len();
    let host = host(Settings {
        bundle: exactly,
        ..settings()
    });
    assert_eq!(host.activate(bundle).unwrap().revision, "r2");
}

#[test]
fn bundle_violated() {
    let large = bundle("r2", &format!("{POLICY}{}", "# filled up\n".repeat(1000)));
    let limit = large.archive().len() - 1;
    let host = host(Settings {
        bundle: limit,
        ..settings()
    });
    let refused = host.activate(large).unwrap_err();
    let Error::BundleTooLarge { size, limit: named } = refused else {
        panic!("{refused}")
    };
    assert_eq!((size, named), (limit + 1, limit));
    assert_eq!(host.describe().unwrap().revision, "r1");
}

#[test]
fn unpacked_obeyed() {
    let host = host(Settings {
        unpacked: 4096,
        ..settings()
    });
    host.activate(bundle("r2", POLICY)).unwrap();
}

#[test]
fn unpacked_violated() {
    let host = host(Settings {
        unpacked: 4096,
        ..settings()
    });
    let large = format!("{POLICY}{}", "# filled up\n".repeat(1000));
    let refused = host.activate(bundle("r2", &large)).unwrap_err();
    assert!(matches!(refused, Error::BundleRefused { .. }));
    assert_eq!(code(&refused), "bundle_too_large");
    assert_eq!(host.describe().unwrap().revision, "r1");
}

#[test]
fn stack_obeyed() {
    let host = host(Settings {
        depth: u32::MAX,
        ..settings()
    });
    assert_eq!(
        answer(&host, "p/echo", &nested(500)),
        format!("{{\"result\":{}}}", nested(500))
    );
}

#[test]
fn stack_violated() {
    let host = host(Settings {
        depth: u32::MAX,
        ..settings()
    });
    let ended = host.decide_json("p/echo", &nested(400_000)).unwrap_err();
    assert!(matches!(ended, Error::StackExhausted), "{ended}");
    still_right(&host);
}

#[test]
fn waiting_obeyed() {
    let host = host(settings());
    let busy = host.clone();
    let busy = thread::spawn(move || answer(&busy, "p/slow", r#"{"n":500}"#));
    assert_eq!(answer(&host, "p/echo", "1"), r#"{"result":1}"#);
    assert_eq!(busy.join().unwrap(), r#"{"result":500}"#);
}

#[test]
fn waiting_violated() {
    let deadline = Duration::from_secs(1);
    let host = host(Settings {
        deadline,
        ..settings()
    });
    // Each holds the only instance for the whole deadline, so whoever is not first waits too long.
    let together = Barrier::new(6);
    let ended: Vec<Error> = thread::scope(|scope| {
        let ask = || {
            together.wait();
            host.decide_json("p/slow", r#"{"n":100000}"#).unwrap_err()
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let elapsed = ended
        .iter()
        .filter(|error| matches!(error, Error::DeadlineElapsed { .. }));
    let saturated = ended
        .iter()
        .filter(|error| matches!(error, Error::Saturated { waited } if *waited == deadline));
    let counts = (elapsed.count(), saturated.count());
    assert!(
        counts.0 > 0 && counts.1 > 0 && counts.0 + counts.1 == 6,
        "{ended:?}"
    );
    still_right(&host);
}

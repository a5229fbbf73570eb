//! One input for several entry points in one crossing: each its own outcome, as if it was asked alone.

use std::num::NonZeroUsize;
use std::time::Duration;

use sark_policy::{Decision, Error, PolicyHost, Settings};
use sark_policy_tests::{bundle, code, open, settings};

const POLICY: &str = r#"package p

shared := {"n": input.n, "double": input.n * 2}

allow if shared.double > 5

reason := sprintf("%v", [shared.double])

nothing if false

fails := to_number(input.text)

conflicts := x if some x in [1, input.n]

at := time.now_ns()

later := at + 1

slow if {
	some a in numbers.range(1, 3000)
	some b in numbers.range(1, 3000)
	a * b == -1
}
"#;

const ASKED: [&str; 8] = [
    "p/allow",
    "p/fails",
    "p/reason",
    "p/nothing",
    "p/at",
    "p/conflicts",
    "p/none",
    "p/later",
];

fn host(shards: usize, cache_entries: u32) -> PolicyHost {
    open(
        &bundle("r1", POLICY),
        Settings {
            shards: NonZeroUsize::new(shards).unwrap(),
            cache_entries,
            ..settings()
        },
    )
}

/// The code of what an entry point failed with.
fn failed(found: &Result<Decision, Error>) -> &str {
    code(found.as_ref().unwrap_err())
}

#[test]
fn each_has_its_own_outcome() {
    for (shards, cached) in [(1, 0), (1, 100), (4, 100)] {
        let host = host(shards, cached);
        for _ in 0..3 {
            let found = host
                .decide_each(&ASKED, r#"{"n": 3, "text": "x"}"#)
                .unwrap();
            let [allow, fails, reason, nothing, at, conflicts, none, later] = &found[..] else {
                panic!("{found:?}");
            };
            assert_eq!(allow.as_ref().unwrap().result(), Some("true"));
            assert_eq!(failed(fails), "eval_builtin_error");
            assert_eq!(reason.as_ref().unwrap().result(), Some("\"6\""));
            assert_eq!(nothing.as_ref().unwrap().result(), None);
            assert_eq!(failed(conflicts), "eval_conflict_error");
            assert_eq!(failed(none), "unknown_entrypoint");
            let moment = |found: &Result<Decision, Error>| -> u64 {
                found.as_ref().unwrap().result().unwrap().parse().unwrap()
            };
            assert_eq!(moment(at) + 1, moment(later));
        }
    }
}

#[test]
fn they_are_the_decisions_of_one_by_one() {
    let host = host(1, 100);
    let input = r#"{"n": 4, "text": "4"}"#;
    let alone = host.decide_json("p/reason", input).unwrap();
    let together = host.decide_each(&["p/allow", "p/reason"], input).unwrap();
    let reason = together[1].as_ref().unwrap();
    assert!(reason.cached() && !together[0].as_ref().unwrap().cached());
    assert_eq!(reason.decision_id(), alone.decision_id());
    assert_eq!(reason.diagnostics().entrypoint, "p/reason");
    assert!(host.decide_json("p/allow", input).unwrap().cached());
    // A line break in the input is white space, and another question.
    let broken = host.decide_each(&["p/reason"], "{\"n\": 4,\n\"text\": \"4\"}");
    assert_eq!(broken.unwrap()[0].as_ref().unwrap().result(), Some("\"8\""));
}

#[test]
fn an_input_that_is_refused_is_refused_for_each() {
    let found = host(1, 100)
        .decide_each(&["p/allow", "p/reason"], "{")
        .unwrap();
    assert_eq!(
        found.iter().map(failed).collect::<Vec<_>>(),
        ["input_parse_error"; 2]
    );
    assert!(
        host(1, 1)
            .decide_each::<&str>(&[], "{}")
            .unwrap()
            .is_empty()
    );
    let unknown = host(1, 1).decide_each(&["p/none"], "{}").unwrap();
    assert_eq!(failed(&unknown[0]), "unknown_entrypoint");
}

#[test]
fn they_share_one_deadline() {
    let settings = Settings {
        deadline: Duration::from_millis(50),
        ..settings()
    };
    let host = open(&bundle("r1", POLICY), settings);
    let ended = host.decide_each(&["p/allow", "p/slow"], r#"{"n": 3}"#);
    assert!(
        matches!(ended, Err(Error::DeadlineElapsed { .. })),
        "{ended:?}"
    );
    assert_eq!(host.stats().unwrap().deadlines, 1);
    let again = host.decide_each(&["p/allow"], r#"{"n": 3}"#).unwrap();
    assert_eq!(again[0].as_ref().unwrap().result(), Some("true"));
}

#[test]
fn a_closed_host_answers_none() {
    let host = host(1, 1);
    host.close();
    assert!(matches!(
        host.decide_each(&["p/allow"], "{}"),
        Err(Error::Closed)
    ));
}

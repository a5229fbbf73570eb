//! One decision: what it comes to, what it says of itself, and when it is served again.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::time::SystemTime;

use sark_policy::{Error, PolicyHost, Settings};
use sark_policy_tests::{answer, bundle, code, open, settings};
use serde_json::json;

const POLICY: &str = r#"package p

default allow := false
allow if "admin" in input.roles

level := input.level
number := to_number(input.text)
echo := input
now := time.now_ns()
chance := rand.intn("a", 1000000000)
name := uuid.rfc4122("a")
"#;

fn host() -> PolicyHost {
    open(&bundle("r1", POLICY), settings())
}

#[test]
fn an_undefined_value_is_neither_false_nor_an_error() {
    let host = host();
    let undefined = host.decide_json("p/level", "{}").unwrap();
    assert_eq!(
        (undefined.json(), undefined.result(), undefined.defined()),
        ("{}", None, false)
    );
    assert_eq!(undefined.read::<bool>().unwrap(), None);
    let denied = host.decide_json("p/allow", r#"{"roles":[]}"#).unwrap();
    assert_eq!(
        (denied.json(), denied.result(), denied.defined()),
        (r#"{"result":false}"#, Some("false"), true)
    );
    assert_eq!(denied.read().unwrap(), Some(false));
    let null = host.decide_json("p/level", r#"{"level":null}"#).unwrap();
    assert_eq!((null.result(), null.defined()), (Some("null"), true));
}

#[test]
fn a_failed_evaluation_is_an_error_with_its_place() {
    let failed = host().decide_json("p/number", r#"{"text":"twelve"}"#);
    let Err(Error::EvaluationFailed { problem }) = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(problem.code, "eval_builtin_error");
    assert_eq!((problem.file.as_str(), problem.row), ("policy.rego", 7));
    assert!(!problem.cure.is_empty());
}

#[test]
fn a_builtin_that_fails_is_undefined_where_errors_are_not_strict() {
    let lenient = Settings {
        strict_builtin_errors: false,
        ..settings()
    };
    let host = open(&bundle("r1", POLICY), lenient);
    assert_eq!(answer(&host, "p/number", r#"{"text":"twelve"}"#), "{}");
    assert_eq!(
        answer(&host, "p/number", r#"{"text":"12"}"#),
        r#"{"result":12}"#
    );
}

#[test]
fn rules_in_conflict_fail_a_decision_strict_or_not() {
    let policy = bundle("r1", "package p\nx := 1\nx := input.n");
    for strict_builtin_errors in [true, false] {
        let settings = Settings {
            strict_builtin_errors,
            ..settings()
        };
        let host = open(&policy, settings);
        let failed = host.decide_json("p/x", r#"{"n":2}"#).unwrap_err();
        assert_eq!(code(&failed), "eval_conflict_error");
    }
}

#[test]
fn the_word_undefined_stands_for_no_input() {
    let host = host();
    assert_eq!(answer(&host, "p/echo", "undefined"), "{}");
    assert_eq!(
        answer(&host, "p/echo", r#""undefined""#),
        r#"{"result":"undefined"}"#
    );
    for bad in ["undefined ", "Undefined", "[undefined]"] {
        let refused = host.decide_json("p/echo", bad).unwrap_err();
        assert_eq!(code(&refused), "input_parse_error", "{bad:?}");
    }
    let together = host.decide_batch("p/echo", &["undefined", "1"]).unwrap();
    let texts: Vec<_> = together
        .iter()
        .map(|one| one.as_ref().unwrap().json())
        .collect();
    assert_eq!(texts, ["{}", r#"{"result":1}"#]);
}

#[test]
fn an_unknown_entry_point_names_what_there_is() {
    for (entrypoint, named) in [
        ("q/allow", "q/allow"),
        ("data.q.allow", "q/allow"),
        ("p/none", "p/none"),
        ("p/allow/deeper//", "p/allow/deeper//"),
        ("data.p[", "data.p["),
    ] {
        let unknown = host().decide_json(entrypoint, "{}");
        let Err(Error::UnknownEntrypoint { problem }) = unknown else {
            panic!("{entrypoint}: {unknown:?}")
        };
        assert_eq!(problem.code, "unknown_entrypoint");
        let message = &problem.message;
        assert!(message.contains(&format!("`{named}`")), "{message}");
    }
    let unknown = host().decide_json("q/allow", "{}").unwrap_err();
    assert!(unknown.to_string().contains("`p/allow`"), "{unknown}");
}

#[test]
fn both_notations_of_an_entry_point_ask_for_the_same() {
    let host = host();
    for entrypoint in ["p/allow", "/p/allow", "data.p.allow"] {
        assert_eq!(
            answer(&host, entrypoint, r#"{"roles":["admin"]}"#),
            r#"{"result":true}"#
        );
    }
}

#[test]
fn an_input_that_is_no_json_is_refused_with_its_place() {
    let refused = host().decide_json("p/echo", "{\n \"a\": tru\n}");
    let Err(Error::InputRefused { problem }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(problem.code, "input_parse_error");
    assert_eq!((problem.file.as_str(), problem.row), ("input", 2));
}

#[test]
fn an_input_that_cannot_be_written_as_json_is_refused() {
    let no_text_key = BTreeMap::from([((1, 2), "value")]);
    let refused = host().decide("p/echo", &no_text_key);
    assert!(matches!(refused, Err(Error::InputNotSerializable { .. })));
}

#[test]
fn an_input_is_served_again_only_to_the_very_same_question() {
    let host = host();
    let question = r#"{"roles":["viewer"],"level":1}"#;
    let first = host.decide_json("p/allow", question).unwrap();
    assert!(!first.cached());
    let again = host.decide_json("p/allow", question).unwrap();
    assert!(again.cached());
    assert_eq!(first.decision_id(), again.decision_id());
    assert_eq!(first.diagnostics(), again.diagnostics());
    let others = [
        (
            "another role",
            "p/allow",
            r#"{"roles":["admin"],"level":1}"#,
            "true",
        ),
        (
            "another parameter",
            "p/allow",
            r#"{"roles":["viewer"],"level":2}"#,
            "false",
        ),
        ("another entry point", "p/level", question, "1"),
        (
            "another order of keys",
            "p/allow",
            r#"{"level":1,"roles":["viewer"]}"#,
            "false",
        ),
        (
            "a blank more",
            "p/allow",
            r#"{"roles":["viewer"], "level":1}"#,
            "false",
        ),
        (
            "another notation",
            "p/allow",
            r#"{"roles":["viewer"],"level":1.0}"#,
            "false",
        ),
    ];
    for (what, entrypoint, input, result) in others {
        let other = host.decide_json(entrypoint, input).unwrap();
        assert_eq!(
            (other.result(), other.cached()),
            (Some(result), false),
            "{what}"
        );
        assert_ne!(other.decision_id(), first.decision_id(), "{what}");
    }
    host.activate(bundle("r2", POLICY)).unwrap();
    let other = host.decide_json("p/allow", question).unwrap();
    assert_eq!((other.revision(), other.cached()), ("r2", false));
}

#[test]
fn errors_are_never_served_again() {
    let host = host();
    for input in [r#"{"text":"twelve"}"#, "{", r#"{"a":1,"a":2}"#] {
        for _ in 0..2 {
            host.decide_json("p/number", input).unwrap_err();
        }
    }
    assert_eq!(host.stats().unwrap().cache.entries, 0);
}

#[test]
fn what_asks_the_clock_or_chance_is_never_served_again() {
    let host = host();
    for entrypoint in ["p/now", "p/chance", "p/name", "p"] {
        let input = r#"{"text":"1"}"#;
        let answers: HashSet<_> = (0..5)
            .map(|_| {
                let decision = host.decide_json(entrypoint, input).unwrap();
                assert!(!decision.cached(), "{entrypoint}");
                decision.json().to_owned()
            })
            .collect();
        assert!(answers.len() > 1, "{entrypoint}: {answers:?}");
    }
}

#[test]
fn a_decision_says_whether_it_is_deterministic() {
    for cache_entries in [0, 10] {
        let host = open(
            &bundle("r1", POLICY),
            Settings {
                cache_entries,
                ..settings()
            },
        );
        for (entrypoint, deterministic) in [
            ("p/echo", true),
            ("p/level", true), // undefined
            ("p/number", true),
            ("p/now", false),
            ("p/chance", false),
            ("p/name", false),
            ("p", false),
        ] {
            let inputs = [r#"{"text":"1"}"#, r#"{"text":"2"}"#, r#"{"text":"1"}"#];
            let alone = inputs.map(|input| host.decide_json(entrypoint, input));
            let batch = host.decide_batch(entrypoint, &inputs).unwrap();
            for decision in alone.into_iter().chain(batch) {
                let decision = decision.unwrap();
                let diagnostics = decision.diagnostics();
                assert_eq!(diagnostics.deterministic, deterministic, "{entrypoint}");
                assert!(!decision.cached() || (deterministic && cache_entries > 0));
            }
            // An error takes an id too.
            host.decide_json("p/number", "{}").unwrap();
            host.decide_json("p/number", "{").unwrap_err();
        }
    }
}

#[test]
fn answers_are_told_apart_by_their_ids_whatever_came_between() {
    let host = host();
    for n in 0..20 {
        let input = format!(r#"{{"text":"{n}"}}"#);
        host.decide_json("p/now", &input).unwrap();
        host.decide_json("p/echo", &input).unwrap();
        host.decide_json("p/number", "{").unwrap_err();
    }
    for n in 0..20 {
        let input = format!(r#"{{"text":"{n}"}}"#);
        let again = host.decide_json("p/echo", &input).unwrap();
        assert!(again.cached());
        assert_eq!(again.result(), Some(input.as_str()));
    }
}

#[test]
fn the_policys_clock_is_the_hosts() {
    let host = host();
    let before = SystemTime::now();
    let decision = host.decide_json("p/now", "{}").unwrap();
    let after = SystemTime::now();
    let now: u64 = decision.read().unwrap().unwrap();
    let nanoseconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        u64::try_from(since.as_nanos()).unwrap()
    };
    assert!((nanoseconds(before)..=nanoseconds(after)).contains(&now));
    assert_eq!(nanoseconds(decision.diagnostics().made_at), now);
}

#[test]
fn a_decision_says_who_made_it_and_when() {
    let host = host();
    let before = SystemTime::now();
    let decision = host.decide("data.p.echo", &json!({"a": [1, "x"]})).unwrap();
    assert_eq!(decision.json(), r#"{"result":{"a":[1,"x"]}}"#);
    assert_eq!(decision.read().unwrap(), Some(json!({"a": [1, "x"]})));
    assert!(decision.read::<Vec<u8>>().is_err());
    assert_eq!(decision.revision(), "r1");
    assert_eq!(decision.diagnostics().entrypoint, "data.p.echo");
    assert!(decision.diagnostics().made_at >= before);
    let copy = decision.clone();
    assert_eq!(copy.decision_id(), decision.decision_id());
}

#[test]
fn pretty_printed_json_is_decided_like_any_other() {
    let host = host();
    let pretty =
        serde_json::to_string_pretty(&json!({"roles": ["admin"], "text": "a\nb"})).unwrap();
    assert!(pretty.contains('\n'));
    for input in [
        pretty.clone(),
        pretty.replace('\n', "\r\n"),
        format!("\t{pretty}\n\n"),
    ] {
        assert_eq!(answer(&host, "p/allow", &input), r#"{"result":true}"#);
    }
}

#[test]
fn no_two_evaluations_have_the_same_id() {
    let shards = NonZeroUsize::new(4).unwrap();
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let settings = Settings {
            shards,
            cache_entries: 0,
            ..settings()
        };
        let host = open(&bundle("r1", POLICY), settings);
        for _ in 0..2 {
            for n in 0..50 {
                let decision = host.decide("p/echo", &n).unwrap();
                assert!(seen.insert(decision.decision_id()));
                let text = decision.decision_id().to_string();
                assert_eq!(
                    text.split_once('-').map(|(instance, _)| instance.len()),
                    Some(16)
                );
            }
            host.activate(bundle("r1", POLICY)).unwrap();
        }
    }
}

#[test]
fn a_bad_input_does_not_touch_the_next() {
    let host = host();
    for bad in [
        "",
        "{",
        "nul",
        r#"{"a":1,"a":2}"#,
        "\u{0}",
        "{\"a\": \"x\ny\"}",
    ] {
        let refused = host.decide_json("p/echo", bad).unwrap_err();
        assert_eq!(code(&refused), "input_parse_error", "{bad:?}");
        assert_eq!(
            answer(&host, "p/allow", r#"{"roles":["admin"]}"#),
            r#"{"result":true}"#
        );
    }
}

//! What policies may ask of the evaluator: answered, or refused by a typed error, never a trap.

use std::fmt::Write as _;

use sark_policy::{Error, PolicyHost, Settings};
use sark_policy_tests::{answer, bundle, code, open, settings};

/// Rules that each need the next one, so many. `conflicting`: the values could conflict, so that each is found only
/// when what follows it runs inside.
fn chain(length: u32, conflicting: bool) -> String {
    let mut module = String::from("package p\n");
    for n in 0..length {
        let next = n + 1;
        if conflicting {
            let _ = writeln!(module, "r{n} := x if {{ x := r{next}; x >= 0 }}");
            let _ = writeln!(module, "r{n} := y if {{ y := r{next}; y < 0 }}");
        } else {
            let _ = writeln!(module, "r{n} := x if {{ x := r{next} + 1 }}");
        }
    }
    let _ = writeln!(module, "r{length} := input.start");
    module
}

fn functions(length: u32) -> String {
    let mut module = String::from("package p\nr := f0(input.start)\n");
    for n in 0..length {
        let _ = writeln!(module, "f{n}(x) := y if {{ y := f{}(x) + 1 }}", n + 1);
    }
    let _ = writeln!(module, "f{length}(x) := x");
    module
}

/// What a host says that must not lose its instance over it.
fn code_of(host: &PolicyHost, entrypoint: &str, input: &str) -> String {
    let said = match host.decide_json(entrypoint, input) {
        Ok(decision) => decision.result().unwrap_or_default().to_owned(),
        Err(error) => code(&error).to_owned(),
    };
    assert_eq!(host.stats().unwrap().traps, 0);
    said
}

#[test]
fn a_chain_of_rules_is_answered() {
    let host = open(&bundle("r1", &chain(300, false)), settings());
    assert_eq!(answer(&host, "p/r0", r#"{"start":1}"#), r#"{"result":301}"#);
    let host = open(&bundle("r1", &chain(200, true)), settings());
    assert_eq!(answer(&host, "p/r0", r#"{"start":1}"#), r#"{"result":1}"#);
    let host = open(&bundle("r1", &functions(300)), settings());
    assert_eq!(answer(&host, "p/r", r#"{"start":1}"#), r#"{"result":301}"#);
}

#[test]
fn a_chain_that_is_too_long_is_an_error() {
    for module in [chain(20_000, false), chain(10_000, true), functions(20_000)] {
        let entrypoint = if module.contains("r0") { "p/r0" } else { "p/r" };
        let host = open(&bundle("r1", &module), settings());
        assert_eq!(
            code_of(&host, entrypoint, r#"{"start":1}"#),
            "eval_cancel_error"
        );
        assert_eq!(host.stats().unwrap().traps, 0);
    }
}

#[test]
fn twenty_thousand_rules_are_answered() {
    let mut module = String::from("package p\n");
    for n in 0..20_000 {
        let _ = writeln!(
            module,
            "allow if {{ input.user == \"u{n}\"; input.action == \"read\" }}"
        );
    }
    let host = open(&bundle("r1", &module), settings());
    let input = r#"{"user":"u19999","action":"read"}"#;
    assert_eq!(answer(&host, "p/allow", input), r#"{"result":true}"#);
    assert_eq!(answer(&host, "p/allow", r#"{"user":"u"}"#), "{}");
}

#[test]
fn a_deep_input_is_answered_or_refused() {
    let module =
        "package p\nparts := count([1 | walk(input, _)])\nsame if input == input\necho := input";
    let host = open(&bundle("r1", module), settings());
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(code_of(&host, "p/parts", &deep), "input_too_deep");
    let host = open(
        &bundle("r1", module),
        Settings {
            depth: 500,
            ..settings()
        },
    );
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    assert_eq!(answer(&host, "p/parts", &deep), r#"{"result":501}"#);
    assert_eq!(answer(&host, "p/same", &deep), r#"{"result":true}"#);
    assert_eq!(
        answer(&host, "p/echo", &deep),
        format!("{{\"result\":{deep}}}")
    );
}

#[test]
fn what_nests_too_deep_is_refused_when_a_bundle_is_activated() {
    let sums = format!("package p\nx := {}1", "1 + ".repeat(100_000));
    let arrays = format!(
        "package p\nx := {}1{}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let calls = format!(
        "package p\nx := {}1{}",
        "abs(".repeat(10_000),
        ")".repeat(10_000)
    );
    let package = format!("package p{}\nx := 1", ".a".repeat(100_000));
    let head = format!("package p\nq{} := 1", ".a".repeat(100_000));
    let reference = format!("package p\nx := input{}", ".a".repeat(100_000));
    let conditions = format!(
        "package p\nimport future.keywords.and\nx if {}true",
        "true and ".repeat(10_000)
    );
    let comprehensions = format!(
        "package p\nx := {}1{}",
        "[y | y := ".repeat(5_000),
        "]".repeat(5_000)
    );
    let branches = format!(
        "package p\nx := 1 if input.a{}",
        "\nelse := 2 if input.b".repeat(20_000)
    );
    for module in [
        sums,
        arrays,
        calls,
        package,
        head,
        reference,
        conditions,
        comprehensions,
        branches,
    ] {
        match PolicyHost::open(bundle("r1", &module), settings()) {
            Ok(host) => {
                let _ = host.decide_json("p/x", "{}");
                assert_eq!(host.stats().unwrap().traps, 0);
            }
            Err(Error::BundleRefused { problems }) => assert!(!problems.is_empty()),
            Err(other) => panic!("{other}: {}", module.get(..60).unwrap_or_default()),
        }
    }
}

#[test]
fn a_decision_that_gathers_too_much_is_an_error() {
    let module = "package p
many := [i | some i in numbers.range(1, 4000); some j in numbers.range(1, 4000); j > 0]";
    let host = open(&bundle("r1", module), settings());
    assert_eq!(code_of(&host, "p/many", "{}"), "eval_cancel_error");
    assert_eq!(code_of(&host, "p", r#"{"again":1}"#), "eval_cancel_error");
}

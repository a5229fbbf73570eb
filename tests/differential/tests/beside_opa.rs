//! What needs real OPA. Where `just oracle-build` built none these tests say so and pass, but in CI they fail.

use sark_policy_differential::fuzz::{Program, compare, generate, shrink};
use sark_policy_differential::{
    Answer, Engine, Native, Outcome, Process, Question, corpus, official_cases, oracle,
    oracle_program,
};

/// Real OPA, where it is.
fn opa() -> Option<Process> {
    if oracle_program().exists() {
        return Some(oracle().unwrap_or_else(|error| panic!("{error}")));
    }
    let missing = "no oracle: `just oracle-build` builds it, with Go";
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    None
}

#[test]
fn opa_passes_its_own_cases_in_our_words() {
    let Some(mut opa) = opa() else { return };
    for (set, all) in [("v1", 2400), ("v0", 2027)] {
        let cases = official_cases(set).unwrap();
        assert_eq!(cases.len(), all);
        for case in cases {
            let judged = case.judge(&opa.ask(&case.question()));
            assert_eq!(judged, Ok(()), "{set}: {}", case.name);
        }
    }
}

#[test]
fn of_opas_own_cases_only_those_of_missing_builtins_come_out_otherwise() {
    if opa().is_none() {
        return;
    }
    // `base64.decode` of bytes that are no text: ours holds UTF-8 alone, and says so.
    let known = ["aggregates/count with invalid utf-8 chars (0xFFFD)"];
    for set in ["v1", "v0"] {
        let mut others = Vec::new();
        for case in official_cases(set).unwrap() {
            let answer = Native.ask(&case.question());
            if case.judge(&answer).is_err() && answer.missing_builtins().is_empty() {
                others.push(case.name.clone());
            }
        }
        assert_eq!(others, known, "{set}");
    }
}

#[test]
fn every_case_of_the_corpus_wants_what_opa_says() {
    let Some(mut opa) = opa() else { return };
    for case in corpus() {
        let judged = case.judge(&opa.ask(&case.question()));
        assert_eq!(judged, Ok(()), "{}: {}", case.group, case.name);
    }
}

#[test]
fn sets_and_keys_come_out_alike() {
    let Some(mut opa) = opa() else { return };
    let module =
        "package p\nx := {1.50, \"a\", {[1], {}}, {null: 1e3, \"b\": set()}, 12345678901234567890}";
    let question = Question {
        tagged: true,
        ..Question::of_module(module, "data.p.x", "{}")
    };
    assert_eq!(Native.ask(&question), opa.ask(&question));
}

#[test]
fn a_question_that_never_ends_is_an_answer_and_the_next_is_answered() {
    let Some(mut opa) = opa() else { return };
    let endless = "package p\nx := count(numbers.range(1, 1e18))";
    let endless = opa.ask(&Question::of_module(endless, "data.p.x", "{}"));
    let code = |answer: &Answer| match answer.only() {
        Some(Outcome::Failed { code, .. }) => code.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(code(&endless), "eval_cancel_error");
    let next = opa.ask(&Question::of_module("package p\nx := 1", "data.p.x", "{}"));
    assert_eq!(next.to_string(), "1");
}

#[test]
fn the_same_seed_makes_the_same_program() {
    let text = |program: Program| format!("{program:?}");
    assert_eq!(text(generate(7, 3)), text(generate(7, 3)));
    assert_ne!(text(generate(7, 3)), text(generate(7, 4)));
    assert_ne!(text(generate(7, 3)), text(generate(8, 3)));
}

#[test]
fn a_difference_is_made_small() {
    let has_every = |program: &Program| {
        let modules = program.question().modules;
        modules
            .values()
            .any(|module| module.source.contains("every "))
    };
    let large = (0..1_000)
        .map(|case| generate(1, case))
        .find(has_every)
        .unwrap();
    let small = shrink(large, has_every);
    let lines: usize = small
        .question()
        .modules
        .values()
        .map(|m| m.source.lines().count())
        .sum();
    assert!(lines <= 7, "{lines} lines: {small:?}");
}

#[test]
fn only_a_difference_is_one() {
    let value = |text: &str| Answer::Decided(vec![vec![Outcome::Value(text.to_owned())]]);
    let queries = ["data.p.x".to_owned()];
    assert_eq!(
        compare(
            &value(r#"{"a":1,"b":2}"#),
            &value(r#"{"b":2,"a":1}"#),
            &queries
        ),
        None
    );
    assert_eq!(
        compare(&value("\"é\""), &value("\"\\u00e9\""), &queries),
        None
    );
    for (ours, theirs) in [("1", "1.0"), ("[1]", r#"{"$set":[1]}"#), ("null", "false")] {
        assert!(
            compare(&value(ours), &value(theirs), &queries).is_some(),
            "{ours}"
        );
    }
}

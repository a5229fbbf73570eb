//! Many inputs in one crossing: decided as one by one, in their order.

use std::num::NonZeroUsize;

use sark_policy::{Decision, Error, PolicyHost, Settings};
use sark_policy_tests::{bundle, code, open, settings};
use serde_json::json;

const POLICY: &str = "package p

echo := input
double := input.n * 2
number := to_number(input.text)
";

fn host(shards: usize, cache_entries: u32) -> PolicyHost {
    let shards = NonZeroUsize::new(shards).unwrap();
    open(
        &bundle("r1", POLICY),
        Settings {
            shards,
            cache_entries,
            ..settings()
        },
    )
}

/// What a decision came to, as one text.
fn told(decided: &Result<Decision, Error>) -> String {
    match decided {
        Ok(decision) => decision.json().to_owned(),
        Err(error) => error.to_string(),
    }
}

fn batch(host: &PolicyHost, entrypoint: &str, inputs: &[String]) -> Vec<String> {
    let decided = host.decide_batch(entrypoint, inputs).unwrap();
    assert_eq!(decided.len(), inputs.len());
    decided.iter().map(told).collect()
}

fn mixed() -> Vec<String> {
    let pretty = serde_json::to_string_pretty(&json!({"n": 3, "text": "3"})).unwrap();
    let good = (0..40).map(|n| json!({"n": n % 9, "text": n.to_string()}).to_string());
    let bad = [
        "{\"text\": \"a\nb\", \"n\": 1}", // a raw line break inside a text is no JSON
        "{\"n\": 1",
        "",
        "\n",
        "\n\n{\"n\": 1}",
        "{\"n\": 1}\n{\"n\": 2}", // two documents
        r#"{"n": 1, "n": 2}"#,
        r#"{"n": "x", "text": "x"}"#,
        "{}",
    ];
    let mut inputs: Vec<String> = good.collect();
    for (n, bad) in bad.into_iter().enumerate() {
        inputs.insert(n * 4 + 1, bad.to_owned());
    }
    inputs.insert(7, pretty.replace('\n', "\r\n"));
    inputs.push(pretty);
    inputs
}

#[test]
fn a_batch_is_decided_as_one_by_one_in_its_order() {
    for (shards, cache_entries) in [(1, 0), (1, 2), (1, 1000), (4, 0), (4, 1), (4, 1000)] {
        for entrypoint in ["p/echo", "p/double", "p/number"] {
            let alone = host(1, 0);
            let one_by_one: Vec<_> = mixed()
                .iter()
                .map(|input| told(&alone.decide_json(entrypoint, input)))
                .collect();
            let host = host(shards, cache_entries);
            for _ in 0..3 {
                let together = batch(&host, entrypoint, &mixed());
                for ((input, alone), together) in mixed().iter().zip(&one_by_one).zip(&together) {
                    // A place in a text that was put on one line may differ, nothing else.
                    if alone.contains("input:") {
                        assert!(
                            together.contains("input_parse_error"),
                            "{input:?}: {together}"
                        );
                    } else {
                        assert_eq!(together, alone, "{input:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_raw_line_break_in_a_text_is_refused_and_touches_nobody_else() {
    let inputs = ["{\"n\":1}", "{\"text\":\"a\n{\\\"n\\\":7}\"}", "{\"n\":2}"];
    let decided = host(1, 100).decide_batch("p/double", &inputs).unwrap();
    assert_eq!(decided[0].as_ref().unwrap().result(), Some("2"));
    assert_eq!(code(decided[1].as_ref().unwrap_err()), "input_parse_error");
    assert_eq!(decided[2].as_ref().unwrap().result(), Some("4"));
}

#[test]
fn an_empty_batch_is_nothing() {
    assert!(
        host(4, 100)
            .decide_batch::<&str>("p/echo", &[])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_unknown_entry_point_leaves_each_input_undecided() {
    for decided in host(4, 100)
        .decide_batch("p/none", &["{}", "{\"n\":1}"])
        .unwrap()
    {
        assert_eq!(code(&decided.unwrap_err()), "unknown_entrypoint");
    }
}

#[test]
fn a_question_twice_in_a_batch_is_evaluated_once() {
    let decided = host(1, 100)
        .decide_batch("p/echo", &["1", "2", "1"])
        .unwrap();
    let [first, other, again] = &decided[..] else {
        panic!()
    };
    let [first, other, again] = [first, other, again].map(|one| one.as_ref().unwrap());
    assert_eq!(first.decision_id(), again.decision_id());
    assert_ne!(first.decision_id(), other.decision_id());
    assert_eq!(
        [first.cached(), other.cached(), again.cached()],
        [false, false, true]
    );
}

#[test]
fn batches_and_single_questions_share_their_answers() {
    let host = host(4, 100);
    let single = host.decide_json("p/echo", "1").unwrap();
    let decided = host.decide_batch("p/echo", &["1", "2"]).unwrap();
    assert_eq!(
        decided[0].as_ref().unwrap().decision_id(),
        single.decision_id()
    );
    assert!(host.decide_json("p/echo", "2").unwrap().cached());
}

#[test]
fn an_answer_that_the_host_forgot_is_fetched_again() {
    // The host keeps the newest answers, the sandbox those used last: they part ways here.
    let host = host(1, 2);
    let first = host.decide_json("p/echo", "\"kept\"").unwrap();
    for n in 0..50 {
        host.decide("p/echo", &n).unwrap();
        host.decide_json("p/number", "{}").unwrap();
        host.decide_json("p/number", "{").unwrap_err();
        let question = if n % 2 == 0 {
            host.decide_json("p/echo", "\"kept\"").unwrap()
        } else {
            let both = ["\"kept\"", "\"new\""];
            host.decide_batch("p/echo", &both)
                .unwrap()
                .swap_remove(0)
                .unwrap()
        };
        assert_eq!(question.result(), Some("\"kept\""));
        if question.cached() {
            assert_eq!(question.json(), first.json());
        }
    }
}

#[test]
fn a_batch_names_one_revision() {
    let host = host(4, 100);
    let inputs: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    for decided in host.decide_batch("p/echo", &inputs).unwrap() {
        assert_eq!(decided.unwrap().revision(), "r1");
    }
}

//! Every request of the example gateway, by both revisions of its policy.

use std::fs;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use sark_policy::{Bundle, PolicyHost};
use sark_policy_tests::{Outcome, Want, example, open, settings};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Request {
    name: String,
    entrypoint: String,
    input: Value,
}

#[derive(Deserialize)]
struct Expected {
    name: String,
    #[serde(flatten)]
    want: Want,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for revision in ["r1", "r2"] {
        let bundle = Bundle::read(example(revision)).unwrap();
        let host = open(&bundle, settings());
        let requests = lines::<Request>("inputs.jsonl");
        let expected = lines::<Expected>(&format!("expected-{revision}.jsonl"));
        assert_eq!(requests.len(), expected.len());
        for (request, expected) in requests.into_iter().zip(expected) {
            assert_eq!(request.name, expected.name);
            let host = host.clone();
            let name = format!("{revision}: {}", request.name);
            trials.push(Trial::test(name, move || {
                check(&host, &request, &expected.want)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn lines<T: for<'t> Deserialize<'t>>(name: &str) -> Vec<T> {
    let text = fs::read_to_string(example(name)).unwrap();
    // Not `lines()`: only a line feed ends a line of JSON Lines.
    let lines = text.trim_end().split('\n');
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn check(host: &PolicyHost, request: &Request, want: &Want) -> Result<(), Failed> {
    let ours = Outcome::of(host.decide(&request.entrypoint, &request.input));
    if ours.is(want) {
        Ok(())
    } else {
        Err(format!("want {want:?}\nours: {ours}").into())
    }
}

//! A decision's answer as text: OPA's REST body.

use std::fmt::Write as _;

use sark_policy_rego::{Code, JsonError, JsonFault, Outcome, Problem, write_json, write_string};

/// The answer of an outcome.
pub fn answer(outcome: &Outcome) -> String {
    let mut text = String::with_capacity(256);
    match outcome {
        Outcome::Value(value) => {
            text.push_str("{\"result\":");
            write_json(value, &mut text);
            text.push('}');
        }
        Outcome::Undefined => text.push_str("{}"),
        Outcome::Failed(problem) => write_problem(problem, &mut text),
    }
    text
}

fn write_problem(problem: &Problem, text: &mut String) {
    text.push_str("{\"error\":{\"code\":\"");
    text.push_str(problem.code.as_str());
    text.push('"');
    for (name, value) in [
        ("message", &problem.message),
        ("file", &problem.place.file),
        ("cure", &problem.cure),
    ] {
        for part in [",\"", name, "\":"] {
            text.push_str(part);
        }
        write_string(value, text);
    }
    let (row, column) = (problem.place.row, problem.place.column);
    // Writing to a text cannot fail.
    let _ = write!(text, ",\"row\":{row},\"column\":{column}}}}}");
}

/// The problem of an input that cannot be read.
pub fn unreadable_input(error: &JsonError) -> Problem {
    let (code, cure) = match error.fault {
        JsonFault::TooDeep(_) => (
            Code::InputTooDeep,
            "flatten the input, or raise the limit on nesting",
        ),
        JsonFault::DuplicateKey(_) => (Code::InputParse, "give every key once"),
        JsonFault::Syntax(_) => (Code::InputParse, "send one JSON document"),
    };
    Problem::new(code, error.to_string(), cure).at("input", error.row, error.column)
}

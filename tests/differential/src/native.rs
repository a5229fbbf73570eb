//! The evaluator itself, without sandbox and host.

use std::any::Any;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use sark_policy_rego::{
    Module, Options, Outcome as Ours, Policy, Value, Version, read_json, write_json,
};

use crate::answer::{Answer, Outcome, Problem};
use crate::engine::Engine;
use crate::process::Process;
use crate::question::Question;
use crate::tagged::write_tagged;

/// Levels of nesting in data and inputs.
const DEPTH: u32 = 256;
/// With this argument a program that calls [`serve_when_told`] is an engine.
const SERVE: &str = "serve";

/// The evaluator itself. A panic is an answer too.
#[derive(Debug, Default)]
pub struct Native;

impl Engine for Native {
    fn ask(&mut self, question: &Question) -> Answer {
        catch_unwind(AssertUnwindSafe(|| answer(question)))
            .unwrap_or_else(|panic| Answer::Broken(format!("panic: {}", text(&*panic))))
    }
}

/// Starts the evaluator in a process of its own: this program once more, which must call [`serve_when_told`].
///
/// # Errors
///
/// It cannot be started.
pub fn native() -> io::Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(SERVE);
    Process::start(command)
}

/// If this program was started as an engine, answers questions until there are no more, and ends it.
pub fn serve_when_told() {
    if std::env::args().nth(1).as_deref() != Some(SERVE) {
        return;
    }
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match serde_json::from_str(&line) {
            Ok(question) => Native.ask(&question),
            Err(error) => Answer::Broken(error.to_string()),
        };
        let written = serde_json::to_writer(&mut out, &answer).map_err(io::Error::from);
        if written
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .is_err()
        {
            break;
        }
    }
    std::process::exit(0);
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("of unknown kind")
}

fn answer(question: &Question) -> Answer {
    let modules: Vec<_> = question
        .modules
        .iter()
        .map(|(path, module)| Module {
            path: path.clone(),
            source: module.source.clone(),
            version: if module.version == 0 {
                Version::V0
            } else {
                Version::V1
            },
        })
        .collect();
    let data = match question.data.as_deref() {
        Some(data) => read_json(data.get(), DEPTH),
        None => Ok(Value::new_object()),
    };
    let data = match data {
        Ok(data) => data,
        Err(error) => return Answer::Broken(format!("data: {error}")),
    };
    let options = Options {
        strict_builtin_errors: question.strict,
        rule_indexing: !question.no_index,
    };
    match Policy::compile_with(&modules, data, options) {
        Ok(mut policy) => decide(&mut policy, question),
        Err(problems) => Answer::Refused(problems.iter().map(problem).collect()),
    }
}

fn problem(problem: &sark_policy_rego::Problem) -> Problem {
    Problem {
        code: problem.code.as_str().to_owned(),
        message: problem.message.clone(),
        file: problem.place.file.clone(),
        row: problem.place.row,
        column: problem.place.column,
    }
}

fn decide(policy: &mut Policy, question: &Question) -> Answer {
    let mut inputs = Vec::new();
    for text in &question.inputs {
        match read_json(text, DEPTH) {
            Ok(input) => inputs.push(Some(input)),
            Err(error) => return Answer::Broken(format!("input: {error}")),
        }
    }
    if inputs.is_empty() {
        inputs.push(None);
    }
    let entrypoints: Vec<_> = question
        .queries
        .iter()
        .map(|query| policy.resolve(query).ok())
        .collect();
    let known: Vec<_> = entrypoints.iter().copied().flatten().collect();
    let mut outcomes = Vec::new();
    for input in &inputs {
        let together = policy.evaluate_each(&known, question.now, input.clone());
        let mut together = together.into_iter();
        let mut decided = Vec::new();
        for entrypoint in &entrypoints {
            // What can never be there is not there now.
            let Some(entrypoint) = *entrypoint else {
                decided.push(Outcome::Undefined);
                continue;
            };
            let alone = policy.evaluate(entrypoint, question.now, input.clone());
            let among_others = together.next();
            if alone.repeatable && among_others.as_ref() != Some(&alone) {
                let query = question.queries.get(decided.len());
                return Answer::Broken(format!(
                    "{query:?}: {alone:?} alone, {among_others:?} among others"
                ));
            }
            decided.push(outcome(alone.outcome, question.tagged));
        }
        outcomes.push(decided);
    }
    Answer::Decided(outcomes)
}

fn outcome(ours: Ours, tagged: bool) -> Outcome {
    match ours {
        Ours::Value(value) => {
            let mut text = String::new();
            if tagged {
                write_tagged(&value, &mut text);
            } else {
                write_json(&value, &mut text);
            }
            Outcome::Value(text)
        }
        Ours::Undefined => Outcome::Undefined,
        Ours::Failed(problem) => Outcome::Failed {
            code: problem.code.as_str().to_owned(),
            message: problem.message,
        },
    }
}

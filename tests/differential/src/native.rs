//! The evaluator itself, without sandbox and host.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use sark_policy_rego::{
    Module, Options, Outcome as Ours, Policy, Value, Version, read_json, write_json,
};

use crate::answer::{Answer, Outcome, Problem};
use crate::engine::Engine;
use crate::question::Question;
use crate::tagged::write_tagged;

/// Longer than any question takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Levels of nesting in data and inputs.
const DEPTH: u32 = 256;

/// The evaluator itself. It survives what the evaluator does not: a panic or a question that never ends is an
/// answer too.
#[derive(Debug)]
pub struct Native {
    worker: Worker,
}

#[derive(Debug)]
struct Worker {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
}

impl Native {
    /// Ready for questions.
    #[must_use]
    pub fn new() -> Self {
        Self {
            worker: Worker::start(),
        }
    }
}

impl Default for Native {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Native {
    fn ask(&mut self, question: &Question) -> Answer {
        if self.worker.questions.send(question.clone()).is_err() {
            self.worker = Worker::start();
            return Answer::Broken("the worker is gone".to_owned());
        }
        match self.worker.answers.recv_timeout(PATIENCE) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                // Nobody can end a thread: it is left to itself.
                self.worker = Worker::start();
                Answer::Broken(format!("no answer within {} s", PATIENCE.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.worker = Worker::start();
                Answer::Broken("the worker is gone".to_owned())
            }
        }
    }
}

impl Worker {
    fn start() -> Self {
        let (questions, asked) = channel::<Question>();
        let (tell, answers) = channel();
        let work = move || {
            for question in asked {
                let answer = catch_unwind(AssertUnwindSafe(|| answer(&question)))
                    .unwrap_or_else(|panic| Answer::Broken(format!("panic: {}", text(&*panic))));
                if tell.send(answer).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("native".to_owned())
            .stack_size(8 << 20)
            .spawn(work)
            .expect("a thread can be had");
        Self { questions, answers }
    }
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
    let mut outcomes = Vec::new();
    for input in &inputs {
        let decided = entrypoints.iter().map(|entrypoint| {
            // What can never be there is not there now.
            entrypoint.map_or(Outcome::Undefined, |entrypoint| {
                let evaluation = policy.evaluate(entrypoint, question.now, input.clone());
                outcome(evaluation.outcome, question.tagged)
            })
        });
        outcomes.push(decided.collect());
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

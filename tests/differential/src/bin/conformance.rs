//! OPA's official cases and the corpus, answered by our evaluator.
//!
//! `conformance [--component | --opa] [--corpus] [--v1] [--v0] [GROUP]`: prints every case that comes out otherwise with
//! the reason, a table by group, and how many came out right. The evaluator itself is asked, in a process of its own; the
//! component in its host with `--component` (and the feature of that name); OPA with `--opa`, which checks the translation.
//!
//! Fails if a case comes out wrong whose builtin functions are all there.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use sark_policy_differential::{
    Answer, Engine, Question, component, corpus, native, official_cases, oracle, serve_when_told,
};

type Judge<'a> = Box<dyn Fn(&Answer) -> Result<(), String> + 'a>;

struct Case<'a> {
    name: &'a str,
    group: &'a str,
    question: Question,
    judge: Judge<'a>,
    /// OPA refuses it as a bundle.
    refused: bool,
}

/// What came of the cases.
#[derive(Default)]
struct Tally {
    /// How many came out right, and of how many, set by set.
    closing: Vec<String>,
    /// Builtin functions that are not there, and how many cases want each.
    missing: BTreeMap<String, usize>,
    /// Cases that came out wrong for any other reason.
    wrong: usize,
}

fn main() -> ExitCode {
    serve_when_told();
    run_all().unwrap_or_else(|error| {
        println!("{error}");
        ExitCode::from(2)
    })
}

fn run_all() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let group = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"));
    let group = group.map(String::as_str);
    let none_given = !["--corpus", "--v1", "--v0"].iter().any(|flag| given(flag));
    let wanted = |set: &str| given(&format!("--{set}")) || (none_given && set != "corpus");
    let mut engine: Box<dyn Engine> = if given("--opa") {
        Box::new(oracle()?)
    } else if given("--component") {
        component()?
    } else {
        Box::new(native()?)
    };
    let mut tally = Tally::default();
    if wanted("corpus") {
        let cases = corpus();
        let cases = cases.iter().map(|case| Case {
            name: &case.name,
            group: &case.group,
            question: case.question(),
            judge: Box::new(|answer| case.judge(answer)),
            refused: false,
        });
        tally.run("corpus", cases, group, &mut *engine);
    }
    for set in ["v1", "v0"].into_iter().filter(|set| wanted(set)) {
        let cases = official_cases(set)?;
        let cases = cases.iter().map(|case| Case {
            name: &case.name,
            group: &case.group,
            question: case.question(),
            judge: Box::new(|answer| case.judge(answer)),
            refused: case.is_refused(),
        });
        tally.run(set, cases, group, &mut *engine);
    }
    Ok(tally.close())
}

impl Tally {
    fn run<'a>(
        &mut self,
        set: &str,
        cases: impl Iterator<Item = Case<'a>>,
        group: Option<&str>,
        engine: &mut dyn Engine,
    ) {
        let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for case in cases.filter(|case| group.is_none_or(|group| case.group == group)) {
            let answer = engine.ask(&case.question);
            let (right, all) = groups.entry(case.group).or_default();
            *all += 1;
            match (case.judge)(&answer) {
                Ok(()) => {
                    *right += 1;
                    if case.refused {
                        println!(
                            "{set}: {}: right: OPA itself refuses this as a bundle",
                            case.name
                        );
                    }
                }
                Err(reason) => {
                    println!("{set}: {}: {reason}", case.name);
                    self.blame(&answer);
                }
            }
        }
        let (mut right, mut all) = (0, 0);
        for (group, (right_here, all_here)) in &groups {
            let mark = if right_here == all_here { "" } else { "  <" };
            println!("{set:6} {group:48} {right_here:5} of {all_here:5}{mark}");
            right += right_here;
            all += all_here;
        }
        self.closing.push(format!("{set}: {right} of {all}"));
    }

    /// Counts a wrong answer: for the builtin functions that are not there, or as plain wrong.
    fn blame(&mut self, answer: &Answer) {
        let names = answer.missing_builtins();
        if names.is_empty() {
            self.wrong += 1;
        }
        for name in names {
            *self.missing.entry(name).or_default() += 1;
        }
    }

    fn close(&self) -> ExitCode {
        if !self.missing.is_empty() {
            println!("builtin functions that are not there, and the cases that want each:");
            for (name, cases) in &self.missing {
                println!("  {name:48} {cases:5}");
            }
        }
        if self.wrong > 0 {
            println!("{} wrong for other reasons", self.wrong);
        }
        for line in &self.closing {
            println!("{line}");
        }
        if self.wrong > 0 {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

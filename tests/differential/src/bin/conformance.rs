//! OPA's official cases and the corpus, answered by our evaluator.
//!
//! `conformance [--opa] [--corpus | --v1 | --v0] [GROUP]`: prints every case that comes out otherwise with the reason, a
//! table by group, and how many came out right. `--opa` asks OPA in our stead, which checks the translation.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use sark_policy_differential::{
    Answer, Engine, Process, Question, corpus, native, official_cases, oracle, serve_when_told,
};

/// Longest reason that is printed, in characters.
const REASON: usize = 400;

type Judge<'a> = Box<dyn Fn(&Answer) -> Result<(), String> + 'a>;

struct Case<'a> {
    name: &'a str,
    group: &'a str,
    question: Question,
    judge: Judge<'a>,
    /// OPA refuses it as a bundle.
    refused: bool,
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
    let wanted = |set: &str| {
        given(&format!("--{set}")) || !["--corpus", "--v1", "--v0"].iter().any(|flag| given(flag))
    };
    let mut engine = if given("--opa") { oracle() } else { native() }?;
    let mut all_right = true;
    if wanted("corpus") {
        let cases = corpus();
        let cases = cases.iter().map(|case| Case {
            name: &case.name,
            group: &case.group,
            question: case.question(),
            judge: Box::new(|answer| case.judge(answer)),
            refused: false,
        });
        all_right &= run("corpus", cases, group, &mut engine);
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
        all_right &= run(set, cases, group, &mut engine);
    }
    Ok(if all_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run<'a>(
    set: &str,
    cases: impl Iterator<Item = Case<'a>>,
    group: Option<&String>,
    engine: &mut Process,
) -> bool {
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in cases.filter(|case| group.is_none_or(|group| case.group == group)) {
        let judged = (case.judge)(&engine.ask(&case.question));
        let (right, all) = groups.entry(case.group).or_default();
        *all += 1;
        match judged {
            Ok(()) => *right += 1,
            Err(reason) => {
                let reason: String = reason.replace('\n', " ").chars().take(REASON).collect();
                println!("{set}: {}/{}: {reason}", case.group, case.name);
            }
        }
        if case.refused {
            println!(
                "{set}: {}/{}: OPA itself refuses this bundle",
                case.group, case.name
            );
        }
    }
    let (mut right, mut all) = (0, 0);
    for (group, (right_here, all_here)) in &groups {
        let mark = if right_here == all_here { "" } else { "  <" };
        println!("{set:6} {group:48} {right_here:5} of {all_here:5}{mark}");
        right += right_here;
        all += all_here;
    }
    println!("{set}: {right} of {all}");
    right == all
}

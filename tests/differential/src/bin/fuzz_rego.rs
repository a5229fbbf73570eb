//! Generated policies, answered by our evaluator and by OPA.
//!
//! `fuzz-rego N [SEED] [--component] [--case I] [--keep FILE] [--verdicts] [--refusals]`: N cases of a seed. Every difference is made as small as it
//! gets, printed, and appended to FILE as a case of the corpus. `--case` runs that case alone and prints it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process::ExitCode;

use sark_policy_differential::fuzz::{
    Asked, Difference, Program, compare, generate, keep, narrowed, shrink,
};
use sark_policy_differential::{
    Answer, Engine, Outcome, Process, Question, component, native, oracle, serve_when_told,
};

/// Questions on their way to the oracle.
const AHEAD: u64 = 8;
/// Differences of one kind that are made smaller and kept.
const OF_A_KIND: usize = 3;
/// How often OPA is asked again before a difference counts: it may be of two minds.
const AGAIN: usize = 4;

struct Run {
    seed: u64,
    ours: Box<dyn Engine>,
    component: bool,
    opa: Process,
    keep: Option<String>,
    policies: u64,
    values: usize,
    undefined: usize,
    errors: usize,
    kinds: BTreeMap<String, usize>,
    crashes: usize,
    unsettled: usize,
    /// Compare only whether it is a policy, and why not.
    verdicts: bool,
    /// Print what OPA refuses, and why.
    refusals: bool,
}

fn main() -> ExitCode {
    serve_when_told();
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> io::Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1).cloned()
    };
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u64>().ok());
    let cases = number(0).unwrap_or(1_000);
    let seed = number(1).unwrap_or(1);
    let mut run = Run {
        seed,
        ours: if given("--opa") {
            Box::new(oracle()?)
        } else if given("--component") {
            component()?
        } else {
            Box::new(native()?)
        },
        component: given("--component"),
        opa: oracle()?,
        keep: after("--keep"),
        policies: 0,
        values: 0,
        undefined: 0,
        errors: 0,
        kinds: BTreeMap::new(),
        crashes: 0,
        unsettled: 0,
        verdicts: given("--verdicts"),
        refusals: given("--refusals"),
    };
    let range = match after("--case").and_then(|text| text.parse().ok()) {
        Some(case) => {
            print(&generate(seed, case));
            case..case + 1
        }
        None => 0..cases,
    };
    run.all(range)?;
    Ok(run.close(cases))
}

fn print(program: &Program) {
    for module in &program.modules {
        println!("# {} (v{})\n{module}", module.file, module.version);
    }
    let question = program.question();
    println!(
        "data: {}",
        question.data.as_deref().map_or("", |data| data.get())
    );
    println!("strict: {}  index: {}", program.strict, !program.no_index);
    for input in &program.inputs {
        println!("input: {input}");
    }
}

impl Run {
    fn all(&mut self, range: std::ops::Range<u64>) -> io::Result<()> {
        let mut sent = range.start;
        for case in range.clone() {
            while sent < range.end && sent < case + AHEAD {
                let question = self.question(&generate(self.seed, sent));
                self.opa.send(&question)?;
                sent += 1;
            }
            let program = generate(self.seed, case);
            let question = self.question(&program);
            let ours = self.ours.ask(&question);
            let theirs = self.opa.receive()?;
            match &theirs {
                Answer::Decided(outcomes) => {
                    self.policies += 1;
                    self.count(outcomes.iter().flatten());
                }
                refused if self.refusals => println!("case {case}: {refused}"),
                _ => {}
            }
            if let Some(difference) = self.compare(&ours, &theirs, &question.queries) {
                // What is on its way must arrive before OPA can be asked for more.
                for _ in case + 1..sent {
                    self.opa.receive()?;
                }
                sent = case + 1;
                self.examine(case, &program, &difference);
            }
            if (case + 1) % 1_000 == 0 {
                let differences: usize = self.kinds.values().sum();
                println!("… {} cases, {differences} differences", case + 1);
            }
        }
        Ok(())
    }

    fn count<'a>(&mut self, outcomes: impl Iterator<Item = &'a Outcome>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Value(_) => self.values += 1,
                Outcome::Undefined => self.undefined += 1,
                Outcome::Failed { .. } => self.errors += 1,
            }
        }
    }

    /// As a question to both. The component answers in JSON, and always has its index.
    fn question(&self, program: &Program) -> Question {
        let question = program.question();
        Question {
            tagged: !self.component,
            no_index: question.no_index && !self.component,
            ..question
        }
    }

    fn examine(&mut self, case: u64, program: &Program, difference: &Difference) {
        let question = self.question(program);
        let ours = self.ours.ask(&question);
        for _ in 0..AGAIN {
            let theirs = self.opa.ask(&question);
            if self.compare(&ours, &theirs, &question.queries).is_none() {
                self.unsettled += 1;
                return;
            }
        }
        if difference.kind.starts_with("crash") {
            self.crashes += 1;
        }
        let met = self.kinds.entry(difference.kind.clone()).or_default();
        *met += 1;
        if *met > OF_A_KIND {
            return;
        }
        let narrow = match difference.at {
            Some((input, query)) => narrowed(program, input, &program.places()[query]),
            None => Program {
                inputs: program.inputs[..1].to_vec(),
                asked: Asked::Place(program.modules[0].package.clone()),
                ..program.clone()
            },
        };
        let kind = difference.kind.clone();
        let smallest = shrink(narrow, |program| {
            self.differs(program)
                .is_some_and(|difference| difference.kind == kind)
        });
        self.tell(case, &smallest, difference);
    }

    fn differs(&mut self, program: &Program) -> Option<Difference> {
        let question = self.question(program);
        let theirs = self.opa.ask(&question);
        let ours = self.ours.ask(&question);
        self.compare(&ours, &theirs, &question.queries)
    }

    fn compare(&self, ours: &Answer, theirs: &Answer, queries: &[String]) -> Option<Difference> {
        match (ours, theirs) {
            (Answer::Decided(_), Answer::Decided(_)) if self.verdicts => None,
            _ => compare(ours, theirs, queries),
        }
    }

    fn tell(&mut self, case: u64, smallest: &Program, first: &Difference) {
        let difference = self.differs(smallest);
        let difference = difference.as_ref().unwrap_or(first);
        println!("--- seed {} case {case}: {}", self.seed, difference.kind);
        for module in &smallest.modules {
            print!("{module}");
        }
        let mut question = smallest.question();
        println!(
            "# data {}",
            question.data.as_deref().map_or("", |data| data.get())
        );
        println!(
            "# input {}  strict: {}  index: {}",
            question.inputs.join(" "),
            smallest.strict,
            !smallest.no_index
        );
        println!("# query {}", question.queries.join(" "));
        println!("# ours {}\n# OPA  {}", difference.ours, difference.theirs);
        question.tagged = false;
        let theirs = self.opa.ask(&question);
        let name = format!("fuzz {}/{case}: {}", self.seed, difference.kind);
        let Some(file) = &self.keep else { return };
        let Some(text) = keep(&name, smallest, &theirs) else {
            return;
        };
        let opened = OpenOptions::new().append(true).create(true).open(file);
        if let Err(error) = opened.and_then(|mut file| file.write_all(text.as_bytes())) {
            println!("{file}: {error}");
        }
    }

    fn close(&self, cases: u64) -> bool {
        let differences: usize = self.kinds.values().sum();
        for (kind, times) in &self.kinds {
            println!("{times:6} × {kind}");
        }
        println!(
            "{} were policies: {} values, {} undefined, {} errors; OPA itself wavered over {} cases",
            self.policies, self.values, self.undefined, self.errors, self.unsettled
        );
        println!(
            "fuzz-rego: {cases} cases of seed {}: {differences} differences, {} crashes",
            self.seed, self.crashes
        );
        differences == 0
    }
}

//! Every case of the corpus, each by its own name.

use std::fs;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use sark_policy_tests::{Case, corpus_files};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for file in corpus_files() {
        let text = fs::read_to_string(&file).unwrap();
        let cases: Vec<Case> = yaml_serde::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let group = file.file_stem().unwrap_or_default().to_string_lossy();
        for case in cases {
            let name = format!("{group}: {}", case.name);
            trials.push(Trial::test(name, move || check(&case)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A case must come out as OPA says; one with `differs` must not, so that the note cannot outlive the
/// difference.
fn check(case: &Case) -> Result<(), Failed> {
    let ours = case.run();
    match (ours.is(&case.want), &case.differs) {
        (true, None) | (false, Some(_)) => Ok(()),
        (false, None) => Err(format!("want {:?}\nours: {ours}", case.want).into()),
        (true, Some(note)) => {
            Err(format!("it agrees with OPA now: remove `differs: \"{note}\"`").into())
        }
    }
}

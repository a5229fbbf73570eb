//! What one instance holds for its whole life, and the way of a decision through it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sark_policy_bundle::{Bundle, Limits};
use sark_policy_cache::Statistics;
use sark_policy_rego::{
    Code, Evaluation, Keys, Options, Outcome, Policy, Problem, RuleIndex, Value, read_json_with,
};

use crate::answer::{answer, unreadable_input};
use crate::decisions::{Decision, Decisions};
use crate::wit::exports::sark::policy::policy::{Description, Settings};

/// The input that stands for none.
const NO_INPUT: &str = "undefined";

/// An activated bundle.
pub struct Instance {
    policy: Policy,
    decisions: Decisions,
    description: Description,
    /// Keys of inputs read before.
    keys: Keys,
    /// Largest input, in bytes.
    input: usize,
    /// Deepest nesting of an input, in levels.
    depth: u32,
}

impl Instance {
    /// Unpacks, checks and compiles a bundle, and finds its required entry points.
    pub fn activate(bundle: &str, settings: &Settings) -> Result<Self, Vec<Problem>> {
        let archive = BASE64_STANDARD.decode(bundle).map_err(|error| {
            vec![Problem::new(
                Code::BundleArchive,
                format!("the bundle is not base64: {error}"),
                "hand the archive over as base64 with padding",
            )]
        })?;
        let bundle = Bundle::unpack(
            &archive,
            &Limits {
                unpacked: settings.unpacked,
                depth: settings.depth,
            },
        )?;
        drop(archive);
        trust(&bundle, settings.unverified)?;
        let options = Options {
            strict_builtin_errors: settings.strict,
            ..Options::default()
        };
        let mut policy = Policy::compile_with(bundle.modules(), bundle.data().clone(), options)?;
        check_roots(&bundle, &policy)?;
        find_entrypoints(&mut policy, &settings.entrypoints)?;
        Ok(Self {
            description: describe(&bundle, &policy),
            policy,
            decisions: Decisions::new(
                settings.entries,
                settings.bytes,
                settings.ttl,
                settings.seed,
            ),
            keys: Keys::default(),
            input: usize::try_from(settings.input).unwrap_or(usize::MAX),
            depth: settings.depth,
        })
    }

    /// What the bundle holds.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The number of an entry point.
    pub fn resolve(&mut self, path: &str) -> Result<u32, Problem> {
        let number = self.policy.resolve(path)?;
        u32::try_from(number).map_err(|_| {
            Problem::new(
                Code::UnknownEntrypoint,
                "too many entry points",
                "resolve fewer of them",
            )
        })
    }

    /// Decides one input: looks it up, or else evaluates and stores it.
    pub fn decide(&mut self, entrypoint: u32, now: u64, input: &str) -> u64 {
        self.decisions.begin();
        if let Some(id) = self.decisions.find(entrypoint, input, now) {
            return id;
        }
        let made = self.evaluate(&[entrypoint], now, input).pop();
        made.map_or(0, |decision| decision.id)
    }

    /// Decides many inputs, one a line, each for all these entry points.
    pub fn decide_batch(&mut self, entrypoints: &str, now: u64, inputs: &str) -> String {
        self.decisions.begin();
        // What is no number is the number of no entry point.
        let numbers = entrypoints.split(' ').map(str::parse);
        let entrypoints: Vec<u32> = numbers.map(|number| number.unwrap_or(u32::MAX)).collect();
        let mut lines = String::new();
        let (mut found, mut missed) = (Vec::new(), Vec::new());
        for input in inputs.split('\n') {
            found.clear();
            missed.clear();
            for entrypoint in &entrypoints {
                let id = self.decisions.find(*entrypoint, input, now);
                if id.is_none() {
                    missed.push(*entrypoint);
                }
                found.push(id);
            }
            let mut made = self.evaluate(&missed, now, input).into_iter();
            for id in &found {
                if !lines.is_empty() {
                    lines.push('\n');
                }
                if let Some(id) = id {
                    lines.push_str(itoa::Buffer::new().format(*id));
                } else if let Some(decision) = made.next() {
                    lines.push_str(itoa::Buffer::new().format(decision.id));
                    lines.push(' ');
                    lines.push_str(&decision.answer);
                }
            }
        }
        lines
    }

    /// The answer of a decision that the last call returned.
    pub fn answer(&self, id: u64) -> Option<&str> {
        self.decisions.answer(id)
    }

    /// What the rule index can tell apart.
    pub fn explain_index(&self) -> Vec<RuleIndex> {
        self.policy.explain_index()
    }

    /// The decision cache's figures.
    pub fn statistics(&self) -> Statistics {
        self.decisions.statistics()
    }

    /// Evaluates these entry points for an input, and stores what may be served again.
    fn evaluate(&mut self, entrypoints: &[u32], now: u64, input: &str) -> Vec<Decision> {
        if entrypoints.is_empty() {
            return Vec::new();
        }
        let value = match self.read(input) {
            Ok(value) => value,
            Err(problem) => {
                let answer = answer(&Outcome::Failed(problem));
                let refused = entrypoints.iter();
                return refused
                    .map(|_| self.decisions.add(answer.clone(), false))
                    .collect();
            }
        };
        let number = |entrypoint: &u32| usize::try_from(*entrypoint).unwrap_or(usize::MAX);
        let numbers: Vec<_> = entrypoints.iter().map(number).collect();
        let evaluations = self.policy.evaluate_each(&numbers, now, value);
        let asked = entrypoints.iter().zip(evaluations);
        asked
            .map(|(entrypoint, evaluation)| {
                let Evaluation {
                    outcome,
                    repeatable,
                } = evaluation;
                let holds = repeatable && !matches!(outcome, Outcome::Failed(_));
                let decision = self.decisions.add(answer(&outcome), holds);
                if holds {
                    self.decisions.keep(*entrypoint, input, &decision, now);
                }
                decision
            })
            .collect()
    }

    /// Reads an input; there may be none.
    fn read(&mut self, input: &str) -> Result<Option<Value>, Problem> {
        if input.len() > self.input {
            let message = format!(
                "the input has {} bytes, more than {}",
                input.len(),
                self.input
            );
            let cure = "send a smaller input, or raise the limit on inputs";
            return Err(Problem::new(Code::InputTooLarge, message, cure));
        }
        if input == NO_INPUT {
            return Ok(None);
        }
        let value = read_json_with(input, self.depth, &mut self.keys)
            .map_err(|error| unreadable_input(&error))?;
        Ok(Some(value))
    }
}

fn trust(bundle: &Bundle, unverified: bool) -> Result<(), Vec<Problem>> {
    if !bundle.is_signed() || unverified {
        return Ok(());
    }
    let message = "the bundle is signed, and this version cannot check signatures";
    let cure =
        "check it before and allow unverified bundles, or publish it without `.signatures.json`";
    Err(vec![
        Problem::new(Code::BundleUntrusted, message, cure).in_file(".signatures.json"),
    ])
}

fn check_roots(bundle: &Bundle, policy: &Policy) -> Result<(), Vec<Problem>> {
    let outside = policy
        .packages()
        .filter(|(package, _)| !bundle.within_roots(package.parts()));
    let problems: Vec<_> = outside
        .map(|(package, file)| {
            let message = format!(
                "package `{}` lies outside the manifest's roots",
                package.to_reference()
            );
            let cure = "add its path to `roots` in `.manifest`, or move the package";
            Problem::new(Code::BundleRoots, message, cure).in_file(file)
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Finds every required entry point and evaluates it once, so that the first request pays for nothing.
fn find_entrypoints(policy: &mut Policy, paths: &[String]) -> Result<(), Vec<Problem>> {
    let (found, problems): (Vec<_>, Vec<_>) = paths
        .iter()
        .map(|path| policy.resolve(path))
        .partition(Result::is_ok);
    for entrypoint in found.into_iter().flatten() {
        policy.evaluate(entrypoint, 0, Some(Value::new_object()));
    }
    let problems: Vec<_> = problems.into_iter().filter_map(Result::err).collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn describe(bundle: &Bundle, policy: &Policy) -> Description {
    let paths = |modules: &[sark_policy_rego::Module]| {
        modules.iter().map(|module| module.path.clone()).collect()
    };
    Description {
        revision: bundle.revision().to_owned(),
        roots: bundle.roots().to_vec(),
        modules: paths(bundle.modules()),
        rules: policy.rules().map(ToString::to_string).collect(),
        tests: paths(bundle.tests()),
    }
}

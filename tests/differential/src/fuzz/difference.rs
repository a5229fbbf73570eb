//! Where two answers differ.

use std::collections::BTreeSet;

use sark_policy_rego::{read_json, write_json};

use crate::answer::{Answer, Outcome};

/// Where two answers to one question differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What kind of difference: differences of one kind often have one cause.
    pub kind: String,
    /// The input and the query, by their numbers, where both decide.
    pub at: Option<(usize, usize)>,
    /// What ours comes to.
    pub ours: String,
    /// What OPA comes to.
    pub theirs: String,
}

/// The first difference between our answer and OPA's, or none. Of the queries those with the longest text go first:
/// they say most about the cause.
#[must_use]
pub fn compare(ours: &Answer, theirs: &Answer, queries: &[String]) -> Option<Difference> {
    let (Answer::Decided(our_rows), Answer::Decided(their_rows)) = (ours, theirs) else {
        let kind = compare_verdicts(ours, theirs)?;
        return Some(Difference {
            kind,
            at: None,
            ours: ours.to_string(),
            theirs: theirs.to_string(),
        });
    };
    let mut order: Vec<usize> = (0..queries.len()).collect();
    order.sort_by_key(|query| std::cmp::Reverse(queries[*query].len()));
    for query in order {
        for (input, (ours, theirs)) in our_rows.iter().zip(their_rows).enumerate() {
            let (ours, theirs) = (&ours[query], &theirs[query]);
            if !same(ours, theirs) {
                return Some(Difference {
                    kind: format!("{} for {}", word(ours), word(theirs)),
                    at: Some((input, query)),
                    ours: ours.to_string(),
                    theirs: theirs.to_string(),
                });
            }
        }
    }
    None
}

fn compare_verdicts(ours: &Answer, theirs: &Answer) -> Option<String> {
    match (ours, theirs) {
        (Answer::Broken(how), _) => Some(format!("crash: {how}")),
        (_, Answer::Broken(how)) => Some(format!("the oracle's crash: {how}")),
        (Answer::Refused(ours), Answer::Refused(theirs)) => {
            let codes = |problems: &[crate::Problem]| {
                let codes = problems.iter().map(|problem| problem.code.clone());
                codes.collect::<BTreeSet<_>>()
            };
            let places = |problems: &[crate::Problem]| {
                // OPA's references share terms: an undefined one is told at the place of the last of its kind.
                let has_place = |problem: &&crate::Problem| {
                    !problem.message.starts_with("undefined ref")
                        && !problem.message.ends_with("used as reference, not called")
                };
                let places = problems
                    .iter()
                    .filter(has_place)
                    .map(|p| (p.code.clone(), p.file.clone(), p.row));
                places.collect::<BTreeSet<_>>()
            };
            // Now and then OPA does not know where.
            let known = theirs.iter().all(|problem| problem.row > 0);
            if codes(ours) != codes(theirs) {
                Some(format!("{:?} refused for {:?}", codes(ours), codes(theirs)))
            } else if known && places(ours) != places(theirs) {
                Some(format!("{:?} elsewhere", codes(ours)))
            } else {
                None
            }
        }
        (Answer::Refused(ours), Answer::Decided(_)) => Some(format!("{} for a policy", code(ours))),
        (Answer::Decided(_), Answer::Refused(theirs)) => {
            Some(format!("a policy for {}", code(theirs)))
        }
        (Answer::Decided(_), Answer::Decided(_)) => None,
    }
}

fn code(problems: &[crate::Problem]) -> &str {
    problems.first().map_or("", |problem| &problem.code)
}

fn same(ours: &Outcome, theirs: &Outcome) -> bool {
    match (ours, theirs) {
        // OPA itself broke down: it has no answer to be compared with.
        (_, Outcome::Failed { code, .. }) if code == "panic" || code == "eval_internal_error" => {
            true
        }
        (Outcome::Value(ours), Outcome::Value(theirs)) => {
            ours == theirs || normal(ours).is_some_and(|ours| Some(ours) == normal(theirs))
        }
        (Outcome::Undefined, Outcome::Undefined) => true,
        (Outcome::Failed { code: ours, .. }, Outcome::Failed { code: theirs, .. }) => {
            ours == theirs
        }
        _ => false,
    }
}

/// A value in one spelling: keys sorted, texts escaped alike, numbers as they are.
fn normal(text: &str) -> Option<String> {
    let mut out = String::new();
    write_json(&read_json(text, 512).ok()?, &mut out);
    Some(out)
}

fn word(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Value(_) => "a value",
        Outcome::Undefined => "undefined",
        Outcome::Failed { code, .. } => code,
    }
}

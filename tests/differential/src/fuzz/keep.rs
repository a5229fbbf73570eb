//! A difference as a case of the corpus.

use std::fmt::Write;

use super::json::quoted;
use super::program::{Asked, Program, reference};
use crate::answer::{Answer, Outcome};

/// As a path where that can be one, else as a reference.
fn entrypoint(place: &[String]) -> String {
    let plain = |part: &String| !part.is_empty() && !part.contains('/');
    if place.iter().all(plain) {
        place.join("/")
    } else {
        reference(place)
    }
}

/// A program with one input and one place asked for, as a case of the corpus; `theirs` is OPA's answer, in plain JSON.
/// None where the corpus has no words for that.
#[must_use]
pub fn keep(name: &str, program: &Program, theirs: &Answer) -> Option<String> {
    if program.no_index {
        return None;
    }
    let want = match theirs {
        Answer::Refused(problems) => {
            let first = problems.first()?;
            format!(
                "{{refused: {}, file: {}, row: {}}}",
                first.code, first.file, first.row
            )
        }
        answer => match answer.only()? {
            Outcome::Value(text) => format!("{{result: {text}}}"),
            Outcome::Undefined => "{undefined: true}".to_owned(),
            Outcome::Failed { code, .. } => format!("{{error: {code}}}"),
        },
    };
    let place = match &program.asked {
        Asked::Place(place) => place.clone(),
        Asked::Everything => program.modules.first()?.package.clone(),
    };
    let mut text = format!("\n- name: {}\n", quoted(name));
    if !program.strict {
        text.push_str("  strict: false\n");
    }
    if program.modules.iter().any(|module| module.version == 0) {
        // The corpus has one dialect a case.
        if program.modules.iter().any(|module| module.version != 0) {
            return None;
        }
        text.push_str("  version: 0\n");
    }
    text.push_str("  modules:\n");
    for module in &program.modules {
        let _ = writeln!(text, "    {}: |", module.file);
        for line in module.to_string().lines() {
            text.push_str(if line.is_empty() { "" } else { "      " });
            text.push_str(line);
            text.push('\n');
        }
    }
    if !program.data.is_empty() {
        let _ = writeln!(
            text,
            "  data: {}",
            super::json::Json::Object(program.data.clone())
        );
    }
    let _ = writeln!(text, "  entrypoint: {}", quoted(&entrypoint(&place)));
    let _ = writeln!(text, "  input: {}", program.inputs.first()?);
    let _ = writeln!(text, "  want: {want}");
    Some(text)
}

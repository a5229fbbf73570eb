//! YAML text to a value.
//!
//! # What bounds a YAML file
//!
//! An alias stands for all of what its anchor names, so a short text can mean a long one ("billion
//! laughs"). Values are shared rather than copied, and every alias is charged to a [`Budget`] by what it
//! would take written out. Depth counts through aliases too. The parser and the [`Composer`] keep their
//! own stacks: no text makes them recurse.

use saphyr_parser::Parser;
use sark_policy_rego::Value;

use crate::composer::Composer;
use crate::yaml_error::{YamlError, YamlFault};

/// What aliases may still add, in bytes, over all files of a bundle.
#[derive(Debug)]
pub(crate) struct Budget(pub u64);

/// Reads the one document of a YAML text, nested no deeper than `depth` levels. No document is null.
pub(crate) fn read_yaml(text: &str, depth: u32, budget: &mut Budget) -> Result<Value, YamlError> {
    let text = without_blank_end(text);
    let open_end = (!text.ends_with(['\n', '\r'])).then(|| text.chars().count());
    let mut composer = Composer::new(depth, budget, open_end);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            YamlError::new(YamlFault::Syntax(error.info().to_owned()), error.marker())
        })?;
        let taken = composer.take(event, span.end.index());
        taken.map_err(|fault| YamlError::new(fault, &span.start))?;
    }
    Ok(composer.into_document())
}

/// The text without spaces in a last line that has nothing else. The parser takes them for a line of
/// a block scalar; OPA's does not.
fn without_blank_end(text: &str) -> &str {
    let trimmed = text.trim_end_matches(' ');
    if trimmed.ends_with(['\n', '\r']) {
        trimmed
    } else {
        text
    }
}

//! A block of comments.

use std::collections::HashSet;

use super::fields::{Fault, Fields, field};
use crate::builtins::{self, BuiltinError, Run};
use crate::syntax::ast::{Comment, Location};
use crate::value::{Object, Value};

/// A block as it was written.
#[derive(Debug)]
pub struct Block {
    /// Of its first comment.
    pub at: Location,
    /// The scope, if it names one.
    pub scope: Option<String>,
    /// Whether it says that its document is an entry point.
    pub entrypoint: bool,
    /// All but the scope.
    pub content: Object,
}

/// What is wrong with a block, and where.
pub type BlockFault = (Location, String);

/// Whether a block begins here.
fn begins(comment: &Comment) -> bool {
    comment.at.column == 1 && comment.text.trim().starts_with("METADATA")
}

/// Whether a block goes on here.
fn goes_on(before: &Comment, comment: &Comment) -> bool {
    comment.at.column == 1 && comment.at.row == before.at.row + 1 && !begins(comment)
}

/// Reads the blocks among a module's comments.
#[must_use]
pub fn blocks(comments: &[Comment]) -> Vec<Result<Block, BlockFault>> {
    let mut found = Vec::new();
    let mut rest = comments;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if !begins(first) {
            continue;
        }
        let mut before = first;
        let mut length = 0;
        for comment in after {
            if !goes_on(before, comment) {
                break;
            }
            before = comment;
            length += 1;
        }
        let (lines, after) = after.split_at_checked(length).unwrap_or((after, &[]));
        rest = after;
        found.push(read(first.at, lines));
    }
    found
}

fn read(at: Location, lines: &[Comment]) -> Result<Block, BlockFault> {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.text.strip_prefix(' ').unwrap_or(&line.text));
        text.push('\n');
    }
    if text.trim().is_empty() {
        return Err((at, "expected METADATA block, found whitespace".to_owned()));
    }
    let content = match yaml(&text) {
        Ok(Value::Object(content)) => content,
        Ok(Value::Null) => Object::default().into(),
        Ok(_) => {
            return Err((
                first_line(at, lines),
                "METADATA is no YAML object".to_owned(),
            ));
        }
        Err(message) => {
            let place = line_of(&message)
                .map_or_else(|| first_line(at, lines), |line| place(at, lines, line));
            return Err((place, format!("METADATA is no YAML: {message}")));
        }
    };
    if let Some((key, line)) = named_twice(lines) {
        let message = format!("`{key}` is named twice in METADATA");
        return Err((place(at, lines, line), message));
    }
    let fields = Fields {
        content: &content,
        lines,
    };
    fields.read(at).map_err(|fault| match fault {
        Fault::Kind { key, wanted } => (
            place(at, lines, line_of_key(lines, key).unwrap_or(1)),
            format!("`{key}` of METADATA must be {wanted}"),
        ),
        Fault::Content { key } => (at, format!("invalid item of `{key}` in METADATA")),
    })
}

/// Where OPA sees the fault that its YAML reader found in a line, counted from 1: one line below it.
fn place(at: Location, lines: &[Comment], line: usize) -> Location {
    lines.get(line).or(lines.last()).map_or(at, |line| line.at)
}

/// The line of a key at the top, counted from 1.
fn line_of_key(lines: &[Comment], key: &str) -> Option<usize> {
    let is_key = |line: &Comment| field(line).is_some_and(|(name, _)| name == key);
    Some(lines.iter().position(is_key)? + 1)
}

/// The first key at the top that an earlier line has, and its line, counted from 1.
fn named_twice(lines: &[Comment]) -> Option<(&str, usize)> {
    let mut keys = HashSet::new();
    let document = lines.iter().take_while(|line| {
        let text = line.text.trim();
        text != "---" && text != "..."
    });
    (1..)
        .zip(document)
        .filter_map(|(number, line)| Some((field(line)?.0, number)))
        .find(|(key, _)| !keys.insert(*key))
}

fn first_line(at: Location, lines: &[Comment]) -> Location {
    lines.first().map_or(at, |line| line.at)
}

/// The line that a message of a YAML reader names.
fn line_of(message: &str) -> Option<usize> {
    let (_, after) = message.split_once("line ")?;
    let end = after
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(after.len());
    after.get(..end)?.parse().ok()
}

fn yaml(text: &str) -> Result<Value, String> {
    match builtins::find("yaml.unmarshal").map(|builtin| builtin.run) {
        Some(Run::Pure(unmarshal)) => match unmarshal(&[Value::from(text)]) {
            Ok(value) => Ok(value.unwrap_or(Value::Null)),
            Err(
                BuiltinError::Type(message)
                | BuiltinError::Failed(message)
                | BuiltinError::Conflict(message),
            ) => Err(message),
        },
        _ => Ok(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::blocks;
    use crate::syntax::ast::{Comment, Location};

    fn comment(row: u32, text: &str) -> Comment {
        let at = Location {
            row,
            column: 1,
            ..Location::default()
        };
        Comment {
            text: text.to_owned(),
            at,
        }
    }

    #[test]
    fn a_block_ends_where_a_row_has_no_comment() {
        let comments = [
            comment(1, " METADATA"),
            comment(2, " title: a"),
            comment(4, " title: b"),
            comment(5, " METADATA"),
        ];
        let found = blocks(&comments);
        assert_eq!(2, found.len());
        assert_eq!(5, found[1].as_ref().unwrap_err().0.row);
    }
}

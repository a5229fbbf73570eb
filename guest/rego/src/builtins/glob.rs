//! Glob patterns, as github.com/gobwas/glob reads them.

use std::rc::Rc;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use super::operand::{at, text};
use super::regex::pattern::{Pattern, kept};
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure(
        "glob.match",
        "string, any<null, array[string]>, string -> boolean",
        is_match,
    ),
    Builtin::pure("glob.quote_meta", "string -> string", quote_meta),
];

/// How deep braces may nest.
const MAX_DEPTH: usize = 200;

/// `glob.match`. Without delimiters, `*` and `?` match every character; an empty list means `.`.
fn is_match(args: &[Value]) -> Answer {
    let pattern = text(args, 0)?;
    let delimiters = match at(args, 1) {
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => ".".to_owned(),
        Value::Array(items) => items.iter().map(delimiter).collect::<Result<_, _>>()?,
        other => return Err(super::operand::wrong(1, "one of {array, null}", other)),
    };
    let text = text(args, 2)?;
    Ok(Some(Value::from(
        compiled(pattern, &delimiters)?.is_match(text),
    )))
}

fn delimiter(item: &Value) -> Result<char, BuiltinError> {
    let mut chars = item.as_str().unwrap_or_default().chars();
    match (chars.next(), chars.next()) {
        (Some(delimiter), None) => Ok(delimiter),
        _ => Err(BuiltinError::Type(format!(
            "operand 2 must be array of runes but got array containing {}",
            item.type_name()
        ))),
    }
}

/// `glob.quote_meta`.
fn quote_meta(args: &[Value]) -> Answer {
    let mut out = String::new();
    for c in text(args, 0)?.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Some(Value::from(out)))
}

fn compiled(pattern: &str, delimiters: &str) -> Result<Rc<Pattern>, BuiltinError> {
    // No expression in Go's syntax begins so: the keys of both kinds cannot meet.
    let key = format!("(?\0{}:{delimiters}{pattern}", delimiters.len());
    kept(&key, || {
        let mut delimited =
            ClassUnicode::new(delimiters.chars().map(|c| ClassUnicodeRange::new(c, c)));
        delimited.negate();
        let mut parser = Parser {
            rest: pattern,
            delimited,
            open: Vec::new(),
            parts: Vec::new(),
        };
        let whole = parser
            .pattern()
            .ok_or_else(|| BuiltinError::Failed(format!("glob: syntax error in `{pattern}`")))?;
        Pattern::compile(
            &Hir::concat(vec![Hir::look(Look::Start), whole, Hir::look(Look::End)]),
            vec![String::new()],
        )
    })
}

struct Parser<'text> {
    rest: &'text str,
    /// What `*` and `?` match.
    delimited: ClassUnicode,
    /// The braces that are open: what stood before each, and its alternatives so far.
    open: Vec<(Vec<Hir>, Vec<Hir>)>,
    /// What was read since the last brace or comma.
    parts: Vec<Hir>,
}

impl Parser<'_> {
    fn pattern(&mut self) -> Option<Hir> {
        while let Some(c) = self.next() {
            let part = match c {
                '{' if self.open.len() >= MAX_DEPTH => return None,
                '{' => {
                    self.open
                        .push((std::mem::take(&mut self.parts), Vec::new()));
                    continue;
                }
                ',' if !self.open.is_empty() => {
                    self.end_alternative()?;
                    continue;
                }
                '}' if !self.open.is_empty() => {
                    self.end_alternative()?;
                    let (before, alternatives) = self.open.pop()?;
                    self.parts = before;
                    Hir::alternation(alternatives)
                }
                '[' => self.class()?,
                '?' => Hir::class(Class::Unicode(self.delimited.clone())),
                '*' => {
                    let class = match self.rest.strip_prefix('*') {
                        Some(rest) => {
                            self.rest = rest;
                            ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])
                        }
                        None => self.delimited.clone(),
                    };
                    let sub = Box::new(Hir::class(Class::Unicode(class)));
                    Hir::repetition(Repetition {
                        min: 0,
                        max: None,
                        greedy: true,
                        sub,
                    })
                }
                '\\' => literal(self.next()?),
                c => literal(c),
            };
            self.parts.push(part);
        }
        self.open
            .is_empty()
            .then(|| Hir::concat(std::mem::take(&mut self.parts)))
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn end_alternative(&mut self) -> Option<()> {
        let parts = std::mem::take(&mut self.parts);
        self.open.last_mut()?.1.push(Hir::concat(parts));
        Some(())
    }

    /// `[a-c]` or `[abc]`, either with `!` before it: one range or a list, and nothing else.
    fn class(&mut self) -> Option<Hir> {
        let negated = self.rest.starts_with('!');
        if negated {
            self.next();
        }
        let before = self.rest;
        let low = self.next()?;
        let mut class = ClassUnicode::empty();
        if self.rest.starts_with('-') {
            self.next();
            let high = self.next()?;
            if high < low {
                return None;
            }
            class.push(ClassUnicodeRange::new(low, high));
            if self.next()? != ']' {
                return None;
            }
        } else {
            self.rest = before;
            let mut listed = false;
            loop {
                let c = match self.next()? {
                    ']' => break,
                    '\\' => self.next()?,
                    c => c,
                };
                class.push(ClassUnicodeRange::new(c, c));
                listed = true;
            }
            if !listed {
                return None;
            }
        }
        if negated {
            class.negate();
        }
        Some(Hir::class(Class::Unicode(class)))
    }
}

fn literal(c: char) -> Hir {
    Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes().to_vec())
}

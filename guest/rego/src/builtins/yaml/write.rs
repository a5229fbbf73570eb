//! Values as YAML, as OPA writes them: JSON first, that read as YAML, and this written again.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::emitter::{Emitter, Scalar};
use super::node::syntax;
use super::scalar::{self, implicit_tag};
use crate::builtins::BuiltinError;
use crate::builtins::json::to_json;
use crate::builtins::regex::class::{is_digit, is_letter};
use crate::value::{Number, Value};

/// The longest key, in characters, that YAML reads without `?` before it.
const MAX_KEY: usize = 1024;

/// The value as YAML.
pub fn write(value: &Value) -> Result<String, BuiltinError> {
    let mut emitter = Emitter::default();
    emit(&mut emitter, value)?;
    Ok(emitter.finish())
}

fn emit(emitter: &mut Emitter, value: &Value) -> Result<(), BuiltinError> {
    match value {
        Value::Null => emitter.scalar(&Scalar::Plain("null")),
        Value::Bool(true) => emitter.scalar(&Scalar::Plain("true")),
        Value::Bool(false) => emitter.scalar(&Scalar::Plain("false")),
        Value::Number(number) => emitter.scalar(&Scalar::Plain(&number_text(number)?)),
        Value::String(text) => emitter.scalar(&scalar_of(&read_back(text)?)),
        Value::Array(items) => emit_items(emitter, items)?,
        Value::Set(set) => emit_items(emitter, set.as_slice())?,
        Value::Object(object) => {
            let mut fields = BTreeMap::new();
            for (key, value) in object.iter() {
                let name = match key {
                    Value::String(name) => name.to_string(),
                    key => to_json(key),
                };
                let written = to_json(&Value::from(name.as_str()));
                if written.chars().count() > MAX_KEY || name.contains('\u{85}') {
                    return Err(syntax("did not find expected ',' or '}'"));
                }
                fields.insert(Key(read_back(&name)?), value);
            }
            if fields.is_empty() {
                emitter.empty("{}");
                return Ok(());
            }
            emitter.begin();
            for (Key(key), value) in &fields {
                emitter.key(&scalar_of(key));
                emit(emitter, value)?;
            }
            emitter.end();
        }
    }
    Ok(())
}

fn emit_items(emitter: &mut Emitter, items: &[Value]) -> Result<(), BuiltinError> {
    if items.is_empty() {
        emitter.empty("[]");
        return Ok(());
    }
    emitter.begin();
    for item in items {
        emitter.item();
        emit(emitter, item)?;
    }
    emitter.end();
    Ok(())
}

/// How a number reads once YAML has read it: as an integer of 64 bits, or as a float of 64.
fn number_text(number: &Number) -> Result<String, BuiltinError> {
    let text = number.to_string();
    match scalar::resolve("", &text) {
        Some(scalar::Scalar::Int(int)) => Ok(int.to_string()),
        Some(scalar::Scalar::Float(float)) => {
            let shortest = Number::from_f64(float).ok_or_else(|| syntax("number out of range"))?;
            Ok(shortest.to_string())
        }
        _ => Ok(text),
    }
}

/// How a text reads once YAML has read it from JSON. `\u{85}` is a line break there, and folds as one.
fn read_back(text: &str) -> Result<String, BuiltinError> {
    let allowed =
        |c: char| !matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if !text.chars().all(allowed) {
        return Err(syntax("control characters are not allowed"));
    }
    let mut lines = text.split('\u{85}').peekable();
    let mut out = lines.next().unwrap_or_default().to_owned();
    let mut breaks = 0;
    while let Some(line) = lines.next() {
        out.truncate(out.trim_end_matches(' ').len());
        breaks += 1;
        let line = line.trim_start_matches(' ');
        if line.is_empty() && lines.peek().is_some() {
            continue;
        }
        out.push_str(&if breaks == 1 {
            " ".to_owned()
        } else {
            "\n".repeat(breaks - 1)
        });
        out.push_str(line);
        breaks = 0;
    }
    Ok(out)
}

fn scalar_of(text: &str) -> Scalar<'_> {
    if text.contains('\n') {
        Scalar::Literal(text)
    } else if implicit_tag(text) == "!!str" && !is_base_60(text) && !is_old_boolean(text) {
        Scalar::Plain(text)
    } else {
        Scalar::DoubleQuoted(text)
    }
}

fn is_old_boolean(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off",
        "OFF",
    ];
    WORDS.contains(&text)
}

/// `190:20:30.15`, a float of YAML 1.1.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let sixtieth =
        |part: &str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && whole.contains(':')
        && parts.all(sixtieth)
}

/// A key, in the package's order: numbers in texts by their size.
struct Key(String);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let (ones, others): (Vec<char>, Vec<char>) =
            (self.0.chars().collect(), other.0.chars().collect());
        let Some(at) = ones
            .iter()
            .zip(&others)
            .position(|(one, other)| one != other)
        else {
            return ones.len().cmp(&others.len());
        };
        let behind_digit = at
            .checked_sub(1)
            .and_then(|at| ones.get(at))
            .is_some_and(|&c| is_digit(c));
        let (Some(&one), Some(&other)) = (ones.get(at), others.get(at)) else {
            return Ordering::Equal;
        };
        match (is_letter(one), is_letter(other)) {
            (true, true) => one.cmp(&other),
            (true, false) if behind_digit => Ordering::Less,
            (true, false) => Ordering::Greater,
            (false, true) if behind_digit => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let (number, length) = number_at(&ones, &ones, at, one == '0' || other == '0');
                let (other_number, other_length) =
                    number_at(&others, &ones, at, one == '0' || other == '0');
                number
                    .cmp(&other_number)
                    .then(length.cmp(&other_length))
                    .then(one.cmp(&other))
            }
        }
    }
}

/// The number that stands at a place, and where it ends. Zeros count where other digits stand before them.
fn number_at(chars: &[char], ones: &[char], at: usize, zeros: bool) -> (i64, usize) {
    let before = ones
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|&&c| is_digit(c));
    let mut number = i64::from(zeros && before.into_iter().any(|&c| c != '0'));
    let mut end = at;
    while let Some(&c) = chars.get(end).filter(|&&c| is_digit(c)) {
        number = number
            .wrapping_mul(10)
            .wrapping_add(i64::from(u32::from(c)) - i64::from(u32::from('0')));
        end += 1;
    }
    (number, end)
}

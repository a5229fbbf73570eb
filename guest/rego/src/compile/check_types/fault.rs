//! What is wrong with the types of a policy, in words.

use std::fmt::Write;

use super::checker::Checker;
use crate::syntax::ast::{Location, Node, Term};
use crate::types::{Signature, Type};
use crate::value::Value;

/// No more keys are listed.
const KEYS: usize = 10;

/// Something wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Where.
    pub at: Location,
    /// What.
    pub message: String,
    /// What would put it right.
    pub cure: String,
    /// Whether it may only follow from another fault in the same condition.
    pub unknown: bool,
}

impl Checker<'_> {
    /// Two types that no value can have both.
    pub fn mismatch(at: Location, left: &Type, right: &Type) -> Fault {
        Fault {
            at,
            message: format!("match error: left is `{left}`, right is `{right}`"),
            cure: "these can never be equal: compare values of one type".into(),
            unknown: left.has_unknown() || right.has_unknown(),
        }
    }

    /// A call that does not fit the declaration.
    pub fn bad_call(
        &self,
        at: Location,
        operator: &[Term],
        what: &str,
        have: &[Type],
        want: &Signature,
    ) -> Fault {
        let name = self.spell(operator);
        Fault {
            at,
            message: format!("`{name}`: {what}: have {}", list(have, None)),
            cure: format!(
                "want {}",
                list(want.args.iter().chain(&want.result), want.variadic.as_ref())
            ),
            unknown: have.iter().any(Type::has_unknown),
        }
    }

    /// A call of what is no function.
    pub fn no_function(&self, at: Location, operator: &[Term]) -> Fault {
        Fault {
            at,
            message: format!("undefined function `{}`", self.spell(operator)),
            cure: "call a function".into(),
            unknown: false,
        }
    }

    /// A reference into what has no parts.
    pub fn no_parts(&self, reference: &[Term], end: usize, of: &Type) -> Fault {
        if let Type::Function(_) = of {
            return self.not_called(reference.get(..end).unwrap_or(reference));
        }
        let whole = self.spell(reference);
        let part = self.spell(reference.get(..end).unwrap_or(reference));
        Fault {
            at: place(reference),
            message: format!("undefined ref: `{whole}`: `{part}` is `{of}`"),
            cure: "only objects, arrays and sets have parts".into(),
            unknown: false,
        }
    }

    /// A reference to a function that is not called.
    pub fn not_called(&self, reference: &[Term]) -> Fault {
        let name = self.spell(reference);
        Fault {
            at: place(reference),
            message: format!("function `{name}` used as reference, not called"),
            cure: "call it, with its arguments in parentheses".into(),
            unknown: false,
        }
    }

    /// A reference to a key that cannot be there.
    pub fn no_key<'key>(
        &self,
        reference: &[Term],
        at: usize,
        have: &Type,
        want: &Type,
        one_of: impl IntoIterator<Item = &'key Value>,
    ) -> Fault {
        let whole = self.spell(reference);
        let mut message = format!("undefined ref: `{whole}`: ");
        // Writing to a text cannot fail.
        let _ = match (have, reference.get(at)) {
            (Type::Unknown, Some(key)) => {
                write!(message, "no key `{}`", self.spell_key(key))
            }
            _ => write!(message, "a key of type `{have}`"),
        };
        let mut keys = one_of.into_iter();
        let mut names: Vec<_> = keys.by_ref().take(KEYS).map(spell_value).collect();
        if keys.next().is_some() {
            names.push("…".into());
        }
        let cure = match (names.as_slice(), want) {
            ([], Type::Unknown) => "there are no keys".to_owned(),
            ([], _) => format!("keys are `{want}`"),
            _ => format!("one of: {}", names.join(", ")),
        };
        Fault {
            at: place(reference),
            message,
            cure,
            unknown: false,
        }
    }

    /// A reference as it was written.
    pub fn spell(&self, reference: &[Term]) -> String {
        let mut text = String::new();
        for (number, part) in reference.iter().enumerate() {
            let key = self.spell_key(part);
            match &part.node {
                _ if number == 0 => text.push_str(&key),
                Node::String(name) if is_name(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                _ => {
                    text.push('[');
                    text.push_str(&key);
                    text.push(']');
                }
            }
        }
        text
    }

    fn spell_key(&self, key: &Term) -> String {
        match &key.node {
            Node::Var(name) => {
                let written = self.unit.written(name);
                let own = !written.starts_with('$') && !written.starts_with("__local");
                if own { written.to_string() } else { "_".into() }
            }
            Node::Ref(reference) => self.spell(reference),
            _ => key
                .to_value()
                .map_or_else(|| "…".into(), |value| spell_value(&value)),
        }
    }
}

fn spell_value(value: &Value) -> String {
    let mut text = String::new();
    crate::json::write_json(value, &mut text);
    text
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn place(reference: &[Term]) -> Location {
    reference.first().map(|head| head.at).unwrap_or_default()
}

fn list<'part>(types: impl IntoIterator<Item = &'part Type>, variadic: Option<&Type>) -> String {
    let types = types.into_iter().map(Type::to_string);
    let variadic = variadic.map(|of| format!("{of}..."));
    let all: Vec<_> = types.chain(variadic).collect();
    format!("({})", all.join(", "))
}

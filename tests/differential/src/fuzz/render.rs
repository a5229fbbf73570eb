//! Trees to text.

use std::fmt::{self, Display, Formatter, Write};

use super::json::quoted;
use super::program::{Literal, Module, Rule, Term};

impl Display for Module {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("package ")?;
        for (n, part) in self.package.iter().enumerate() {
            if n == 0 {
                f.write_str(part)?;
            } else if is_name(part) {
                write!(f, ".{part}")?;
            } else {
                write!(f, "[{}]", quoted(part))?;
            }
        }
        f.write_str("\n")?;
        for import in &self.imports {
            write!(f, "\n{import}")?;
        }
        if !self.imports.is_empty() {
            f.write_str("\n")?;
        }
        for rule in &self.rules {
            write!(f, "\n{}\n", Dialect(self.dialect, rule))?;
        }
        Ok(())
    }
}

impl Rule {
    /// As Rego v1.
    pub fn to_text(&self) -> String {
        Dialect(1, self).to_string()
    }
}

struct Dialect<'rule>(u32, &'rule Rule);

impl Display for Dialect<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(version, rule) = *self;
        let (assign, iff) = if version == 0 {
            ("=", "")
        } else {
            (":=", " if")
        };
        if rule.default {
            f.write_str("default ")?;
        }
        write_reference(&rule.head, f)?;
        if let Some(arguments) = &rule.arguments {
            write!(f, "({})", list(arguments))?;
        }
        match &rule.contains {
            Some(key) if version == 0 => write!(f, "[{key}]")?,
            Some(key) => write!(f, " contains {key}")?,
            None => {}
        }
        if let Some(value) = &rule.value {
            write!(f, " {assign} {value}")?;
        }
        if !rule.body.is_empty() {
            write!(f, "{iff} {{\n{}}}", indented(&rule.body))?;
        }
        for (value, body) in &rule.otherwise {
            f.write_str(" else")?;
            if let Some(value) = value {
                write!(f, " {assign} {value}")?;
            }
            if !body.is_empty() {
                write!(f, "{iff} {{\n{}}}", indented(body))?;
            }
        }
        Ok(())
    }
}

fn indented(body: &[Literal]) -> String {
    let lines = body
        .iter()
        .flat_map(|literal| ["\t".to_owned(), literal.to_string(), "\n".to_owned()]);
    lines.collect()
}

fn inline(body: &[Literal]) -> String {
    let parts: Vec<String> = body.iter().map(ToString::to_string).collect();
    parts.join("; ")
}

fn list(terms: &[Term]) -> String {
    let parts: Vec<String> = terms.iter().map(ToString::to_string).collect();
    parts.join(", ")
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => write!(f, "{term}"),
            Self::Assign(to, term) => write!(f, "{to} := {term}"),
            Self::Unify(one, other) => write!(f, "{one} = {other}"),
            Self::Some(names) => write!(f, "some {}", names.join(", ")),
            Self::SomeIn(Some(key), value, domain) => write!(f, "some {key}, {value} in {domain}"),
            Self::SomeIn(None, value, domain) => write!(f, "some {value} in {domain}"),
            Self::Every(key, value, domain, body) => {
                f.write_str("every ")?;
                if let Some(key) = key {
                    write!(f, "{key}, ")?;
                }
                write!(f, "{value} in {domain} {{ {} }}", inline(body))
            }
            Self::Not(literal) => write!(f, "not {literal}"),
            Self::NotBody(body) => write!(f, "not {{ {} }}", inline(body)),
            Self::With(literal, replaced) => {
                write!(f, "{literal}")?;
                replaced
                    .iter()
                    .try_for_each(|(target, value)| write!(f, " with {target} as {value}"))
            }
            Self::Logic(word, operands) => {
                for (n, operand) in operands.iter().enumerate() {
                    if n > 0 {
                        write!(f, " {word} ")?;
                    }
                    match &operand[..] {
                        [simple @ Self::Term(_)] => write!(f, "{simple}")?,
                        body => write!(f, "{{ {} }}", inline(body))?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Var(text) => f.write_str(text),
            Self::Ref(root, parts) => {
                write!(f, "{root}")?;
                parts.iter().try_for_each(|part| write_part(part, f))
            }
            Self::Array(items) => write!(f, "[{}]", list(items)),
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => write!(f, "{{{}}}", list(items)),
            Self::Object(fields) => {
                let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k}: {v}")).collect();
                write!(f, "{{{}}}", fields.join(", "))
            }
            Self::Call(name, arguments) => write!(f, "{name}({})", list(arguments)),
            Self::Infix(operator, left, right) => {
                write_operand(left, f)?;
                write!(f, " {operator} ")?;
                write_operand(right, f)
            }
            Self::ArrayOf(term, body) => write!(f, "[{} | {}]", Head(term), inline(body)),
            Self::SetOf(term, body) => write!(f, "{{{} | {}}}", Head(term), inline(body)),
            Self::ObjectOf(pair, body) => {
                write!(f, "{{{}: {} | {}}}", pair.0, Head(&pair.1), inline(body))
            }
            Self::Template(pieces) => {
                f.write_str("$\"")?;
                for (text, term) in pieces {
                    f.write_str(text)?;
                    if let Some(term) = term {
                        write!(f, "{{{term}}}")?;
                    }
                }
                f.write_char('"')
            }
        }
    }
}

/// What stands before a comprehension's bar: a union there would end it.
struct Head<'term>(&'term Term);

impl Display for Head<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            infix @ Term::Infix(..) => write!(f, "({infix})"),
            other => write!(f, "{other}"),
        }
    }
}

fn write_operand(term: &Term, f: &mut Formatter<'_>) -> fmt::Result {
    if matches!(term, Term::Infix(..)) {
        write!(f, "({term})")
    } else {
        write!(f, "{term}")
    }
}

fn write_reference(parts: &[Term], f: &mut Formatter<'_>) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n == 0 {
            write!(f, "{part}")?;
        } else {
            write_part(part, f)?;
        }
    }
    Ok(())
}

fn write_part(part: &Term, f: &mut Formatter<'_>) -> fmt::Result {
    match part {
        Term::Text(text) => match text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(name) if is_name(name) => write!(f, ".{name}"),
            _ => write!(f, "[{text}]"),
        },
        other => write!(f, "[{other}]"),
    }
}

/// A word that may follow a dot, in both dialects.
fn is_name(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null",
        "package", "some", "true", "with", "and",
    ];
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !WORDS.contains(&text)
        && text != "or"
}

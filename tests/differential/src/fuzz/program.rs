//! Policies as trees, so that they can be made, printed and made smaller.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::json::{Json, quoted};
use crate::question::{Question, Source};

/// A policy, its data, and what it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// The modules.
    pub modules: Vec<Module>,
    /// The data.
    pub data: BTreeMap<String, Json>,
    /// The inputs.
    pub inputs: Vec<Json>,
    /// Whether an error of a builtin function ends the evaluation.
    pub strict: bool,
    /// Whether the rule index is off.
    pub no_index: bool,
    /// What is asked for.
    pub asked: Asked,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Every rule by itself, every package, and all of them.
    Everything,
    /// This place.
    Place(Vec<String>),
}

/// A module.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    pub file: String,
    /// The Rego that the engine is told it is.
    pub version: u32,
    /// The Rego that it is written in.
    pub dialect: u32,
    pub package: Vec<String>,
    /// Lines as they stand.
    pub imports: Vec<String>,
    pub rules: Vec<Rule>,
}

/// A rule, or one definition of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub default: bool,
    /// The head's reference: the first part is a name.
    pub head: Vec<Term>,
    pub arguments: Option<Vec<Term>>,
    pub contains: Option<Term>,
    pub value: Option<Term>,
    pub body: Vec<Literal>,
    pub otherwise: Vec<(Option<Term>, Vec<Literal>)>,
}

/// A statement of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Term(Term),
    Assign(Term, Term),
    Unify(Term, Term),
    Some(Vec<String>),
    SomeIn(Option<Term>, Term, Term),
    Every(Option<String>, String, Term, Vec<Literal>),
    Not(Box<Literal>),
    NotBody(Vec<Literal>),
    With(Box<Literal>, Vec<(String, Term)>),
    /// `and` or `or`.
    Logic(&'static str, Vec<Vec<Literal>>),
}

/// A term.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A number, a text with its quotes, a word: as it stands.
    Text(String),
    Var(String),
    Ref(Box<Term>, Vec<Term>),
    Array(Vec<Term>),
    Set(Vec<Term>),
    Object(Vec<(Term, Term)>),
    Call(String, Vec<Term>),
    Infix(&'static str, Box<Term>, Box<Term>),
    ArrayOf(Box<Term>, Vec<Literal>),
    SetOf(Box<Term>, Vec<Literal>),
    ObjectOf(Box<(Term, Term)>, Vec<Literal>),
    /// Texts, and after each but the last a term.
    Template(Vec<(String, Option<Term>)>),
}

impl Term {
    /// A text, quoted.
    pub fn quoted(text: &str) -> Self {
        Self::Text(quoted(text))
    }

    /// A variable.
    pub fn var(name: &str) -> Self {
        Self::Var(name.to_owned())
    }
}

impl Rule {
    /// Whether it is a function's.
    #[must_use]
    pub fn is_function(&self) -> bool {
        self.arguments.is_some()
    }

    /// The names at the beginning of its head.
    fn place(&self) -> Vec<String> {
        let names = self.head.iter().map_while(|part| match part {
            Term::Var(name) => Some(name.clone()),
            Term::Text(text) => serde_json::from_str(text).ok(),
            _ => None,
        });
        names.collect()
    }
}

impl Program {
    /// As a question to an engine.
    #[must_use]
    pub fn question(&self) -> Question {
        let modules = self.modules.iter().map(|module| {
            let (source, version) = (module.to_string(), module.version);
            (module.file.clone(), Source { source, version })
        });
        let data = RawValue::from_string(Json::Object(self.data.clone()).to_string());
        Question {
            modules: modules.collect::<BTreeMap<_, _>>(),
            data: data.ok(),
            inputs: self.inputs.iter().map(Json::to_string).collect(),
            queries: self.places().iter().map(|place| reference(place)).collect(),
            strict: self.strict,
            no_index: self.no_index,
            now: 1_700_000_000_000_000_000,
            tagged: true,
        }
    }

    /// The places asked for, in the order of the answers.
    #[must_use]
    pub fn places(&self) -> Vec<Vec<String>> {
        if let Asked::Place(place) = &self.asked {
            return vec![place.clone()];
        }
        let mut places = Vec::new();
        for module in &self.modules {
            places.push(module.package.clone());
            let rules = module.rules.iter().filter(|rule| !rule.is_function());
            places.extend(rules.map(|rule| {
                let mut place = module.package.clone();
                place.extend(rule.place());
                place
            }));
        }
        places.push(Vec::new());
        places.sort();
        places.dedup();
        places
    }
}

/// A place as a reference.
pub fn reference(place: &[String]) -> String {
    let parts = place.iter().map(|part| format!("[{}]", quoted(part)));
    format!("data{}", parts.collect::<String>())
}

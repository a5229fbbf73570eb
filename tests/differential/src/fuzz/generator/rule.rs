//! Rules: all the definitions of one name.

use super::super::program::{Literal, Rule, Term};
use super::kind::{KINDS, Kind};
use super::{Generator, Group, Shape};

impl Generator {
    /// The definitions of a rule. From then on others may refer to it.
    pub fn rule(&mut self, package: usize, name: String) -> Vec<Rule> {
        let group = self.group(package, name);
        let many = match self.dice.below(10) {
            0..4 => 1,
            4..7 => 2,
            7..9 => 3,
            _ => self.dice.between(4, 7),
        };
        let mut rules = Vec::new();
        if matches!(group.shape, Shape::Complete | Shape::Function) && self.dice.percent(30) {
            rules.push(self.default(&group));
        }
        let constant = self.dice.percent(40).then(|| self.constant(group.kind));
        for _ in 0..many {
            let mut made = self.scoped(|inside| inside.definition(&group, constant.as_ref()));
            made.tidy(&mut self.dice);
            rules.push(made);
        }
        if self.dice.percent(20) {
            self.dice.shuffle(&mut rules);
        }
        self.groups.push(group);
        rules
    }

    fn group(&mut self, package: usize, name: String) -> Group {
        let shape = match self.dice.below(20) {
            0..3 => Shape::Set,
            3..5 => Shape::Map,
            5 if self.modern => Shape::Tree,
            6 if self.modern => Shape::Sets,
            7 if self.modern => Shape::Names,
            5..12 => Shape::Function,
            _ => Shape::Complete,
        };
        let kind = match shape {
            Shape::Set | Shape::Sets => self.dice.one_of(&[Kind::Text, Kind::Number, Kind::Any]),
            Shape::Map => self.dice.one_of(&[Kind::Number, Kind::Number, Kind::Any]),
            Shape::Complete if self.dice.percent(30) => Kind::Bool,
            _ => self.dice.one_of(&KINDS),
        };
        let arguments = match shape {
            Shape::Function => {
                let many = self.dice.between(1, 2);
                let kinds = [Kind::Text, Kind::Number, Kind::Any, Kind::Texts];
                (0..many).map(|_| self.dice.one_of(&kinds)).collect()
            }
            _ => Vec::new(),
        };
        Group {
            package,
            name,
            shape,
            kind,
            arguments,
        }
    }

    fn default(&mut self, group: &Group) -> Rule {
        let arguments = (group.shape == Shape::Function)
            .then(|| group.arguments.iter().map(|_| Term::var("_")).collect());
        Rule {
            default: true,
            head: vec![Term::var(&group.name)],
            arguments,
            contains: None,
            value: Some(self.constant(group.kind)),
            body: Vec::new(),
            otherwise: Vec::new(),
        }
    }

    fn definition(&mut self, group: &Group, constant: Option<&Term>) -> Rule {
        let arguments = (group.shape == Shape::Function).then(|| {
            group
                .arguments
                .iter()
                .map(|kind| self.parameter(*kind))
                .collect()
        });
        let mut body = Vec::new();
        if self.dice.percent(30) {
            body.push(self.indexed());
        }
        let many = self.dice.below(4);
        if many > 0 || body.is_empty() && self.dice.percent(85) {
            let depth = if self.dice.percent(15) { 3 } else { 2 };
            body.extend(self.body(many, depth));
        }
        let mut head = vec![Term::var(&group.name)];
        match group.shape {
            Shape::Map | Shape::Sets => {
                head.push(self.key(&mut body));
                if self.dice.percent(12) {
                    head.push(self.key(&mut body));
                }
            }
            Shape::Names => {
                head.push(Term::quoted(self.dice.one_of(&["a", "b", "a"])));
                if self.dice.percent(30) {
                    head.push(Term::quoted(self.dice.one_of(&["c", "d", "x y"])));
                }
            }
            Shape::Tree => {
                head.push(self.key(&mut body));
                if self.dice.percent(80) {
                    head.push(Term::quoted("q"));
                }
                if self.dice.percent(20) {
                    head.push(self.key(&mut body));
                }
            }
            _ => {}
        }
        let element = matches!(group.shape, Shape::Set | Shape::Sets);
        let contains = element.then(|| self.term(group.kind, 1));
        let value = match constant {
            _ if element => None,
            Some(constant) if self.dice.percent(80) => Some(constant.clone()),
            _ if group.kind == Kind::Bool && self.dice.percent(60) => None,
            _ => Some(self.term(group.kind, 2)),
        };
        let chained = matches!(group.shape, Shape::Complete | Shape::Function)
            && !body.is_empty()
            && self.dice.percent(18);
        let otherwise = if chained {
            self.otherwise(group)
        } else {
            Vec::new()
        };
        let value = value.or_else(|| {
            // Rego v0 reads a bare name as a set's or a function's head, a bare fact as nothing at all.
            (body.is_empty() && !element).then(|| Term::Text("true".to_owned()))
        });
        Rule {
            default: false,
            head,
            arguments,
            contains,
            value,
            body,
            otherwise,
        }
    }

    /// A part of the head: a name, a key that the body binds, or a reference.
    fn key(&mut self, body: &mut Vec<Literal>) -> Term {
        match self.dice.below(6) {
            0..2 => Term::quoted(self.dice.word()),
            2..4 => Term::Var(self.variable(Kind::Text).unwrap_or_else(|| {
                let roles = self.field(Kind::Texts);
                let name = self.bind(Kind::Text);
                body.push(Literal::SomeIn(None, Term::var(&name), roles));
                name
            })),
            4 => Term::Ref(Box::new(Term::var("input")), vec![Term::quoted("role")]),
            _ => self.term(Kind::Text, 0),
        }
    }

    fn parameter(&mut self, kind: Kind) -> Term {
        match self.dice.below(12) {
            0 => Term::var("_"),
            1 if matches!(kind, Kind::Text | Kind::Number) => self.literal(kind, 0),
            2 if kind == Kind::Texts => {
                let first = Term::Var(self.bind(Kind::Text));
                Term::Array(vec![first, Term::var("_")])
            }
            2 if kind == Kind::Any => {
                let name = Term::Var(self.bind(Kind::Text));
                Term::Object(vec![(Term::quoted("name"), name)])
            }
            _ => Term::Var(self.bind(kind)),
        }
    }

    fn otherwise(&mut self, group: &Group) -> Vec<(Option<Term>, Vec<Literal>)> {
        let many = self.dice.between(1, 3);
        let mut branches = Vec::new();
        for _ in 0..many {
            branches.push(self.scoped(|inside| {
                // What the first body binds is not bound here, but for the arguments.
                inside.variables.retain(|_| group.shape == Shape::Function);
                if group.shape == Shape::Function {
                    inside.variables.truncate(group.arguments.len());
                } else {
                    inside.variables.clear();
                }
                let many = inside.dice.between(1, 2);
                let body = inside.body(many, 1);
                let value = inside.dice.percent(85).then(|| inside.term(group.kind, 1));
                (value, body)
            }));
        }
        branches
    }
}

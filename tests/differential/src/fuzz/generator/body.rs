//! Bodies: what must hold.

use super::super::program::{Literal, Term};
use super::kind::{KINDS, Kind};
use super::{Generator, Shape};

impl Generator {
    /// A body of this many statements.
    pub fn body(&mut self, many: usize, depth: usize) -> Vec<Literal> {
        let mut body = Vec::new();
        for _ in 0..many.max(1) {
            body.push(self.statement(depth));
            body.extend(self.pending.take());
            if self.dice.below(60) == 0 {
                let operands = vec![self.term(Kind::Any, 0), self.term(Kind::Text, 0)];
                body.push(Literal::Term(Term::Call("print".to_owned(), operands)));
            }
        }
        if self.dice.percent(3) {
            self.dice.shuffle(&mut body);
        }
        body
    }

    fn statement(&mut self, depth: usize) -> Literal {
        let inner = depth.saturating_sub(1);
        match self.dice.below(if self.negated { 40 } else { 100 }) {
            0..3 if depth > 0 => self.every(inner),
            3..5 if depth > 0 => self.replaced(inner),
            5..7 if depth > 0 && self.operators => self.logic(inner),
            0..34 => self.condition(depth),
            34..40 => self.indexed(),
            40..54 => self.negation(inner),
            54..68 => self.iteration(inner),
            68..82 => {
                let kind = self.dice.one_of(&KINDS);
                let term = self.term(kind, depth);
                Literal::Assign(Term::Var(self.bind(kind)), term)
            }
            82..90 => self.unification(inner),
            90..93 => self.walk(),
            93..95 => self.declared(),
            _ => self.out_parameter(),
        }
    }

    /// Something that is true or not.
    pub fn condition(&mut self, depth: usize) -> Literal {
        let inner = depth.saturating_sub(1);
        Literal::Term(match self.dice.below(10) {
            0..5 => {
                let both = self.dice.one_of(&[
                    Kind::Number,
                    Kind::Number,
                    Kind::Text,
                    Kind::Text,
                    Kind::Any,
                    Kind::Texts,
                ]);
                let operator = self.dice.one_of(&["==", "==", "!=", "<", "<=", ">", ">="]);
                let left = if both == Kind::Any {
                    self.field(both)
                } else {
                    self.term(both, depth)
                };
                let right = self.term(both, inner);
                Term::Infix(operator, Box::new(left), Box::new(right))
            }
            5 => {
                let of =
                    self.dice
                        .one_of(&[Kind::Texts, Kind::TextSet, Kind::NumberMap, Kind::Numbers]);
                let (_, element) = of.elements().unwrap_or((Kind::Any, Kind::Any));
                let (left, right) = (self.term(element, inner), self.term(of, inner));
                Term::Infix("in", Box::new(left), Box::new(right))
            }
            6 => self
                .rule_reference(Kind::Bool)
                .unwrap_or_else(|| self.field(Kind::Bool)),
            7 => self
                .rule_reference(Kind::Any)
                .unwrap_or_else(|| self.field(Kind::Any)),
            8 => self.field(Kind::Any),
            _ => self.term(Kind::Bool, depth),
        })
    }

    /// Conditions that an index can use: on the input, against constants.
    pub fn indexed(&mut self) -> Literal {
        let (variables, negated) = (std::mem::take(&mut self.variables), self.negated);
        self.negated = true;
        let path = |name: &str| Term::Ref(Box::new(Term::var("input")), vec![Term::quoted(name)]);
        let word = self.dice.word();
        let literal = match self.dice.below(9) {
            0..4 => {
                let (left, right) = (path("role"), Term::quoted(word));
                let (left, right) = if self.dice.percent(80) {
                    (left, right)
                } else {
                    (right, left)
                };
                Literal::Term(Term::Infix("==", Box::new(left), Box::new(right)))
            }
            4 => {
                let number = Term::Text(self.dice.number().to_owned());
                Literal::Term(Term::Infix("==", Box::new(path("n")), Box::new(number)))
            }
            5 => Literal::Unify(path("user"), Term::quoted(word)),
            6 => Literal::Term(path("ok")),
            7 => {
                let name = self.dice.one_of(&["startswith", "endswith"]);
                Literal::Term(Term::Call(
                    name.to_owned(),
                    vec![path("path"), Term::quoted(word)],
                ))
            }
            _ => {
                let words = Term::Set(vec![Term::quoted(word), Term::quoted(self.dice.word())]);
                Literal::Term(Term::Infix("in", Box::new(path("role")), Box::new(words)))
            }
        };
        (self.variables, self.negated) = (variables, negated);
        literal
    }

    fn negation(&mut self, depth: usize) -> Literal {
        self.scoped(|inside| {
            if inside.operators && inside.dice.percent(40) {
                let many = inside.dice.between(1, 2);
                return Literal::NotBody(inside.body(many, depth));
            }
            inside.negated = true;
            let condition = inside.condition(depth);
            Literal::Not(Box::new(condition))
        })
    }

    fn iteration(&mut self, depth: usize) -> Literal {
        let of = self.dice.one_of(&[
            Kind::Texts,
            Kind::Numbers,
            Kind::TextSet,
            Kind::NumberSet,
            Kind::NumberMap,
            Kind::Any,
        ]);
        if self.dice.percent(20) {
            let domain = Term::Ref(Box::new(Term::var("input")), vec![Term::quoted("items")]);
            let item = Term::Var(self.bind(Kind::Item));
            return Literal::SomeIn(None, item, domain);
        }
        let domain = if of == Kind::Any {
            self.field(of)
        } else {
            self.term(of, depth)
        };
        let (key, element) = of.elements().unwrap_or((Kind::Any, Kind::Any));
        let key = self.dice.percent(25).then(|| Term::Var(self.bind(key)));
        let element = if self.dice.percent(90) {
            Term::Var(self.bind(element))
        } else {
            self.literal(element, 0)
        };
        Literal::SomeIn(key, element, domain)
    }

    fn every(&mut self, depth: usize) -> Literal {
        let of = self
            .dice
            .one_of(&[Kind::Texts, Kind::Numbers, Kind::TextSet, Kind::NumberMap]);
        let domain = self.term(of, depth);
        let (key, element) = of.elements().unwrap_or((Kind::Any, Kind::Any));
        self.scoped(|inside| {
            let key = inside.dice.percent(25).then(|| inside.bind(key));
            let element = inside.bind(element);
            let many = inside.dice.between(1, 2);
            Literal::Every(key, element, domain, inside.body(many, depth))
        })
    }

    fn logic(&mut self, depth: usize) -> Literal {
        let word = self.dice.one_of(&["and", "or"]);
        let many = self.dice.between(2, 3);
        let operands = (0..many).map(|_| {
            self.scoped(|inside| {
                inside.negated |= inside.dice.percent(70);
                let many = if inside.dice.percent(70) { 1 } else { 2 };
                inside.body(many, depth)
            })
        });
        Literal::Logic(word, operands.collect())
    }

    fn unification(&mut self, depth: usize) -> Literal {
        match self.dice.below(5) {
            0 => {
                let term = self.term(Kind::Any, depth);
                Literal::Unify(Term::Var(self.bind(Kind::Any)), term)
            }
            1 if self.dice.percent(30) => {
                // Both sides bind.
                let (text, number) = (self.term(Kind::Text, 0), self.term(Kind::Number, 0));
                let left = vec![Term::Var(self.bind(Kind::Text)), number];
                let right = vec![text, Term::Var(self.bind(Kind::Number))];
                Literal::Unify(Term::Array(left), Term::Array(right))
            }
            1 => {
                let terms = Term::Array(vec![
                    self.term(Kind::Text, depth),
                    self.term(Kind::Number, depth),
                ]);
                let names = Term::Array(vec![
                    Term::Var(self.bind(Kind::Text)),
                    Term::Var(self.bind(Kind::Number)),
                ]);
                if self.dice.percent(50) {
                    Literal::Assign(names, terms)
                } else {
                    Literal::Unify(names, terms)
                }
            }
            2 => {
                let item = self.field(Kind::Item);
                let name = Term::Var(self.bind(Kind::Text));
                let size = if self.dice.percent(50) {
                    Term::Var(self.bind(Kind::Number))
                } else {
                    self.literal(Kind::Number, 0)
                };
                let pattern = Term::Object(vec![
                    (Term::quoted("name"), name),
                    (Term::quoted("size"), size),
                ]);
                Literal::Unify(pattern, item)
            }
            3 => {
                let texts = self.field(Kind::Texts);
                let first = Term::Var(self.bind(Kind::Text));
                let second = self.literal(Kind::Text, 0);
                Literal::Unify(Term::Array(vec![first, second]), texts)
            }
            _ => {
                let kind = self.dice.one_of(&KINDS);
                let (one, other) = (self.term(kind, depth), self.field(kind));
                Literal::Unify(one, other)
            }
        }
    }

    fn walk(&mut self) -> Literal {
        let over = self.field(Kind::Any);
        let path = if self.dice.percent(50) {
            Term::Var(self.bind(Kind::Any))
        } else {
            Term::var("_")
        };
        let pair = Term::Array(vec![path, Term::Var(self.bind(Kind::Any))]);
        if self.dice.percent(50) {
            Literal::Term(Term::Call("walk".to_owned(), vec![over, pair]))
        } else {
            Literal::Assign(pair, Term::Call("walk".to_owned(), vec![over]))
        }
    }

    /// `some i, j` and a look that they are bound by.
    fn declared(&mut self) -> Literal {
        let names = [self.new_name(), self.new_name()];
        for name in &names {
            self.variables.push((name.clone(), Kind::Small));
        }
        let path = vec![
            Term::quoted("items"),
            Term::var(&names[0]),
            Term::quoted("tags"),
            Term::var(&names[1]),
        ];
        let tag = Term::Ref(Box::new(Term::var("input")), path);
        let text = self.term(Kind::Text, 0);
        self.pending = Some(Literal::Term(Term::Infix(
            "==",
            Box::new(tag),
            Box::new(text),
        )));
        Literal::Some(names.to_vec())
    }

    fn out_parameter(&mut self) -> Literal {
        let (name, arguments, kind) = match self.dice.below(3) {
            0 => (
                "split",
                vec![self.term(Kind::Text, 0), Term::quoted("/")],
                Kind::Texts,
            ),
            1 => ("count", vec![self.term(Kind::Texts, 0)], Kind::Number),
            _ => ("lower", vec![self.term(Kind::Text, 0)], Kind::Text),
        };
        let mut arguments = arguments;
        arguments.push(Term::Var(self.bind(kind)));
        Literal::Term(Term::Call(name.to_owned(), arguments))
    }

    /// A condition, or the value of a rule, with something else in the place of input, data, rules or functions.
    fn replaced(&mut self, depth: usize) -> Literal {
        let of_rule = if self.dice.percent(70) {
            self.rule_reference(Kind::Any)
        } else {
            None
        };
        let many = self.dice.between(1, 2);
        let replaced = (0..many).map(|_| self.replacement()).collect();
        let literal = match of_rule {
            Some(rule) if !self.negated && self.dice.percent(60) => {
                Literal::Assign(Term::Var(self.bind(Kind::Any)), rule)
            }
            Some(rule) => Literal::Term(rule),
            None => self.condition(depth),
        };
        Literal::With(Box::new(literal), replaced)
    }

    fn replacement(&mut self) -> (String, Term) {
        let was = std::mem::replace(&mut self.negated, true);
        let replacement = match self.dice.below(10) {
            0 => {
                let input = self.dice.input();
                ("input".to_owned(), Term::Text(input.to_string()))
            }
            1..3 => ("input.role".to_owned(), self.term(Kind::Text, 0)),
            3 => ("input.any.a".to_owned(), self.term(Kind::Any, 0)),
            4 => ("data.cfg.n".to_owned(), self.term(Kind::Number, 0)),
            5 => ("data.cfg".to_owned(), self.literal(Kind::NumberMap, 0)),
            6 => {
                const PAIRS: [(&str, &str); 4] = [
                    ("lower", "upper"),
                    ("startswith", "endswith"),
                    ("abs", "round"),
                    ("is_string", "is_number"),
                ];
                if self.dice.percent(50) {
                    ("count".to_owned(), self.constant(Kind::Number))
                } else {
                    let (name, other) = self.dice.one_of(&PAIRS);
                    (name.to_owned(), Term::var(other))
                }
            }
            _ => self.replaced_rule(),
        };
        self.negated = was;
        replacement
    }

    fn replaced_rule(&mut self) -> (String, Term) {
        if self.known == 0 {
            return ("input.n".to_owned(), self.constant(Kind::Number));
        }
        let at = self.dice.below(self.known);
        let group = self.groups[at].clone();
        let mut path: Vec<Term> = self.packages[group.package]
            .iter()
            .map(|part| Term::quoted(part))
            .collect();
        path.push(Term::quoted(&group.name));
        let target = Term::Ref(Box::new(Term::var("data")), path).to_string();
        let value = match group.shape {
            Shape::Function if self.dice.percent(50) => {
                // Another function in its place.
                let functions: Vec<usize> = (0..self.known)
                    .filter(|other| {
                        let other = &self.groups[*other];
                        other.shape == Shape::Function
                            && other.arguments.len() == group.arguments.len()
                    })
                    .collect();
                let other = self.dice.one_of(&functions);
                self.name_of(other)
            }
            Shape::Set => {
                let of = if group.kind == Kind::Text {
                    Kind::TextSet
                } else {
                    Kind::NumberSet
                };
                self.constant(of)
            }
            Shape::Map => self.constant(Kind::NumberMap),
            _ => self.constant(group.kind),
        };
        (target, value)
    }
}

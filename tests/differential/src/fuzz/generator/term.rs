//! Terms.

use super::super::program::Term;
use super::Generator;
use super::kind::{BUILTINS, KINDS, Kind};

impl Generator {
    /// A term of this kind, rarely of another.
    pub fn term(&mut self, kind: Kind, depth: usize) -> Term {
        // Where bytes are decoded, not any text will do: bytes that are no text are an error of ours alone. And a range
        // to any number could take OPA forever.
        let kept = matches!(kind, Kind::Encoded | Kind::Hex | Kind::Small);
        let kind = if self.dice.below(150) == 0 && !kept {
            self.dice.one_of(&KINDS)
        } else {
            kind
        };
        match self.dice.below(if depth == 0 { 10 } else { 20 }) {
            0..3 => self.literal(kind, depth),
            _ if kind == Kind::Small => self.small(),
            _ if let Some(words) = kind.words() => match self.dice.below(8) {
                0 | 1 if matches!(kind, Kind::Encoded | Kind::Hex) => {
                    Term::Text(self.dice.one_of(words).to_owned())
                }
                0 => self.field(Kind::Text),
                1 => self.field(Kind::Any),
                _ => Term::Text(self.dice.one_of(words).to_owned()),
            },
            3..6 => match self.variable(kind) {
                Some(name) => Term::Var(name),
                None => self.field(kind),
            },
            6..10 => self.field(kind),
            10..13 => match self.rule_reference(kind) {
                Some(reference) => reference,
                None => self.field(kind),
            },
            13..16 => self.call(kind, depth - 1),
            16 => self.part(kind, depth - 1),
            _ => self.operation(kind, depth - 1),
        }
    }

    /// Never a field: it could be a number that a range of it never ends.
    fn small(&mut self) -> Term {
        match self.variable(Kind::Small) {
            Some(name) if self.dice.percent(50) => Term::Var(name),
            _ if self.dice.percent(30) => {
                let texts = self.field(Kind::Texts);
                Term::Call("count".to_owned(), vec![texts])
            }
            _ => self.literal(Kind::Small, 0),
        }
    }

    /// A constant, or a composite of terms.
    pub fn literal(&mut self, kind: Kind, depth: usize) -> Term {
        let many = self.dice.below(4);
        let inner = depth.saturating_sub(1);
        match kind {
            Kind::Number => Term::Text(self.dice.number().to_owned()),
            Kind::Small => Term::Text(self.dice.below(6).to_string()),
            kind if let Some(words) = kind.words() => {
                Term::Text(self.dice.one_of(words).to_owned())
            }
            Kind::Text if self.dice.percent(4) => {
                const RAW: [&str; 5] = ["`a`", "`x/y`", r#""\u00e9""#, r#""a\nb""#, "`a\\`"];
                Term::Text(self.dice.one_of(&RAW).to_owned())
            }
            Kind::Text => Term::quoted(self.dice.word()),
            Kind::Bool => Term::Text(self.dice.percent(50).to_string()),
            Kind::Numbers => Term::Array(self.terms(Kind::Number, many, inner)),
            Kind::Texts => Term::Array(self.terms(Kind::Text, many, inner)),
            Kind::NumberSet => Term::Set(self.terms(Kind::Number, many, inner)),
            Kind::TextSet => Term::Set(self.terms(Kind::Text, many, inner)),
            Kind::NumberMap => {
                let pairs = (0..many).map(|_| {
                    (
                        Term::quoted(self.dice.word()),
                        self.term(Kind::Number, inner),
                    )
                });
                Term::Object(pairs.collect())
            }
            Kind::Item => Term::Object(vec![
                (Term::quoted("name"), self.term(Kind::Text, inner)),
                (Term::quoted("size"), self.term(Kind::Number, inner)),
            ]),
            _ => match self.dice.below(6) {
                0 => Term::Text("null".to_owned()),
                1 => Term::Array(self.terms(Kind::Any, many, inner)),
                2 if depth > 0 => Term::Set(self.terms(Kind::Any, many, inner)),
                3 if depth > 0 => {
                    let kind = self.dice.one_of(&KINDS);
                    let pairs =
                        (0..many).map(|_| (self.literal(kind, 0), self.term(Kind::Any, inner)));
                    Term::Object(pairs.collect())
                }
                _ => {
                    let kind = self.dice.one_of(&KINDS[..6]);
                    self.literal(kind, depth)
                }
            },
        }
    }

    /// A constant of this kind.
    pub fn constant(&mut self, kind: Kind) -> Term {
        let (variables, known) = (std::mem::take(&mut self.variables), self.known);
        self.known = 0;
        let constant = match kind {
            Kind::Number | Kind::Small | Kind::Text | Kind::Bool => self.literal(kind, 0),
            Kind::Numbers => Term::Array(vec![self.literal(Kind::Number, 0)]),
            Kind::Texts => Term::Array(vec![self.literal(Kind::Text, 0)]),
            Kind::NumberSet => Term::Set(vec![self.literal(Kind::Number, 0)]),
            Kind::TextSet => Term::Set(vec![self.literal(Kind::Text, 0)]),
            Kind::NumberMap | Kind::Item => Term::Object(vec![(
                self.literal(Kind::Text, 0),
                self.literal(Kind::Number, 0),
            )]),
            _ => Term::Text("null".to_owned()),
        };
        (self.variables, self.known) = (variables, known);
        constant
    }

    fn terms(&mut self, kind: Kind, many: usize, depth: usize) -> Vec<Term> {
        (0..many).map(|_| self.term(kind, depth)).collect()
    }

    fn call(&mut self, kind: Kind, depth: usize) -> Term {
        match kind {
            Kind::Text if self.dice.percent(15) => return self.formatted(depth),
            Kind::Text if self.templates && self.dice.percent(15) => return self.template(depth),
            Kind::Bool if self.dice.percent(15) => return self.matched(depth),
            _ => {}
        }
        let fitting: Vec<_> = BUILTINS
            .iter()
            .filter(|builtin| builtin.2 == kind || (kind == Kind::Any && self.dice.percent(10)))
            .collect();
        if fitting.is_empty() {
            return self.literal(kind, depth);
        }
        let builtin = self.dice.one_of(&fitting);
        let arguments = builtin.1.iter().map(|kind| match kind {
            // Of a constant the type checker knows when it does not fit.
            Kind::Any if self.dice.percent(75) => self.field(Kind::Any),
            kind => self.term(*kind, depth),
        });
        Term::Call(builtin.0.to_owned(), arguments.collect())
    }

    /// A part of something that is no name: `f(x)[i]`, `[1, 2][i]`, `{"a": 1}[k]`.
    fn part(&mut self, kind: Kind, depth: usize) -> Term {
        let of = match kind {
            Kind::Text => Kind::Texts,
            Kind::Number => self.dice.one_of(&[Kind::Numbers, Kind::NumberMap]),
            _ => Kind::Any,
        };
        let whole = match self.dice.below(8) {
            0..3 => self.call(of, depth),
            3 => self.literal(of, depth),
            _ => match self.variable(of) {
                Some(name) => Term::Var(name),
                None => self.field(of),
            },
        };
        let (key, _) = of.elements().unwrap_or((Kind::Any, Kind::Any));
        let key = self.index(key);
        match whole {
            Term::Call(..) | Term::Array(_) | Term::Object(_) | Term::Var(_) => {
                Term::Ref(Box::new(whole), vec![key])
            }
            Term::Ref(root, mut parts) => {
                parts.push(key);
                Term::Ref(root, parts)
            }
            other => other,
        }
    }

    fn formatted(&mut self, depth: usize) -> Term {
        const FORMATS: [&str; 10] = [
            "%v", "%s", "%d", "%s-%v", "%5d|%v", "%.2f", "%x %v", "%q", "%v%%", "%t %v %v",
        ];
        let format = Term::quoted(self.dice.one_of(&FORMATS));
        let many = self.dice.between(1, 3);
        let operands = (0..many).map(|_| {
            let kind = self.dice.one_of(&KINDS);
            self.term(kind, depth)
        });
        let operands = Term::Array(operands.collect());
        Term::Call("sprintf".to_owned(), vec![format, operands])
    }

    fn template(&mut self, depth: usize) -> Term {
        let kind = self.dice.one_of(&KINDS);
        let first = self.term(kind, depth);
        let second = self.term(Kind::Text, 0);
        Term::Template(vec![
            ("a ".to_owned(), Some(first)),
            ("-".to_owned(), Some(second)),
            (String::new(), None),
        ])
    }

    fn matched(&mut self, depth: usize) -> Term {
        const PATTERNS: [&str; 7] = ["^a", "a.*b", "[a-d]+$", "", "^(admin|dev)$", "\\\\d+", "("];
        const GLOBS: [&str; 5] = ["a*", "*", "{admin,dev}", "x/*", "?"];
        let text = self.term(Kind::Text, depth);
        if self.dice.percent(60) {
            let end = if self.dice.percent(90) { 6 } else { 7 };
            let pattern = self.dice.one_of(&PATTERNS[..end]);
            let pattern = Term::Text(format!("\"{pattern}\""));
            return Term::Call("regex.match".to_owned(), vec![pattern, text]);
        }
        let glob = Term::quoted(self.dice.one_of(&GLOBS));
        let delimiters = Term::Array(vec![Term::quoted("/")]);
        Term::Call("glob.match".to_owned(), vec![glob, delimiters, text])
    }

    fn operation(&mut self, kind: Kind, depth: usize) -> Term {
        let operators: &[&str] = match kind {
            Kind::Number | Kind::Small => &["+", "-", "*", "/", "%"],
            Kind::NumberSet | Kind::TextSet => &["|", "&", "-"],
            Kind::Bool => &["==", "!=", "<", "<=", ">", ">=", "in"],
            Kind::Any if self.dice.percent(50) => {
                let kind = self.dice.one_of(&KINDS);
                return self.term(kind, depth);
            }
            Kind::Text => {
                let texts = self.comprehension(Kind::Texts, depth);
                return Term::Call("concat".to_owned(), vec![Term::quoted(","), texts]);
            }
            kind => return self.comprehension(kind, depth),
        };
        if matches!(kind, Kind::NumberSet | Kind::TextSet) && self.dice.percent(50) {
            return self.comprehension(kind, depth);
        }
        let operator = self.dice.one_of(operators);
        let sides = match (kind, operator) {
            (Kind::Bool, "in") => {
                let of =
                    self.dice
                        .one_of(&[Kind::Texts, Kind::TextSet, Kind::NumberMap, Kind::Any]);
                let element = of.elements().map_or(Kind::Any, |(_, element)| element);
                (element, of)
            }
            (Kind::Bool, _) => {
                let both = self
                    .dice
                    .one_of(&[Kind::Number, Kind::Text, Kind::Any, Kind::TextSet]);
                (both, both)
            }
            _ => (kind, kind),
        };
        let left = if sides.0 == Kind::Any {
            self.field(Kind::Any)
        } else {
            self.term(sides.0, depth)
        };
        let right = self.term(sides.1, depth);
        Term::Infix(operator, Box::new(left), Box::new(right))
    }

    fn comprehension(&mut self, kind: Kind, depth: usize) -> Term {
        self.scoped(|inside| {
            let many = inside.dice.between(1, 2);
            let body = inside.body(many, depth);
            match kind {
                Kind::NumberSet => Term::SetOf(Box::new(inside.term(Kind::Number, depth)), body),
                Kind::TextSet => Term::SetOf(Box::new(inside.term(Kind::Text, depth)), body),
                Kind::Numbers => Term::ArrayOf(Box::new(inside.term(Kind::Number, depth)), body),
                Kind::Texts => Term::ArrayOf(Box::new(inside.term(Kind::Text, depth)), body),
                Kind::NumberMap => {
                    let pair = (inside.term(Kind::Text, 0), inside.term(Kind::Number, depth));
                    Term::ObjectOf(Box::new(pair), body)
                }
                _ => {
                    let kind = inside.dice.one_of(&KINDS);
                    Term::SetOf(Box::new(inside.term(kind, depth)), body)
                }
            }
        })
    }
}

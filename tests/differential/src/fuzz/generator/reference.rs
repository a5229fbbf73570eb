//! References: into input and data, and to rules.

use super::super::program::Term;
use super::{Generator, Group, Kind, Shape};

impl Generator {
    /// A field of the input, of `data.cfg`, or of an item at hand.
    pub fn field(&mut self, kind: Kind) -> Term {
        if self.dice.percent(15)
            && let Some(item) = self.item_variable()
            && let Some(name) = match kind {
                Kind::Text => Some("name"),
                Kind::Number => Some("size"),
                Kind::Texts => Some("tags"),
                _ => None,
            }
        {
            return Term::Ref(Box::new(Term::Var(item)), vec![Term::quoted(name)]);
        }
        let kind = match self.dice.below(100) {
            // Now and then anything at all is where something is expected.
            0..6 => Kind::Any,
            6 if !self.negated => return self.anything(),
            7 if self.dice.percent(40) => return self.package_reference(),
            _ => kind,
        };
        let mut path: Vec<Term> = Vec::new();
        let root = if self.dice.percent(75) {
            "input"
        } else {
            path.push(Term::quoted("cfg"));
            "data"
        };
        self.field_path(kind, &mut path);
        Term::Ref(Box::new(Term::var(root)), path)
    }

    /// A whole document, or a look into one with new variables.
    fn anything(&mut self) -> Term {
        let root = Term::var(self.dice.one_of(&["input", "data"]));
        match (&root, self.dice.below(4)) {
            (Term::Var(name), 0) if name == "input" => root,
            (Term::Var(name), _) if name == "data" => {
                // The base document alone: rules would need themselves.
                let key = self.index(Kind::Text);
                Term::Ref(Box::new(root), vec![Term::quoted("cfg"), key])
            }
            (_, 1) => {
                let keys = vec![self.index(Kind::Text), self.index(Kind::Any)];
                Term::Ref(Box::new(root), keys)
            }
            _ => {
                let key = self.index(Kind::Text);
                Term::Ref(Box::new(root), vec![key])
            }
        }
    }

    /// A whole package, base documents beside rules, or whatever a package has under some name.
    fn package_reference(&mut self) -> Term {
        let mut path: Vec<Term> = match self.dice.below(3) {
            0 => vec![Term::quoted("lib")],
            1 => vec![Term::quoted("lib"), Term::quoted("x")],
            _ => {
                let package = self.dice.one_of(&self.packages);
                package.iter().map(|part| Term::quoted(part)).collect()
            }
        };
        match self.dice.below(4) {
            0 => {}
            1 => path.push(self.index(Kind::Text)),
            _ => path.push(Term::quoted("zz")),
        }
        Term::Ref(Box::new(Term::var("data")), path)
    }

    fn item_variable(&mut self) -> Option<String> {
        let items = self.variables.iter().rev();
        items
            .filter(|(_, kind)| *kind == Kind::Item)
            .map(|(name, _)| name.clone())
            .next()
    }

    fn field_path(&mut self, kind: Kind, path: &mut Vec<Term>) {
        let name = |name: &str| Term::quoted(name);
        let way = self.dice.below(10);
        match kind {
            Kind::Number | Kind::Small => match way {
                0..5 => path.push(name(if way < 3 { "n" } else { "m" })),
                5 => path.extend([name("deep"), name("a"), name("c")]),
                6 => {
                    path.push(name("list"));
                    path.push(self.index(Kind::Small));
                }
                7 => {
                    path.push(name("limits"));
                    path.push(self.index(Kind::Text));
                }
                _ => {
                    path.push(name("items"));
                    path.push(self.index(Kind::Small));
                    path.push(name("size"));
                }
            },
            Kind::Text => match way {
                0..3 => path.push(name("role")),
                3..5 => path.push(name("user")),
                5 => path.push(name("path")),
                6..8 => {
                    path.push(name("roles"));
                    path.push(self.index(Kind::Small));
                }
                _ => {
                    path.push(name("items"));
                    path.push(self.index(Kind::Small));
                    path.push(name("name"));
                }
            },
            Kind::Bool => path.push(name("ok")),
            Kind::Texts | Kind::TextSet if way < 7 => path.push(name("roles")),
            Kind::Texts | Kind::TextSet => {
                path.push(name("items"));
                path.push(self.index(Kind::Small));
                path.push(name("tags"));
            }
            Kind::Numbers | Kind::NumberSet => path.push(name("list")),
            Kind::NumberMap => path.push(name("limits")),
            Kind::Item => {
                path.push(name("items"));
                path.push(self.index(Kind::Small));
            }
            _ => match way {
                0..3 => path.push(name("any")),
                3 => path.extend([name("deep"), name("a"), name("b")]),
                4 => path.extend([name("deep"), name("x"), name("y")]),
                5 => path.push(name("nope")),
                6 => path.push(name("items")),
                7 => {
                    path.push(name("any"));
                    path.push(self.index(Kind::Any));
                }
                _ => path.push(name("deep")),
            },
        }
    }

    /// What stands in brackets: a key at hand, or, where that may be, a new variable.
    pub fn index(&mut self, kind: Kind) -> Term {
        if !self.negated && self.dice.percent(35) {
            return if self.dice.percent(40) {
                Term::var("_")
            } else {
                Term::Var(self.bind(kind))
            };
        }
        match kind {
            Kind::Small if self.dice.percent(70) => Term::Text(self.dice.below(3).to_string()),
            Kind::Small => Term::Text("-1".to_owned()),
            kind => self.term(kind, 0),
        }
    }

    /// A known rule whose value or element is of this kind.
    pub fn rule_reference(&mut self, kind: Kind) -> Option<Term> {
        let fits = |has: Kind| has == kind || kind == Kind::Any;
        let known = &self.groups[..self.known];
        let fitting: Vec<usize> = (0..known.len())
            .filter(|at| match (known[*at].shape, kind) {
                (Shape::Set, Kind::TextSet) => known[*at].kind == Kind::Text,
                (Shape::Set, Kind::NumberSet) | (Shape::Map, Kind::NumberMap) => {
                    known[*at].kind == Kind::Number
                }
                _ => fits(known[*at].kind),
            })
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let at = self.dice.one_of(&fitting);
        let group = self.groups[at].clone();
        let root = self.name_of(at);
        if group.shape == Shape::Function {
            let arguments = group.arguments.iter().map(|kind| self.term(*kind, 1));
            return Some(Term::Call(root.to_string(), arguments.collect()));
        }
        let whole = kind != group.kind || (kind == Kind::Any && self.dice.percent(50));
        let parts = match group.shape {
            _ if whole => Vec::new(),
            Shape::Complete | Shape::Function => Vec::new(),
            Shape::Set => vec![self.index(group.kind)],
            Shape::Map => vec![self.index(Kind::Text)],
            Shape::Names => vec![Term::quoted("a")],
            Shape::Tree => vec![self.index(Kind::Text), Term::quoted("q")],
            Shape::Sets => vec![self.index(Kind::Text), self.index(group.kind)],
        };
        Some(if parts.is_empty() {
            root
        } else {
            extend(root, parts)
        })
    }

    /// A rule as its own package, or another, calls it.
    pub fn name_of(&mut self, group: usize) -> Term {
        let Group { package, name, .. } = self.groups[group].clone();
        if package == self.package && self.dice.percent(80) {
            return Term::Var(name);
        }
        if self.dice.percent(30)
            && let Some((alias, _)) = self.aliases.iter().find(|(_, of)| *of == package)
        {
            let root = Term::Var(alias.clone());
            return Term::Ref(Box::new(root), vec![Term::quoted(&name)]);
        }
        let mut path: Vec<Term> = self.packages[package]
            .iter()
            .map(|part| Term::quoted(part))
            .collect();
        path.push(Term::quoted(&name));
        Term::Ref(Box::new(Term::var("data")), path)
    }
}

fn extend(root: Term, mut more: Vec<Term>) -> Term {
    match root {
        Term::Ref(root, mut parts) => {
            parts.append(&mut more);
            Term::Ref(root, parts)
        }
        root => Term::Ref(Box::new(root), more),
    }
}

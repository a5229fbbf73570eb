//! OPA refuses a declared variable that nothing uses: so most of them are used somehow, or not declared.

use std::collections::HashMap;

use super::super::dice::Dice;
use super::super::program::{Literal, Rule, Term};

impl Rule {
    /// Sees to the variables that are declared and used nowhere.
    pub fn tidy(&mut self, dice: &mut Dice) {
        let mut tidier = Tidier {
            times: HashMap::new(),
            dice,
        };
        tidier.count(&self.to_text());
        tidier.body(&mut self.body);
        for key in &mut self.head {
            tidier.term(key);
        }
        for term in self.value.iter_mut().chain(&mut self.contains) {
            tidier.term(term);
        }
        for (value, body) in &mut self.otherwise {
            tidier.body(body);
            if let Some(value) = value {
                tidier.term(value);
            }
        }
    }
}

struct Tidier<'dice> {
    /// How often each word stands in the rule. Variables have names of their own.
    times: HashMap<String, usize>,
    dice: &'dice mut Dice,
}

impl Tidier<'_> {
    fn count(&mut self, text: &str) {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            *self.times.entry(word.to_owned()).or_default() += 1;
        }
    }

    fn is_unused(&mut self, name: &str) -> bool {
        self.times.get(name) == Some(&1) && self.dice.below(100) > 0
    }

    fn body(&mut self, body: &mut Vec<Literal>) {
        for mut literal in std::mem::take(body) {
            let used = self.literal(&mut literal);
            body.push(literal);
            body.extend(used);
        }
    }

    /// Something that uses the variable.
    fn user(&mut self, name: &str) -> Literal {
        let variable = Term::var(name);
        let other = match self.dice.below(5) {
            0 => return Literal::Term(variable),
            1 => Term::Text("null".to_owned()),
            2 => Term::Text(self.dice.number().to_owned()),
            _ => Term::quoted(self.dice.word()),
        };
        let operator = self.dice.one_of(&["!=", "!=", "!=", ">", "<="]);
        Literal::Term(Term::Infix(operator, Box::new(variable), Box::new(other)))
    }

    /// Tidies a statement; what it returns uses what the statement declares.
    fn literal(&mut self, literal: &mut Literal) -> Vec<Literal> {
        match literal {
            Literal::Term(term) => self.term(term),
            Literal::Unify(one, other) => {
                self.term(one);
                self.term(other);
            }
            Literal::Assign(to, term) => {
                self.term(term);
                if let Term::Var(name) = to
                    && self.is_unused(name)
                {
                    if self.dice.percent(60) {
                        return vec![self.user(name)];
                    }
                    *literal = Literal::Unify(to.clone(), term.clone());
                } else if let Term::Array(items) = to {
                    for item in items {
                        self.unname(item);
                    }
                }
            }
            Literal::SomeIn(key, element, domain) => {
                self.term(domain);
                if let Some(key) = key {
                    self.unname(key);
                }
                if let Term::Var(name) = element
                    && self.is_unused(name)
                    && self.dice.percent(60)
                {
                    return vec![self.user(name)];
                }
                self.unname(element);
            }
            Literal::Every(key, element, domain, body) => {
                self.term(domain);
                self.body(body);
                if key.as_ref().is_some_and(|key| self.is_unused(key)) {
                    *key = None;
                }
                if self.is_unused(element) {
                    body.push(self.user(element));
                }
            }
            Literal::Not(inner) => drop(self.literal(inner)),
            Literal::NotBody(body) => self.body(body),
            Literal::With(inner, replaced) => {
                let used = self.literal(inner);
                for (_, value) in replaced {
                    self.term(value);
                }
                return used;
            }
            Literal::Logic(_, operands) => operands.iter_mut().for_each(|body| self.body(body)),
            Literal::Some(_) => {}
        }
        Vec::new()
    }

    fn unname(&mut self, term: &mut Term) {
        if let Term::Var(name) = term
            && self.is_unused(name)
        {
            *term = Term::var("_");
        }
    }

    fn term(&mut self, term: &mut Term) {
        match term {
            Term::Text(_) | Term::Var(_) => {}
            Term::Ref(root, parts) => {
                self.term(root);
                for part in parts {
                    self.term(part);
                }
            }
            Term::Array(items) | Term::Set(items) | Term::Call(_, items) => {
                for item in items {
                    self.term(item);
                }
            }
            Term::Object(fields) => {
                for (key, value) in fields {
                    self.term(key);
                    self.term(value);
                }
            }
            Term::Infix(_, left, right) => {
                self.term(left);
                self.term(right);
            }
            Term::ArrayOf(head, body) | Term::SetOf(head, body) => {
                self.body(body);
                self.term(head);
            }
            Term::ObjectOf(pair, body) => {
                self.body(body);
                self.term(&mut pair.0);
                self.term(&mut pair.1);
            }
            Term::Template(pieces) => {
                let terms = pieces.iter_mut().filter_map(|(_, term)| term.as_mut());
                terms.for_each(|term| self.term(term));
            }
        }
    }
}

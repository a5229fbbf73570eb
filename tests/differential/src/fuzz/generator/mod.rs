//! Makes programs.

mod body;
mod kind;
mod packages;
mod reference;
mod rule;
mod term;
mod tidy;

use super::dice::Dice;
use super::program::{Asked, Literal, Program};
use kind::Kind;

/// The program of one case in the run of a seed.
#[must_use]
pub fn generate(seed: u64, case: u64) -> Program {
    let mut generator = Generator::new(Dice::of_case(seed, case));
    let modules = generator.modules();
    let dice = &mut generator.dice;
    Program {
        modules,
        data: dice.data(),
        inputs: (0..3).map(|_| dice.input()).collect(),
        strict: dice.percent(60),
        no_index: dice.percent(25),
        asked: Asked::Everything,
    }
}

/// What a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `p := v`.
    Complete,
    /// `p contains v`.
    Set,
    /// `p[k] := v`.
    Map,
    /// `p.a := v`, `p.b.c := w`: names alone.
    Names,
    /// `p[k].q := v`, beside `p.x.q`.
    Tree,
    /// `p[k] contains v`.
    Sets,
    /// `p(x) := v`.
    Function,
}

/// All definitions of a rule.
#[derive(Debug, Clone)]
struct Group {
    package: usize,
    name: String,
    shape: Shape,
    /// Of its value, or of its elements.
    kind: Kind,
    arguments: Vec<Kind>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the place"
)]
struct Generator {
    dice: Dice,
    packages: Vec<Vec<String>>,
    groups: Vec<Group>,
    /// Rules from here on are not referred to: nothing is recursive.
    known: usize,
    /// The package of the rule that is being made.
    package: usize,
    /// Whether its module is written in Rego v1.
    modern: bool,
    /// Whether its module has template strings.
    templates: bool,
    /// The operators its module has imported.
    operators: bool,
    variables: Vec<(String, Kind)>,
    names: usize,
    /// Within a negation nothing new can be bound.
    negated: bool,
    /// What the statement that was made last needs beside it.
    pending: Option<Literal>,
    /// Names that the module has imported, and the packages they stand for.
    aliases: Vec<(String, usize)>,
}

impl Generator {
    fn new(dice: Dice) -> Self {
        Self {
            dice,
            packages: Vec::new(),
            groups: Vec::new(),
            known: 0,
            package: 0,
            modern: true,
            templates: true,
            operators: false,
            variables: Vec::new(),
            names: 0,
            negated: false,
            pending: None,
            aliases: Vec::new(),
        }
    }

    /// A new variable.
    fn bind(&mut self, kind: Kind) -> String {
        let name = self.new_name();
        self.variables.push((name.clone(), kind));
        name
    }

    fn new_name(&mut self) -> String {
        const LETTERS: [&str; 8] = ["x", "y", "z", "v", "k", "i", "j", "t"];
        self.names += 1;
        format!("{}{}", LETTERS[self.names % LETTERS.len()], self.names)
    }

    /// Whatever `work` binds is gone afterwards.
    fn scoped<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (bound, negated) = (self.variables.len(), self.negated);
        let made = work(self);
        self.variables.truncate(bound);
        self.negated = negated;
        made
    }

    fn variable(&mut self, kind: Kind) -> Option<String> {
        let fitting = self
            .variables
            .iter()
            .filter(|(_, has)| *has == kind || (*has == Kind::Any && kind != Kind::Small));
        let names: Vec<String> = fitting.map(|(name, _)| name.clone()).collect();
        (!names.is_empty()).then(|| self.dice.one_of(&names))
    }
}

//! Modules: several packages that refer to each other, in both dialects.

use super::super::program::{Module, Term};
use super::Generator;

const PLACES: [&[&str]; 7] = [
    &["p"],
    &["q"],
    &["lib", "x"],
    &["lib", "x", "y"],
    &["a", "b"],
    &["p", "q"],
    &["lib", "x y"],
];

const NAMES: [&str; 14] = [
    "allow", "deny", "r", "s", "t", "u", "result", "names", "f", "g", "h", "w", "level", "n",
];

impl Generator {
    /// The modules of a program.
    pub fn modules(&mut self) -> Vec<Module> {
        let many = self.dice.between(1, 3);
        let mut modules: Vec<Module> = (0..many).map(|n| self.module(n)).collect();
        let aliases = self.import_packages(&mut modules);
        let rules = self.dice.between(2, 9);
        for _ in 0..rules {
            let at = self.dice.below(modules.len());
            let module = &modules[at];
            self.package = self
                .packages
                .iter()
                .position(|package| *package == module.package)
                .unwrap_or(0);
            self.modern = module.dialect == 1;
            self.templates = module.version == 1;
            self.operators = module
                .imports
                .iter()
                .any(|import| import.ends_with("keywords.and"));
            self.aliases.clone_from(&aliases[at]);
            let name = self.rule_name();
            for rule in self.rule(self.package, name) {
                // Modules of one package share its rules.
                let home = if self.dice.percent(25) {
                    self.home(&modules, at)
                } else {
                    at
                };
                modules[home].rules.push(rule);
            }
            self.known = self.groups.len();
        }
        if self.dice.percent(15) {
            for module in &mut modules {
                self.dice.shuffle(&mut module.rules);
            }
        }
        modules
    }

    /// A module of the same package and dialect.
    fn home(&mut self, modules: &[Module], at: usize) -> usize {
        let here = &modules[at];
        let same = |other: &Module| {
            (&other.package, other.dialect, &other.imports)
                == (&here.package, here.dialect, &here.imports)
        };
        let homes: Vec<usize> = (0..modules.len()).filter(|n| same(&modules[*n])).collect();
        self.dice.one_of(&homes)
    }

    /// Lets some modules import packages; for each module the names and what they stand for.
    fn import_packages(&mut self, modules: &mut [Module]) -> Vec<Vec<(String, usize)>> {
        let mut aliases = Vec::new();
        for module in modules {
            let mut names = Vec::new();
            for (number, package) in self.packages.iter().enumerate() {
                if *package == module.package || !self.dice.percent(20) {
                    continue;
                }
                let path: Vec<Term> = package.iter().map(|part| Term::quoted(part)).collect();
                let path = Term::Ref(Box::new(Term::var("data")), path);
                let alias = format!("pkg{number}");
                module.imports.push(format!("import {path} as {alias}"));
                names.push((alias, number));
            }
            aliases.push(names);
        }
        aliases
    }

    fn module(&mut self, number: usize) -> Module {
        let package: Vec<String> = self
            .dice
            .one_of(&PLACES)
            .iter()
            .map(|part| (*part).to_owned())
            .collect();
        if !self.packages.contains(&package) {
            self.packages.push(package.clone());
        }
        let version = u32::from(self.dice.percent(90));
        let dialect = if version == 0 && self.dice.percent(30) {
            1
        } else {
            version
        };
        let mut imports = Vec::new();
        if version == 0 {
            if dialect == 1 {
                imports.push("import rego.v1".to_owned());
            } else {
                imports.push("import future.keywords.in".to_owned());
                imports.push("import future.keywords.every".to_owned());
            }
        } else if self.dice.percent(25) {
            for word in ["and", "or", "not"] {
                imports.push(format!("import future.keywords.{word}"));
            }
        }
        if self.dice.percent(10) {
            imports.push("import data.cfg.limits as caps".to_owned());
        }
        Module {
            file: format!("m{number}.rego"),
            version,
            dialect,
            package,
            imports,
            rules: Vec::new(),
        }
    }

    /// A name that this package has no rule of; rarely one that it has.
    fn rule_name(&mut self) -> String {
        for _ in 0..20 {
            let name = self.dice.one_of(&NAMES);
            let taken = self
                .groups
                .iter()
                .any(|group| group.package == self.package && group.name == name);
            if !taken || self.dice.below(200) == 0 {
                return name.to_owned();
            }
        }
        format!("rule_{}", self.groups.len())
    }
}

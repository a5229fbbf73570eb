//! Names of rules and imports become what they mean: `q` becomes `data.p.q`.

use std::collections::{HashMap, HashSet};

use super::declared::declared_in;
use super::unit::Unit;
use super::vars::{Skip, VarSet, Vars};
use crate::problem::Code;
use crate::syntax::ast::{
    Body, Expr, ExprKind, Location, Module, Name, Node, Ref, Rule, TemplatePart, Term,
};
use crate::syntax::compare::{sort_elements, sort_fields};
use crate::syntax::shape::root_document;
use crate::syntax::visit::{Part, Step, each_branch_mut, walk, walk_rule_mut};

/// OPA's stage `resolveAllRefs`.
pub fn stage(unit: &mut Unit<'_>) {
    let mut modules = std::mem::take(&mut unit.modules);
    let exports = exports(&modules);
    let none = HashSet::new();
    for module in &mut modules {
        let globals = Globals {
            rules: exports.get(&package_key(module)).unwrap_or(&none),
            imports: imports(module),
            package: module.package.path.clone(),
        };
        for rule in &mut module.rules {
            each_branch_mut(rule, |rule| {
                // Puts objects and sets in order.
                walk_rule_mut(rule, &mut |_| Step::Into);
                match names_of_args(&rule.head.args) {
                    Ok(args) => resolve_rule(rule, &globals, args),
                    Err(root) => unit.report(
                        Code::RegoCompile,
                        rule.at,
                        format!("args must not shadow `{root}`"),
                        "use a different variable name",
                    ),
                }
            });
        }
    }
    unit.modules = modules;
}

/// Names that mean something outside of their rule.
struct Globals<'exports> {
    /// The rules of the package, whichever module defines them.
    rules: &'exports HashSet<Name>,
    /// They go before rules.
    imports: HashMap<Name, Ref>,
    package: Ref,
}

impl Globals<'_> {
    /// What a name means, all of it at the place where the name stands.
    fn meaning(&self, name: &Name, at: Location) -> Option<Ref> {
        let moved = |part: &Term| Term::new(part.node.clone(), at);
        if let Some(path) = self.imports.get(name) {
            return Some(path.iter().map(moved).collect());
        }
        if !self.rules.contains(name) {
            return None;
        }
        let rule = Term::string(name.clone(), at);
        Some(self.package.iter().map(moved).chain([rule]).collect())
    }
}

fn package_key(module: &Module) -> Vec<Name> {
    let parts = module.package.path.iter();
    parts
        .filter_map(|part| match &part.node {
            Node::Var(name) | Node::String(name) => Some(name.clone()),
            _ => None,
        })
        .collect()
}

/// The first names of the rules of each package.
fn exports(modules: &[Module]) -> HashMap<Vec<Name>, HashSet<Name>> {
    let mut exports: HashMap<Vec<Name>, HashSet<Name>> = HashMap::new();
    for module in modules {
        let names = exports.entry(package_key(module)).or_default();
        let heads = module.rules.iter().map(|rule| &rule.head.reference);
        names.extend(heads.filter_map(|head| head.first()?.as_var().cloned()));
    }
    exports
}

fn imports(module: &Module) -> HashMap<Name, Ref> {
    let mut imports = HashMap::new();
    for import in &module.imports {
        let path = match &import.path.node {
            Node::Ref(path) => path.clone(),
            _ => vec![import.path.clone()],
        };
        let Some(head) = path.first().and_then(Term::as_var) else {
            continue;
        };
        if matches!(&**head, "future" | "rego") {
            continue;
        }
        let last = path.last().and_then(|part| match &part.node {
            Node::Var(name) | Node::String(name) => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = import.alias.clone().or(last) {
            imports.insert(name, path);
        }
    }
    imports
}

/// The variables of a function's arguments; the name of a root document if one of them has it.
fn names_of_args(args: &[Term]) -> Result<VarSet, Name> {
    let mut names = VarSet::new();
    let mut root = None;
    for arg in args {
        walk(arg, &mut |part| match part {
            Part::Term(term) => {
                if let Some(name) = root_document(term) {
                    root.get_or_insert_with(|| name.clone());
                    return Step::Over;
                }
                match &term.node {
                    Node::Var(name) => {
                        names.insert(name.clone());
                        Step::Over
                    }
                    // Nothing can be matched against these.
                    Node::Set(_)
                    | Node::ArrayComprehension(_)
                    | Node::SetComprehension(_)
                    | Node::ObjectComprehension(_)
                    | Node::Call(_) => Step::Over,
                    _ => Step::Into,
                }
            }
            _ => Step::Into,
        });
    }
    root.map_or(Ok(names), Err)
}

fn resolve_rule(rule: &mut Rule, globals: &Globals<'_>, args: VarSet) {
    let mut resolver = Resolver {
        globals,
        declared: vec![args, declared_in(&rule.body)],
    };
    let head = &mut rule.head;
    let parts = head.reference.iter_mut().skip(1);
    for term in parts.chain(&mut head.key).chain(&mut head.value) {
        resolver.term(term);
    }
    resolver.body(&mut rule.body);
}

struct Resolver<'globals> {
    globals: &'globals Globals<'globals>,
    /// Names that mean something inside of their rule, scope by scope.
    declared: Vec<VarSet>,
}

impl Resolver<'_> {
    fn meaning(&self, name: &Name, at: Location) -> Option<Ref> {
        if self.declared.iter().any(|scope| scope.contains(name)) {
            return None;
        }
        self.globals.meaning(name, at)
    }

    fn body(&mut self, body: &mut Body) {
        for expr in body {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => self.terms(terms),
            ExprKind::Some(symbols) => {
                if let Some(Node::Call(terms)) = symbols.first_mut().map(|first| &mut first.node) {
                    self.terms(terms);
                }
            }
            ExprKind::Every(every) => {
                let mut names = Vars::new(Skip::NONE);
                if let Some(key) = &every.key {
                    names.walk(key);
                }
                names.walk(&every.value);
                self.declared.push(names.seen);
                self.term(&mut every.domain);
                self.body(&mut every.body);
                self.declared.pop();
            }
            ExprKind::Not(nested) => self.body(&mut nested.body),
            ExprKind::And(pair) | ExprKind::Or(pair) => {
                self.body(&mut pair.left.body);
                self.body(&mut pair.right.body);
            }
        }
        for with in &mut expr.with {
            self.term(&mut with.target);
            self.term(&mut with.value);
        }
    }

    fn terms(&mut self, terms: &mut [Term]) {
        for term in terms {
            self.term(term);
        }
    }

    fn term(&mut self, term: &mut Term) {
        match &mut term.node {
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) => {}
            Node::Var(name) => {
                if let Some(meaning) = self.meaning(name, term.at) {
                    term.node = Node::Ref(meaning);
                }
            }
            Node::Ref(reference) => self.reference(reference),
            Node::Array(terms) | Node::Call(terms) => self.terms(terms),
            Node::Object(fields) => {
                for (key, value) in &mut *fields {
                    self.term(key);
                    self.term(value);
                }
                sort_fields(fields);
            }
            Node::Set(elements) => {
                self.terms(elements);
                sort_elements(elements);
            }
            Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
                self.declared.push(declared_in(&all.body));
                self.term(&mut all.term);
                self.body(&mut all.body);
                self.declared.pop();
            }
            Node::ObjectComprehension(all) => {
                self.declared.push(declared_in(&all.body));
                self.term(&mut all.key);
                self.term(&mut all.value);
                self.body(&mut all.body);
                self.declared.pop();
            }
            Node::Template(template) => {
                for part in &mut template.parts {
                    if let TemplatePart::Expr(expr) = part {
                        self.expr(expr);
                    }
                }
            }
        }
    }

    fn reference(&mut self, reference: &mut Ref) {
        let mut first = None;
        for (place, part) in reference.iter_mut().enumerate() {
            match &part.node {
                Node::Var(name) if place == 0 => first = self.meaning(name, part.at),
                // As in OPA, which leaves these alone here.
                Node::Template(_) => {}
                _ => self.term(part),
            }
        }
        if let Some(first) = first {
            reference.splice(..1, first);
        }
    }
}

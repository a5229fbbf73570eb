//! What is compiled together, on its way through the stages.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::annotations::{Annotation, AnnotationSet};
use super::graph::Graph;
use super::tree::{RuleAt, Tree};
use crate::problem::{Code, Problem};
use crate::syntax::ast::{Body, Expr, ExprKind, Location, Module, Name, Node, Rule, Term};
use crate::syntax::visit::{PartMut, branches, each_branch_mut};
use crate::value::Value;

/// All modules of a bundle, and what the stages find out about them.
#[derive(Debug)]
pub struct Unit<'data> {
    /// The modules. [`Location::module`] counts in them.
    pub modules: Vec<Module>,
    /// The base document.
    pub data: &'data Value,
    /// Rules by place. Filled by the stage `set_rule_tree`.
    pub tree: Tree,
    /// What comments say about rules and packages, until the stage `set_annotation_set`.
    pub annotations: Vec<Annotation>,
    /// The same, in order. Filled by the stage `set_annotation_set`.
    pub annotation_set: AnnotationSet,
    /// Which rules need the values of which. Filled by the stage `set_graph`.
    pub graph: Graph,
    /// Names as written, by the names that the compiler gave instead: for messages.
    pub rewritten: HashMap<Name, Name>,
    /// What was found wrong so far.
    pub problems: Vec<Problem>,
    /// Whether later stages cannot make sense of the modules any more.
    pub stopped: bool,
    /// The variables that the compiler makes up.
    pub locals: Locals,
    files: Vec<String>,
}

/// Makes up variables: `__local0__`, `__local1__`, ….
#[derive(Debug, Default)]
pub struct Locals {
    next: u32,
    /// Such names that a module already has.
    pub taken: HashSet<Name>,
}

impl Locals {
    /// A variable that no module has.
    pub fn make(&mut self, at: Location) -> Term {
        Term::var(self.make_name(), at)
    }

    /// The name of a variable that no module has.
    pub fn make_name(&mut self) -> Name {
        loop {
            let name = format!("__local{}__", self.next);
            self.next += 1;
            if self.taken.is_empty() || !self.taken.contains(name.as_str()) {
                return name.into();
            }
        }
    }

    /// A new variable, and the equality that gives it the value of a term: `__local7__ = term`.
    pub fn name_term(&mut self, term: Term) -> (Term, Expr) {
        let at = term.at;
        let local = self.make(at);
        let mut expr = equal(local.clone(), term, at);
        expr.generated = true;
        (local, expr)
    }
}

/// `left = right`.
#[must_use]
pub fn equal(left: Term, right: Term, at: Location) -> Expr {
    let terms = vec![equality_operator(at), left, right];
    Expr::new(ExprKind::Call(terms), at)
}

/// The operator of `=`. The compiler makes many.
#[must_use]
pub fn equality_operator(at: Location) -> Term {
    static EQ: LazyLock<Name> = LazyLock::new(|| "eq".into());
    Term::new(Node::Ref(vec![Term::var(EQ.clone(), at)]), at)
}

impl<'data> Unit<'data> {
    /// Modules that no stage has seen.
    #[must_use]
    pub fn new(modules: Vec<Module>, data: &'data Value) -> Self {
        let files = modules.iter().map(|module| module.path.clone()).collect();
        Self {
            modules,
            data,
            tree: Tree::default(),
            annotations: Vec::new(),
            annotation_set: AnnotationSet::default(),
            graph: Graph::default(),
            rewritten: HashMap::new(),
            problems: Vec::new(),
            stopped: false,
            locals: Locals::default(),
            files,
        }
    }

    /// The rule at a place.
    #[must_use]
    pub fn rule(&self, at: RuleAt) -> Option<&Rule> {
        self.modules.get(at.module)?.rules.get(at.rule)
    }

    /// All rules, each followed by its `else` branches.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.modules
            .iter()
            .flat_map(|module| &module.rules)
            .flat_map(branches)
    }

    /// Does something to all rules, each followed by its `else` branches. The modules cannot be reached through
    /// the unit meanwhile.
    pub fn each_rule(&mut self, mut change: impl FnMut(&mut Self, &mut Rule)) {
        let mut modules = std::mem::take(&mut self.modules);
        for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
            each_branch_mut(rule, |rule| change(self, rule));
        }
        self.modules = modules;
    }

    /// Walks all heads and bodies to change them. The modules cannot be reached through the unit meanwhile.
    pub fn each_part(
        &mut self,
        mut change: impl FnMut(&mut Self, PartMut<'_>) -> crate::syntax::visit::Step,
    ) {
        self.each_rule(|unit, rule| {
            crate::syntax::visit::walk_rule_mut(rule, &mut |part| change(unit, part));
        });
    }

    /// The name a variable was written with.
    #[must_use]
    pub fn written<'name>(&'name self, name: &'name Name) -> &'name Name {
        self.rewritten.get(name).unwrap_or(name)
    }

    /// Notes that something is wrong. No further stage will run.
    pub fn report(
        &mut self,
        code: Code,
        at: Location,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.stopped = true;
        self.note(code, at, message, cure);
    }

    /// Notes that something is wrong, but that later stages can still look for more (OPA's `errRecoverable`).
    pub fn note(
        &mut self,
        code: Code,
        at: Location,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        let file = usize::try_from(at.module)
            .ok()
            .and_then(|module| self.files.get(module))
            .cloned()
            .unwrap_or_default();
        let problem = Problem::new(code, message, cure);
        self.problems.push(problem.at(file, at.row, at.column));
    }
}

/// Whether a body says nothing: it is `true`.
#[must_use]
pub fn is_empty_body(body: &Body) -> bool {
    match body.as_slice() {
        [only] => match &only.kind {
            ExprKind::Term(term) => matches!(term.node, Node::Bool(true)),
            _ => false,
        },
        _ => false,
    }
}

/// Adds conditions to a body. A body that says nothing gives way to the first of them.
pub fn append(body: &mut Body, exprs: Vec<Expr>) {
    if !exprs.is_empty() && is_empty_body(body) {
        body.clear();
    }
    body.extend(exprs);
}

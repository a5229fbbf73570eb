//! Template strings become calls: `$"a {x + 1}"` becomes `internal.template_string(["a ", {y | y = x + 1}])`.

use std::collections::HashSet;

use super::arity::Arities;
use super::safety;
use super::tree::{RuleAt, Tree};
use super::unit::{Unit, equal, is_empty_body};
use super::vars::{Skip, VarSet, Vars, is_wildcard, reserved};
use crate::builtins::{self, Run};
use crate::problem::Code;
use crate::syntax::ast::{
    Body, Comprehension, Every, Expr, ExprKind, Location, Node, Rule, Template, TemplatePart, Term,
};
use crate::syntax::shape::{is_ground, is_scalar, starts_with_data};
use crate::syntax::visit::{Part, PartMut, Step, any, walk_mut};

/// OPA's stage `rewriteTemplateStrings`.
pub fn stage(unit: &mut Unit<'_>) {
    if !unit.rules().any(contains_template) {
        return;
    }
    let known = known_rules(unit);
    let tree = std::mem::take(&mut unit.tree);
    let mut rewriter = Rewriter {
        arities: Arities::of(&tree),
        tree: &tree,
        known,
        errors: Vec::new(),
    };
    unit.each_rule(|unit, rule| {
        if contains_template(&*rule) {
            rewriter.rule(unit, rule);
        }
    });
    let errors = rewriter.errors;
    unit.tree = tree;
    for (at, message) in errors {
        let cure = "declare the variable in the body, before or after the template string";
        unit.report(Code::RegoCompile, at, message, cure);
    }
}

/// Whether a template is in it; `else` branches do not count.
fn contains_template<'tree>(part: impl Into<Part<'tree>>) -> bool {
    let is = |part| matches!(part, Part::Term(term) if matches!(term.node, Node::Template(_)));
    match part.into() {
        Part::Rule(rule) => any(&rule.head, is) || any(&rule.body, is),
        part => any(part, is),
    }
}

/// The first rules of the places whose value is never undefined.
fn known_rules(unit: &Unit<'_>) -> HashSet<RuleAt> {
    let mut known = HashSet::new();
    unit.tree.depth_first(&mut |place| {
        let Some((first_at, rest)) = place.rules.split_first() else {
            return;
        };
        let Some(first) = unit.rule(*first_at) else {
            return;
        };
        let is_default = |at: &RuleAt| unit.rule(*at).is_some_and(|rule| rule.default);
        let defined = first.default
            || first.head.is_multi_value()
            || if rest.is_empty() {
                is_constant_rule(first)
            } else {
                rest.iter().any(is_default)
            };
        if first.head.args.is_empty() && defined {
            known.insert(*first_at);
        }
    });
    known
}

fn is_constant_rule(rule: &Rule) -> bool {
    let constant = |value: &Term| match &value.node {
        Node::Var(_) => true,
        Node::Array(_) | Node::Object(_) | Node::Set(_) => is_ground(value),
        _ => is_scalar(value),
    };
    is_empty_body(&rule.body) && rule.head.value.as_ref().is_some_and(constant)
}

struct Rewriter<'tree> {
    arities: Arities<'tree>,
    tree: &'tree Tree,
    known: HashSet<RuleAt>,
    errors: Vec<(Location, String)>,
}

impl Rewriter<'_> {
    fn rule(&mut self, unit: &mut Unit<'_>, rule: &mut Rule) {
        let mut bound = Vars::new(Skip::NONE);
        bound.walk_terms(&rule.head.args);
        bound.seen.extend(reserved());
        let bound = self.body(unit, &mut rule.body, &bound.seen);
        let head = &mut rule.head;
        let terms = head.args.iter_mut().chain(&mut head.key);
        for term in terms.chain(&mut head.value) {
            self.walk(unit, PartMut::Term(term), &bound);
        }
    }

    /// Rewrites the templates of a body; what is bound in it.
    fn body(&mut self, unit: &mut Unit<'_>, body: &mut Body, around: &VarSet) -> VarSet {
        let mut bound = safety::of_body(body, &self.arities, around);
        bound.extend(around.iter().cloned());
        self.walk(unit, PartMut::Body(body), &bound);
        bound
    }

    fn walk(&mut self, unit: &mut Unit<'_>, part: PartMut<'_>, bound: &VarSet) {
        walk_mut(part, &mut |part| match part {
            PartMut::Term(term) => self.term(unit, term, bound),
            PartMut::Expr(expr) => {
                if let ExprKind::Every(every) = &mut expr.kind {
                    self.every(unit, every, bound);
                }
                Step::Into
            }
            _ => Step::Into,
        });
    }

    /// As OPA, all that is left inside is then rewritten with what is bound outside.
    fn term(&mut self, unit: &mut Unit<'_>, term: &mut Term, bound: &VarSet) -> Step {
        if !contains_template(&*term) {
            return Step::Over;
        }
        match &mut term.node {
            Node::Template(_) => self.template(unit, term, bound),
            Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
                let bound = self.body(unit, &mut all.body, bound);
                self.template(unit, &mut all.term, &bound);
            }
            Node::ObjectComprehension(all) => {
                let bound = self.body(unit, &mut all.body, bound);
                self.template(unit, &mut all.key, &bound);
                self.template(unit, &mut all.value, &bound);
            }
            // As by OPA, what is in here keeps its order, though it sorts otherwise now.
            Node::Set(elements) => {
                for element in elements {
                    self.walk(unit, PartMut::Term(element), bound);
                }
                return Step::Over;
            }
            Node::Object(fields) => {
                for (key, value) in fields {
                    self.walk(unit, PartMut::Term(key), bound);
                    self.walk(unit, PartMut::Term(value), bound);
                }
                return Step::Over;
            }
            _ => {}
        }
        Step::Into
    }

    fn every(&mut self, unit: &mut Unit<'_>, every: &mut Every, bound: &VarSet) {
        self.template(unit, &mut every.domain, bound);
        if !contains_template(&every.body) {
            return;
        }
        let names = every.key.iter().chain([&every.value]);
        let names = names.filter_map(|term| term.as_var().cloned());
        let mut inside = bound.clone();
        inside.extend(names.filter(|name| !is_wildcard(name)));
        self.body(unit, &mut every.body, &inside);
    }

    /// Rewrites a term if it is a template and nothing is wrong with it.
    fn template(&mut self, unit: &mut Unit<'_>, term: &mut Term, bound: &VarSet) {
        let Node::Template(template) = &term.node else {
            return;
        };
        let errors = self.errors.len();
        let parts = self.parts(unit, template, bound, term.at);
        if self.errors.len() == errors {
            let operator = Term::operator("internal.template_string", term.at);
            let parts = Term::new(Node::Array(parts), term.at);
            term.node = Node::Call(vec![operator, parts]);
        }
    }

    fn parts(
        &mut self,
        unit: &mut Unit<'_>,
        template: &Template,
        bound: &VarSet,
        at: Location,
    ) -> Vec<Term> {
        if template.parts.is_empty() {
            return vec![Term::string("", at)];
        }
        let parts = template.parts.iter().filter_map(|part| match part {
            TemplatePart::Text(text) => Some(text.clone()),
            TemplatePart::Expr(expr) => self.part(unit, expr, bound),
        });
        parts.collect()
    }

    /// A set of the part's value; the empty set will stand for "undefined".
    fn part(&mut self, unit: &mut Unit<'_>, expr: &Expr, bound: &VarSet) -> Option<Term> {
        let term = match &expr.kind {
            ExprKind::Term(term) => term.clone(),
            ExprKind::Call(terms) => Term::new(Node::Call(terms.clone()), expr.at),
            _ => {
                self.error(expr.at, "unexpected expression in a template string");
                return None;
            }
        };
        if let ExprKind::Call(_) = expr.kind
            && let Some(name) = expr.operator()
            && builtins::find(&name).is_some_and(|builtin| matches!(builtin.run, Run::Relation))
        {
            let message = format!(
                "illegal call to relation built-in `{name}` that may cause multiple outputs"
            );
            self.error(expr.at, message);
            return None;
        }
        let never_undefined = match &term.node {
            Node::Var(_) => true,
            Node::Ref(reference) => self.is_known(reference),
            _ => false,
        };
        let at = term.at;
        if never_undefined {
            return Some(Term::new(Node::Set(vec![term]), at));
        }
        let mut vars = Vars::new(Skip::SAFETY);
        vars.walk(&term);
        for name in vars.seen.difference(bound) {
            let message = format!("var `{}` is undeclared", unit.written(name));
            self.errors.push((at, message));
        }
        let local = unit.locals.make(at);
        let mut capture = equal(local.clone(), term, at);
        capture.with.clone_from(&expr.with);
        let all = Comprehension {
            term: local,
            body: vec![capture],
        };
        Some(Term::new(Node::SetComprehension(Box::new(all)), at))
    }

    fn is_known(&self, reference: &[Term]) -> bool {
        reference.len() > 1
            && starts_with_data(reference)
            && self
                .tree
                .find_ref(reference)
                .and_then(|place| place.rules.first())
                .is_some_and(|first| self.known.contains(first))
    }

    fn error(&mut self, at: Location, message: impl Into<String>) {
        self.errors.push((at, message.into()));
    }
}

//! The order of conditions in which every variable is bound before it is asked for.

use super::globals::Globals;
use super::order::Order;
use super::promote::safety_vars;
use super::report::Unsafe;
use crate::compile::arity::Arities;
use crate::compile::vars::{Skip, VarSet, vars_of};
use crate::syntax::ast::{Body, Expr, ExprKind, Node, Term, With};

/// Puts conditions, and those of the bodies in them, into the order in which they are evaluated: OPA's
/// `reorderBodyForSafety`. Each stands as early as it can, and otherwise in source order. What no order makes
/// safe goes into `found`, and the body is then good for nothing.
#[must_use]
pub fn reorder(
    body: Body,
    globals: &mut Globals,
    arities: &Arities<'_>,
    found: &mut Vec<Unsafe>,
) -> Body {
    let Order {
        places,
        mut vars,
        mut lacking,
        closures,
    } = Order::of(&body, globals, arities);
    let mut body: Vec<Option<Expr>> = body.into_iter().map(Some).collect();
    let mut ordered: Body = places
        .iter()
        .filter_map(|at| body.get_mut(*at).and_then(Option::take))
        .collect();
    // What was dropped because it says the same as another one stays in `body` like what is unsafe.
    for (expr, vars) in body.iter().zip(&mut lacking) {
        if let Some(expr) = expr
            && !vars.is_empty()
        {
            found.push(Unsafe::new(expr, std::mem::take(vars)));
        }
    }
    if closures.is_empty() {
        return ordered;
    }
    let mut before = Vec::new();
    for (expr, at) in ordered.iter_mut().zip(places) {
        if closures.contains(&at) {
            for vars in before.drain(..) {
                globals.add_all(&vars);
            }
            let mut inside = Inside {
                globals,
                arities,
                found,
                outer: VarSet::new(),
            };
            inside.expr(expr);
            let outer = inside.outer;
            if !outer.is_empty() {
                found.push(Unsafe::new(expr, outer));
            }
        }
        before.extend(vars.get_mut(at).map(std::mem::take));
    }
    ordered
}

/// The bodies in a condition.
struct Inside<'here> {
    globals: &'here mut Globals,
    arities: &'here Arities<'here>,
    found: &'here mut Vec<Unsafe>,
    /// What the elements of comprehensions name though nothing binds it.
    outer: VarSet,
}

impl Inside<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) | ExprKind::Some(terms) => self.terms(terms),
            // As in OPA, the domain and modifiers of a condition with a body hold no bodies: they have
            // become conditions of their own.
            ExprKind::Every(every) => {
                for term in every.key.iter().chain([&every.value]) {
                    self.globals.add_all(&vars_of(term, Skip::NONE));
                }
                self.body(&mut every.body);
                return;
            }
            ExprKind::Not(nested) => {
                self.body(&mut nested.body);
                return;
            }
            ExprKind::And(pair) | ExprKind::Or(pair) => {
                self.body(&mut pair.left.body);
                self.body(&mut pair.right.body);
                return;
            }
        }
        for With { target, value, .. } in &mut expr.with {
            self.term(target);
            self.term(value);
        }
    }

    fn terms(&mut self, terms: &mut [Term]) {
        for term in terms {
            self.term(term);
        }
    }

    fn term(&mut self, term: &mut Term) {
        match &mut term.node {
            Node::Ref(terms) | Node::Array(terms) | Node::Set(terms) | Node::Call(terms) => {
                self.terms(terms);
            }
            Node::Object(fields) => {
                for (key, value) in fields {
                    self.term(key);
                    self.term(value);
                }
            }
            Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
                self.elements(&[&all.term], &all.body);
                self.body(&mut all.body);
            }
            Node::ObjectComprehension(all) => {
                self.elements(&[&all.key, &all.value], &all.body);
                self.body(&mut all.body);
            }
            Node::Null
            | Node::Bool(_)
            | Node::Number(_)
            | Node::String(_)
            | Node::Var(_)
            | Node::Template(_) => {}
        }
    }

    /// What a comprehension gathers must be bound in its body or around it.
    fn elements(&mut self, terms: &[&Term], body: &Body) {
        let bound = safety_vars(body, self.arities);
        for term in terms {
            let vars = vars_of(*term, Skip::NONE);
            self.outer.extend(
                vars.into_iter()
                    .filter(|name| !bound.contains(name) && !self.globals.contains(name)),
            );
        }
    }

    fn body(&mut self, body: &mut Body) {
        let mark = self.globals.mark();
        let taken = std::mem::take(body);
        *body = reorder(taken, self.globals, self.arities, self.found);
        self.globals.back_to(mark);
    }
}

//! The order of conditions in which every variable is bound before it is asked for.

use std::collections::{BTreeSet, HashMap};

use super::globals::Globals;
use super::outputs::Outputs;
use super::promote::safety_vars;
use super::report::Unsafe;
use crate::compile::arity::Arities;
use crate::compile::compare::compare_exprs;
use crate::compile::vars::{Skip, VarSet, vars_of};
use crate::compile::visit::{Part, Step, walk};
use crate::syntax::ast::{Body, Expr, ExprKind, Name, Node, Term, With};

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
    let (order, unsafe_vars) = order(&body, globals, arities);
    let mut body: Vec<Option<Expr>> = body.into_iter().map(Some).collect();
    let mut ordered: Body = order
        .into_iter()
        .filter_map(|at| body.get_mut(at).and_then(Option::take))
        .collect();
    // What was dropped because it says the same as another one stays in `body` like what is unsafe.
    for (expr, vars) in body.iter().flatten().zip(unsafe_vars) {
        if !vars.is_empty() {
            found.push(Unsafe::new(expr, vars));
        }
    }
    let mut before = None;
    for expr in &mut ordered {
        if let Some(before) = before.take() {
            globals.add_all(&before);
        }
        let vars = safety_vars(&*expr, arities);
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
        before = Some(vars);
    }
    ordered
}

/// One condition that waits for its place.
struct Waiting {
    /// What must be bound first, its own bindings left out.
    needs: VarSet,
    /// The body's variables that bodies in it ask for.
    closed_over: VarSet,
    /// Whether it has its place.
    placed: bool,
}

/// The places of conditions, by their old ones, and of each that found none what it lacks, in their old order.
fn order(body: &[Expr], globals: &Globals, arities: &Arities<'_>) -> (Vec<usize>, Vec<VarSet>) {
    let own: Vec<VarSet> = body.iter().map(|expr| safety_vars(expr, arities)).collect();
    let all: VarSet = own.iter().flatten().cloned().collect();
    let mut bound: VarSet = all
        .iter()
        .filter(|name| globals.contains(name))
        .cloned()
        .collect();
    let mut watchers: HashMap<Name, Vec<usize>> = HashMap::new();
    let mut waiting = Vec::with_capacity(body.len());
    for (at, (expr, mut needs)) in body.iter().zip(own).enumerate() {
        needs.retain(|name| !bound.contains(name));
        let mut closed_over = closure_vars(expr);
        closed_over.retain(|name| all.contains(name) && !globals.contains(name));
        if !needs.is_empty() || !closed_over.is_empty() {
            for name in vars_of(expr, Skip::NONE) {
                if !bound.contains(&name) {
                    watchers.entry(name).or_default().push(at);
                }
            }
        }
        waiting.push(Waiting {
            needs,
            closed_over,
            placed: false,
        });
    }

    let mut order = Vec::with_capacity(body.len());
    // OPA goes through the body in rounds until nothing changes. Here a condition is looked at again only after
    // something it mentions has been bound: else it would come to the same. Unless there is an `every`, which
    // inherits outputs from the condition looked at before it: then each round is gone through as OPA does.
    let mut due: BTreeSet<usize> = (0..body.len()).collect();
    let mut outputs_of = Outputs::new(arities);
    let forgets = !body
        .iter()
        .any(|expr| matches!(expr.kind, ExprKind::Every(_)));
    let mut placed_in_round = false;
    let mut next = 0;
    loop {
        let Some(at) = due.range(next..).next().copied() else {
            if placed_in_round && !forgets {
                let unplaced = waiting
                    .iter()
                    .enumerate()
                    .filter(|(_, waits)| !waits.placed);
                due.extend(unplaced.map(|(at, _)| at));
            }
            if due.is_empty() {
                break;
            }
            placed_in_round = false;
            next = 0;
            continue;
        };
        due.remove(&at);
        next = at + 1;
        let (Some(expr), Some(waits)) = (body.get(at), waiting.get_mut(at)) else {
            continue;
        };
        // OPA takes a condition for placed if the one at its old place says the same.
        let double = order
            .get(at)
            .and_then(|other| body.get(*other))
            .is_some_and(|other| compare_exprs(expr, other).is_eq());
        if double || waits.placed {
            continue;
        }
        let outputs = outputs_of.expr(expr, &bound);
        if !waits.closed_over.is_empty() {
            if waits.closed_over == outputs {
                continue;
            }
            waits.needs.clone_from(&waits.closed_over);
        }
        waits
            .needs
            .retain(|name| !outputs.contains(name) && !bound.contains(name));
        if !waits.needs.is_empty() {
            continue;
        }
        waits.placed = true;
        placed_in_round = true;
        order.push(at);
        for name in outputs {
            for watcher in watchers.remove(&name).into_iter().flatten() {
                due.insert(watcher);
            }
            bound.insert(name);
        }
    }
    let lacking = waiting
        .into_iter()
        .filter(|waits| !waits.placed)
        .map(|waits| waits.needs)
        .collect();
    (order, lacking)
}

/// All variables of the bodies in a condition.
fn closure_vars(expr: &Expr) -> VarSet {
    let mut vars = VarSet::new();
    walk(expr, &mut |part| {
        match part {
            Part::Expr(expr) => match &expr.kind {
                ExprKind::Every(every) => vars.append(&mut vars_of(&every.body, Skip::NONE)),
                ExprKind::Not(nested) => vars.append(&mut vars_of(&nested.body, Skip::NONE)),
                ExprKind::And(pair) | ExprKind::Or(pair) => {
                    vars.append(&mut vars_of(&pair.left.body, Skip::NONE));
                    vars.append(&mut vars_of(&pair.right.body, Skip::NONE));
                }
                _ => return Step::Into,
            },
            Part::Term(term) => match &term.node {
                Node::ArrayComprehension(_)
                | Node::SetComprehension(_)
                | Node::ObjectComprehension(_) => vars.append(&mut vars_of(term, Skip::NONE)),
                _ => return Step::Into,
            },
            _ => return Step::Into,
        }
        Step::Over
    });
    vars
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

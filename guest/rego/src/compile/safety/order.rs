//! In which order the conditions of one body can be safe.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::globals::Globals;
use super::outputs::Outputs;
use super::promote::safety_vars;
use crate::compile::arity::Arities;
use crate::compile::vars::{Skip, VarSet, vars_of};
use crate::syntax::ast::{Expr, ExprKind, Name, Node};
use crate::syntax::compare::compare_exprs;
use crate::syntax::visit::{Part, Step, walk};

/// The order of a body's conditions.
pub struct Order {
    /// The old places of those that have a new one, in the new order.
    pub places: Vec<usize>,
    /// What each mentions outside of bodies in it.
    pub vars: Vec<VarSet>,
    /// What each that found no place lacks. Of others, nothing.
    pub lacking: Vec<VarSet>,
    /// Those with bodies in them.
    pub closures: HashSet<usize>,
}

impl Order {
    /// OPA's order of these conditions, where these variables are bound around them.
    #[must_use]
    pub fn of(body: &[Expr], globals: &Globals, arities: &Arities<'_>) -> Self {
        let vars: Vec<VarSet> = body.iter().map(|expr| safety_vars(expr, arities)).collect();
        let outer = vars.iter().flatten().filter(|name| globals.contains(name));
        let bound: VarSet = outer.cloned().collect();
        let mut closures: HashMap<usize, VarSet> = HashMap::new();
        for (at, expr) in body.iter().enumerate() {
            closures.extend(closure_vars(expr).map(|vars| (at, vars)));
        }
        if !closures.is_empty() {
            let own: HashSet<&Name> = vars.iter().flatten().collect();
            for vars in closures.values_mut() {
                vars.retain(|name| own.contains(name) && !globals.contains(name));
            }
        }
        let waiting = vars.iter().enumerate().map(|(at, vars)| {
            let needs = vars.iter().filter(|name| !globals.contains(name));
            Waiting {
                needs: needs.cloned().collect(),
                closed_over: closures.get(&at).cloned().unwrap_or_default(),
                placed: false,
            }
        });
        let waiting = waiting.collect();
        let mut search = Search {
            body,
            bound,
            waiting,
            outputs_of: Outputs::new(arities),
            places: Vec::with_capacity(body.len()),
        };
        search.run();
        let lacking = |waits: Waiting| {
            if waits.placed {
                VarSet::new()
            } else {
                waits.needs
            }
        };
        Self {
            places: search.places,
            lacking: search.waiting.into_iter().map(lacking).collect(),
            vars,
            closures: closures.into_keys().collect(),
        }
    }
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

/// The search for an order.
struct Search<'here> {
    body: &'here [Expr],
    bound: VarSet,
    waiting: Vec<Waiting>,
    outputs_of: Outputs<'here>,
    places: Vec<usize>,
}

impl Search<'_> {
    /// OPA goes through the body in rounds until nothing changes. From the third round on a condition is looked
    /// at again only after something it mentions has been bound: else it would come to the same. Unless there is
    /// an `every`, which inherits outputs from the condition looked at before it: then each round is gone
    /// through as OPA does.
    fn run(&mut self) {
        let all = 0..self.body.len();
        let every = |expr: &Expr| matches!(expr.kind, ExprKind::Every(_));
        let inherits = self.body.iter().any(every);
        let mut rounds = 0;
        loop {
            let before = self.places.len();
            for at in all.clone() {
                let _ = self.place(at);
            }
            rounds += 1;
            if self.places.len() == before || self.places.len() == self.body.len() {
                return;
            }
            if rounds == 2 && !inherits {
                break;
            }
        }
        let mut watchers = self.watchers();
        let mut due: BTreeSet<usize> = all.collect();
        let mut next = 0;
        while !due.is_empty() {
            let Some(at) = due.range(next..).next().copied() else {
                next = 0;
                continue;
            };
            due.remove(&at);
            next = at + 1;
            for name in self.place(at) {
                due.extend(watchers.remove(&name).into_iter().flatten());
            }
        }
    }

    /// Which conditions without a place mention a variable that is not bound yet.
    fn watchers(&self) -> HashMap<Name, Vec<usize>> {
        let mut watchers: HashMap<Name, Vec<usize>> = HashMap::new();
        for (at, (expr, waits)) in self.body.iter().zip(&self.waiting).enumerate() {
            if waits.placed {
                continue;
            }
            for name in vars_of(expr, Skip::NONE) {
                if !self.bound.contains(&name) {
                    watchers.entry(name).or_default().push(at);
                }
            }
        }
        watchers
    }

    /// Gives a condition its place if it is safe there; what has become bound by that.
    fn place(&mut self, at: usize) -> VarSet {
        let (Some(expr), Some(waits)) = (self.body.get(at), self.waiting.get_mut(at)) else {
            return VarSet::new();
        };
        if waits.placed {
            return VarSet::new();
        }
        // OPA takes a condition for placed if the one at its old place says the same.
        let double = self.places.get(at).and_then(|other| self.body.get(*other));
        if double.is_some_and(|other| compare_exprs(expr, other).is_eq()) {
            return VarSet::new();
        }
        let mut outputs = self.outputs_of.expr(expr, &self.bound);
        if !waits.closed_over.is_empty() {
            if waits.closed_over == outputs {
                return VarSet::new();
            }
            waits.needs.clone_from(&waits.closed_over);
        }
        waits
            .needs
            .retain(|name| !outputs.contains(name) && !self.bound.contains(name));
        if !waits.needs.is_empty() {
            return VarSet::new();
        }
        waits.placed = true;
        self.places.push(at);
        outputs.retain(|name| self.bound.insert(name.clone()));
        outputs
    }
}

/// All variables of the bodies in a condition; none if there are no bodies.
fn closure_vars(expr: &Expr) -> Option<VarSet> {
    let mut vars = VarSet::new();
    let mut any = false;
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
        any = true;
        Step::Over
    });
    any.then_some(vars)
}

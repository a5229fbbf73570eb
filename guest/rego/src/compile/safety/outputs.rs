//! Which variables a condition binds.

use super::unify::{Bound, unify};
use crate::compile::arity::Arities;
use crate::compile::vars::{Skip, VarSet, vars_of};
use crate::syntax::ast::{Expr, ExprKind, Node, Term};
use crate::syntax::shape::{calls, is_comprehension, is_negated};
use crate::syntax::visit::{Part, Step, walk};

impl Bound for VarSet {
    fn has(&self, name: &str) -> bool {
        self.contains(name)
    }
}

/// What a condition finds bound, with what it binds on the way.
struct Beside<'set> {
    bound: &'set VarSet,
    more: &'set VarSet,
    /// Not to be taken as bound, whatever the others say.
    less: VarSet,
}

impl Bound for Beside<'_> {
    fn has(&self, name: &str) -> bool {
        !self.less.contains(name) && (self.bound.contains(name) || self.more.contains(name))
    }
}

/// The variables that conditions bind, one after the other, beside those bound already.
#[must_use]
pub fn of_body(body: &[Expr], arities: &Arities<'_>, bound: &VarSet) -> VarSet {
    let mut outputs_of = Outputs::new(arities);
    let mut all = bound.clone();
    let mut outputs = VarSet::new();
    for expr in body {
        for name in outputs_of.expr(expr, &all) {
            if all.insert(name.clone()) {
                outputs.insert(name);
            }
        }
    }
    outputs
}

/// Tells of one condition after the other what it binds.
///
/// OPA keeps the outputs of calls and of `every` in one place, and clears it before calls and equalities, not
/// before `every`: an `every` seems to bind what the call looked at before it binds. That decides over orders,
/// and over what is refused, so it is so here.
pub struct Outputs<'here> {
    arities: &'here Arities<'here>,
    kept: VarSet,
}

impl<'here> Outputs<'here> {
    /// Nothing was looked at yet.
    #[must_use]
    pub const fn new(arities: &'here Arities<'here>) -> Self {
        Self {
            arities,
            kept: VarSet::new(),
        }
    }

    /// The variables that a condition binds. Some may be bound already.
    #[must_use]
    pub fn expr(&mut self, expr: &Expr, bound: &VarSet) -> VarSet {
        if is_negated(expr) {
            return VarSet::new();
        }
        let with_unbound = expr.with.iter().any(|with| {
            let vars = vars_of(with, Skip::SAFETY);
            !vars.is_subset(bound)
        });
        if with_unbound {
            return VarSet::new();
        }
        match &expr.kind {
            ExprKind::Term(_) => of_references(Part::Expr(expr), bound),
            ExprKind::Call(terms) if calls(expr, "eq") => {
                if terms.len() == 3 {
                    self.kept.clear();
                }
                of_equality(expr, bound)
            }
            ExprKind::Call(terms) => self.call(expr, terms, bound),
            ExprKind::Every(every) => {
                let mut outputs = of_references(Part::Term(&every.domain), bound);
                self.kept.append(&mut outputs);
                self.kept.clone()
            }
            ExprKind::Some(_) | ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => {
                VarSet::new()
            }
        }
    }

    fn call(&mut self, expr: &Expr, terms: &[Term], bound: &VarSet) -> VarSet {
        let operator = terms.first();
        let Some(arity) = operator.and_then(|operator| self.arities.of_operator(operator)) else {
            return VarSet::new();
        };
        self.kept = of_references(Part::Expr(expr), bound);
        let Some((inputs, results)) = terms
            .split_at_checked(arity + 1)
            .filter(|(_, results)| !results.is_empty())
        else {
            return self.kept.clone();
        };
        let unbound = |name: &_| !self.kept.contains(name) && !bound.contains(name);
        if call_vars(inputs).iter().any(unbound) {
            return VarSet::new();
        }
        self.kept.append(&mut call_vars(results));
        self.kept.clone()
    }
}

/// The variables that an equality binds, beside those bound already.
#[must_use]
pub fn of_equality(expr: &Expr, bound: &VarSet) -> VarSet {
    let ExprKind::Call(terms) = &expr.kind else {
        return VarSet::new();
    };
    let [_, left, right] = terms.as_slice() else {
        return VarSet::new();
    };
    let mut outputs = of_references(Part::Expr(expr), bound);
    let less = if expr.from_assignment {
        // What `:=` names is bound by it alone: its right side gets nothing through its left.
        let named = vars_of(left, Skip::NONE);
        outputs.retain(|name| !named.contains(name));
        named
    } else {
        VarSet::new()
    };
    let unified = unify(
        &Beside {
            bound,
            more: &outputs,
            less,
        },
        left,
        right,
    );
    outputs.extend(unified);
    outputs.retain(|name| !bound.contains(name));
    outputs
}

fn call_vars(terms: &[Term]) -> VarSet {
    let mut vars = crate::compile::vars::Vars::new(
        Skip::CLOSURES | Skip::SETS | Skip::OBJECT_KEYS | Skip::REF_HEADS,
    );
    vars.walk_terms(terms);
    vars.seen
}

/// The variables in the brackets of references that stand on something bound.
fn of_references(part: Part<'_>, bound: &VarSet) -> VarSet {
    let mut outputs = VarSet::new();
    walk(part, &mut |part| match part {
        Part::Term(term) if is_comprehension(term) || matches!(term.node, Node::Template(_)) => {
            Step::Over
        }
        Part::Term(Term {
            node: Node::Ref(reference),
            ..
        }) => {
            if !bound.has_root(reference) {
                return Step::Over;
            }
            let brackets = reference.get(1..).unwrap_or_default();
            if brackets
                .iter()
                .any(|part| !matches!(part.node, Node::String(_)))
            {
                let mut vars = crate::compile::vars::Vars::new(Skip::REF_HEADS);
                vars.walk_terms(brackets);
                outputs.append(&mut vars.seen);
            }
            Step::Into
        }
        _ => Step::Into,
    });
    outputs
}

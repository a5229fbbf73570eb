//! The variables of bodies: where they are declared.

use super::Renamer;
use super::scopes::Occurrence;
use crate::compile::safety;
use crate::compile::unit::equality_operator;
use crate::compile::vars::{Skip, VarSet, Vars, is_made_up, is_wildcard, vars_of};
use crate::syntax::ast::{Body, Every, Expr, ExprKind, Location, Nested, Node, Term};
use crate::syntax::shape::{calls, root_document};

const IN_NEGATED: &str = "cannot assign vars inside negated expression";
const IN_AND: &str = "cannot assign vars inside implicit and operand";
const IN_OR: &str = "cannot assign vars inside implicit or operand";

impl Renamer<'_, '_> {
    /// Renames the variables of a body. Declarations leave it.
    pub(super) fn body(&mut self, body: &mut Body, used: &VarSet) {
        let first = body.first().map_or_else(Location::default, |expr| expr.at);
        body.retain_mut(|expr| self.statement(expr));
        if body.is_empty() {
            let nothing = Term::new(Node::Bool(true), first);
            body.push(Expr::new(ExprKind::Term(nothing), first));
        }
        self.check_unused(body, used, first);
    }

    /// Renames the variables of a condition; false if nothing is left of it.
    fn statement(&mut self, expr: &mut Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(_) if calls(expr, "assign") => {
                self.assignment(expr);
                true
            }
            ExprKind::Some(_) => self.some(expr),
            ExprKind::Every(_) => self.every(expr),
            ExprKind::Not(_) => {
                self.not(expr);
                true
            }
            ExprKind::And(_) | ExprKind::Or(_) => {
                self.logical(expr);
                true
            }
            _ => {
                self.expr(expr);
                true
            }
        }
    }

    fn check_unused(&mut self, body: &[Expr], used: &VarSet, first: Location) {
        if !(self.errors.is_empty() && self.unused.is_empty()) {
            return;
        }
        let Some(scope) = self.scopes.innermost() else {
            return;
        };
        let declared = |occurrence| occurrence == Occurrence::Declared;
        if !scope.values().any(|local| declared(local.occurrence)) {
            return;
        }
        let mut vars = Vars::new(Skip::NONE);
        vars.walk(body);
        for name in used {
            let name = self.scopes.declared(name).map_or(name, |local| &local.name);
            vars.seen.insert(name.clone());
        }
        let mut unused: Vec<_> = scope
            .iter()
            .filter(|(written, local)| {
                declared(local.occurrence)
                    && !vars.seen.contains(&local.name)
                    && !used.contains(&local.name)
                    && !is_made_up(written)
            })
            .map(|(written, local)| {
                let message = format!("declared var `{written}` unused");
                (local.at.unwrap_or(first), message)
            })
            .collect();
        self.unused.append(&mut unused);
    }

    fn assignment(&mut self, expr: &mut Expr) {
        if expr.negated {
            self.error(expr.at, IN_NEGATED);
            return;
        }
        let errors = self.errors.len();
        let ExprKind::Call(terms) = &mut expr.kind else {
            return;
        };
        let [operator, left, right] = terms.as_mut_slice() else {
            return;
        };
        self.whole_term(right);
        for with in &mut expr.with {
            self.whole_term(&mut with.value);
        }
        self.assigned(left, expr.at);
        if self.errors.len() == errors {
            let at = match &operator.node {
                Node::Ref(reference) => reference.first().map_or(operator.at, |head| head.at),
                _ => operator.at,
            };
            *operator = equality_operator(at);
            expr.from_assignment = true;
        }
    }

    /// Declares the variables of the left side of `:=`.
    fn assigned(&mut self, term: &mut Term, expr: Location) {
        if let Some(root) = root_document(term).cloned() {
            match self.declare(&root, Occurrence::Assigned, Some(expr)) {
                Ok(name) => term.node = Node::Var(name),
                Err(message) => self.error(term.at, message),
            }
            return;
        }
        match &mut term.node {
            Node::Var(written) => {
                match self.declare(&written.clone(), Occurrence::Assigned, Some(expr)) {
                    Ok(name) => *written = name,
                    Err(message) => self.error(term.at, message),
                }
            }
            Node::Array(items) => {
                for item in items {
                    self.assigned(item, expr);
                }
            }
            Node::Object(fields) => {
                for (_, value) in fields {
                    self.assigned(value, expr);
                }
            }
            other => {
                let message = format!("cannot assign to {}", other.kind_name());
                self.error(term.at, message);
            }
        }
    }

    fn some(&mut self, expr: &mut Expr) -> bool {
        let ExprKind::Some(symbols) = &mut expr.kind else {
            return true;
        };
        for symbol in symbols {
            match &mut symbol.node {
                Node::Var(written) => {
                    let declared = self.declare(written, Occurrence::Declared, Some(expr.at));
                    if let Err(message) = declared {
                        self.error(expr.at, message);
                        return false;
                    }
                }
                Node::Call(terms) => {
                    let terms = std::mem::take(terms);
                    return self.some_in(expr, terms);
                }
                _ => {}
            }
        }
        false
    }

    /// `some k, v in xs` becomes `v = xs[k]`.
    fn some_in(&mut self, expr: &mut Expr, terms: Vec<Term>) -> bool {
        let mut terms = terms.into_iter().skip(1);
        let (key, value, domain) = match (terms.next(), terms.next(), terms.next()) {
            (Some(key), Some(value), Some(domain)) => (key, value, domain),
            (Some(value), Some(domain), None) => (self.unit.locals.make(value.at), value, domain),
            _ => return false,
        };
        let mut bound = Vars::new(Skip::REF_HEADS | Skip::OBJECT_KEYS | Skip::CLOSURES);
        bound.walk(&key);
        bound.walk(&value);
        let in_domain = vars_of(&domain, Skip::CLOSURES);
        let again = bound.seen.intersection(&in_domain);
        let before = self.errors.len();
        for name in again {
            if !is_wildcard(name) {
                self.error(expr.at, format!("var `{name}` assigned before"));
            }
        }
        if self.errors.len() > before {
            return false;
        }
        let in_domain = vars_of(&domain, Skip::NONE);
        let at = domain.at;
        let reference = match domain.node {
            Node::Ref(mut reference) => {
                reference.push(key);
                reference
            }
            node => vec![Term::new(node, at), key],
        };
        let element = Term::new(Node::Ref(reference), at);
        let operator = equality_operator(expr.at);
        expr.kind = ExprKind::Call(vec![operator, value, element]);
        for name in safety::of_equality(expr, &in_domain) {
            if let Err(message) = self.declare(&name, Occurrence::Declared, Some(expr.at)) {
                self.error(expr.at, message);
                return false;
            }
        }
        self.expr(expr);
        true
    }

    fn every(&mut self, expr: &mut Expr) -> bool {
        let ExprKind::Every(every) = &mut expr.kind else {
            return true;
        };
        self.whole_term(&mut every.domain);
        self.scopes.push();
        let declared = self.every_vars(every);
        if declared {
            self.body(&mut every.body, &VarSet::new());
            self.expr(expr);
        }
        self.scopes.pop();
        declared
    }

    fn every_vars(&mut self, every: &mut Every) -> bool {
        let at = every.at;
        // A key that was not written gets a name that nothing declares.
        let named = every.key.is_some();
        if !named {
            every.key = Some(self.unit.locals.make(every.value.at));
        }
        let keys = every.key.iter_mut().filter(|_| named);
        for term in keys.chain([&mut every.value]) {
            let Node::Var(written) = &mut term.node else {
                continue;
            };
            if is_wildcard(written) {
                continue;
            }
            match self.declare(&written.clone(), Occurrence::Declared, None) {
                Ok(name) => *written = name,
                Err(message) => {
                    self.error(at, message);
                    return false;
                }
            }
        }
        true
    }

    fn not(&mut self, expr: &mut Expr) {
        let ExprKind::Not(nested) = &mut expr.kind else {
            return;
        };
        if nested.explicit {
            self.scopes.push();
            self.body(&mut nested.body, &VarSet::new());
            self.expr(expr);
            self.scopes.pop();
            return;
        }
        let errors = self.errors.len();
        self.implicit_body(&mut nested.body, IN_NEGATED);
        if self.errors.len() == errors {
            self.expr(expr);
        }
    }

    fn logical(&mut self, expr: &mut Expr) {
        let (pair, message) = match &mut expr.kind {
            ExprKind::And(pair) => (pair, IN_AND),
            ExprKind::Or(pair) => (pair, IN_OR),
            _ => return,
        };
        let errors = self.errors.len();
        self.operand(&mut pair.left, message);
        self.operand(&mut pair.right, message);
        if self.errors.len() == errors {
            self.expr(expr);
        }
    }

    fn operand(&mut self, operand: &mut Nested, message: &str) {
        if operand.explicit {
            self.scopes.push();
            self.body(&mut operand.body, &VarSet::new());
            self.scopes.pop();
        } else {
            self.implicit_body(&mut operand.body, message);
        }
    }

    /// What stands without braces binds nothing outside, so `:=` has no sense there.
    fn implicit_body(&mut self, body: &mut Body, message: &str) {
        for expr in body {
            match &expr.kind {
                ExprKind::Call(_) if calls(expr, "assign") => self.error(expr.at, message),
                ExprKind::Not(_) => self.not(expr),
                ExprKind::And(_) | ExprKind::Or(_) => self.logical(expr),
                _ => {}
            }
        }
    }
}

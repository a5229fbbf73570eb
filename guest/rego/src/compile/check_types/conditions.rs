//! Whether conditions that are calls can hold.

use super::checker::Checker;
use super::env::Env;
use super::fault::Fault;
use crate::syntax::ast::{Expr, ExprKind, Term, operator_name};
use crate::types::Type;

impl Checker<'_> {
    /// Checks a condition and tells what the variables in it are: OPA's `checkExpr`.
    pub fn check_condition(&self, env: &Env<'_>, expr: &Expr) -> Result<(), Fault> {
        self.check_with(env, expr)?;
        let ExprKind::Call(terms) = &expr.kind else {
            return Ok(());
        };
        let Some((operator, operands)) = terms.split_first() else {
            return Ok(());
        };
        let name = operator_name(operator);
        match (name.as_deref(), operands) {
            (Some("eq"), [left, right]) => return self.check_equality(env, expr, left, right),
            (Some("internal.member_2"), [value, collection, ..]) => {
                self.check_member(env, expr, None, value, collection)?;
            }
            (Some("internal.member_3"), [key, value, collection, ..]) => {
                self.check_member(env, expr, Some(key), value, collection)?;
            }
            _ => {}
        }
        self.check_call(env, expr, operator, operands)
    }

    fn check_equality(
        &self,
        env: &Env<'_>,
        expr: &Expr,
        left: &Term,
        right: &Term,
    ) -> Result<(), Fault> {
        let (type_left, type_right) = (self.type_of(env, left), self.type_of(env, right));
        if self.infer_both(env, (left, &type_left), (right, &type_right)) {
            Ok(())
        } else {
            Err(Self::mismatch(expr.at, &type_left, &type_right))
        }
    }

    /// `key, value in collection`.
    fn check_member(
        &self,
        env: &Env<'_>,
        expr: &Expr,
        key: Option<&Term>,
        value: &Term,
        collection: &Term,
    ) -> Result<(), Fault> {
        let collection = self.type_of(env, collection);
        let values = collection.values();
        if values.is_unknown() {
            return Ok(());
        }
        if let Some(key) = key {
            self.check_among(env, expr, key, &collection.keys())?;
        }
        self.check_among(env, expr, value, &values)
    }

    fn check_among(&self, env: &Env<'_>, expr: &Expr, term: &Term, of: &Type) -> Result<(), Fault> {
        if of.has_unknown() {
            return Ok(());
        }
        let have = self.type_of(env, term);
        let fits = have.has_unknown() || have.unifies(of);
        if fits && self.infer(env, term, of, false) {
            Ok(())
        } else {
            Err(Self::mismatch(expr.at, &have, of))
        }
    }

    fn check_call(
        &self,
        env: &Env<'_>,
        expr: &Expr,
        operator: &Term,
        operands: &[Term],
    ) -> Result<(), Fault> {
        let operator = operator
            .as_ref_term()
            .map_or(std::slice::from_ref(operator), Vec::as_slice);
        let signature = match env.reference(operator) {
            Type::Function(signature) => signature,
            Type::Any => return Ok(()),
            _ => return Err(self.no_function(expr.at, operator)),
        };
        let types = || {
            operands
                .iter()
                .map(|operand| self.type_of(env, operand))
                .collect()
        };
        let bad =
            |what, have: Vec<Type>| Err(self.bad_call(expr.at, operator, what, &have, &signature));
        let most = signature.args.len() + usize::from(signature.result.is_some());
        if operands.len() > most && signature.variadic.is_none() {
            return bad("too many arguments", types());
        }
        if operands.len() < signature.args.len() {
            return bad("too few arguments", types());
        }
        let before: Vec<Type> = types();
        let wanted = signature.args.iter().chain(&signature.result);
        let wanted = wanted
            .map(Some)
            .chain(std::iter::repeat(signature.variadic.as_ref()));
        for ((operand, have), want) in operands.iter().zip(&before).zip(wanted) {
            let want = want.unwrap_or(&Type::Unknown);
            if !have.has_unknown() && !have.unifies(want) {
                return bad("invalid argument(s)", before);
            }
            if !self.infer(env, operand, want, false) {
                return bad("invalid argument(s)", types());
            }
        }
        Ok(())
    }
}

//! Bodies and their conditions.

use super::planner::{Planned, Planner, unplanned};
use super::scope::Scope;
use super::step::{
    ApplyStep, Block, Build, CallStep, Callee, Change, CollectStep, Collection, CorrelatedStep,
    DataStep, EveryStep, Hop, Pattern, Place, Step, WithStep,
};
use super::term::WILDCARD;
use super::unify::Want;
use crate::builtins;
use crate::syntax::ast::{Body, Every, Expr, ExprKind, Location, Node, Term, With, operator_name};
use crate::value::Value;

impl Planner<'_> {
    /// A body in its rule's scope: what it binds is bound behind it.
    pub(super) fn body(&mut self, scope: &mut Scope, body: &Body) -> Planned<Block> {
        let mut steps = Vec::new();
        for expr in body {
            self.expr(scope, expr, &mut steps)?;
        }
        Ok(steps.into())
    }

    /// A body of its own: what it binds is its own affair.
    fn closure(&mut self, scope: &mut Scope, body: &Body) -> Planned<Block> {
        let before = scope.remember();
        let steps = self.body(scope, body);
        scope.restore(before);
        steps
    }

    fn expr(&mut self, scope: &mut Scope, expr: &Expr, out: &mut Vec<Step>) -> Planned<()> {
        if expr.with.is_empty() {
            return self.condition(scope, expr, out);
        }
        let changes: Planned<Vec<_>> = expr
            .with
            .iter()
            .map(|with| self.change(scope, with))
            .collect();
        let mut body = Vec::new();
        self.condition(scope, expr, &mut body)?;
        out.push(Step::With(Box::new(WithStep {
            changes: changes?.into(),
            body: body.into(),
        })));
        Ok(())
    }

    fn condition(&mut self, scope: &mut Scope, expr: &Expr, out: &mut Vec<Step>) -> Planned<()> {
        if !expr.negated {
            return self.positive(scope, expr, out);
        }
        let before = scope.remember();
        let mut body = Vec::new();
        let planned = self.positive(scope, expr, &mut body);
        scope.restore(before);
        planned?;
        out.push(Step::Not(body.into()));
        Ok(())
    }

    fn positive(&mut self, scope: &mut Scope, expr: &Expr, out: &mut Vec<Step>) -> Planned<()> {
        match &expr.kind {
            ExprKind::Term(term) => self.evaluate(scope, term, Want::Pattern(Pattern::Truthy), out),
            ExprKind::Call(terms) => self.call(scope, terms, expr.at, out),
            ExprKind::Every(every) => self.every(scope, every, out),
            ExprKind::Not(nested) => {
                let body = self.closure(scope, &nested.body)?;
                out.push(Step::Not(body));
                Ok(())
            }
            ExprKind::And(pair) => {
                let left = self.closure(scope, &pair.left.body)?;
                let right = self.closure(scope, &pair.right.body)?;
                out.push(Step::And(left, right));
                Ok(())
            }
            ExprKind::Or(pair) => {
                let left = self.closure(scope, &pair.left.body)?;
                let right = self.closure(scope, &pair.right.body)?;
                out.push(Step::Or(left, right));
                Ok(())
            }
            ExprKind::Some(_) => Err(unplanned(expr.at, "a declaration was left in a body")),
        }
    }

    /// A term whose value must be evaluated, and what the value is wanted for.
    pub(super) fn evaluate(
        &mut self,
        scope: &mut Scope,
        term: &Term,
        want: Want,
        out: &mut Vec<Step>,
    ) -> Planned<()> {
        match &term.node {
            Node::Ref(reference) => return self.reference(scope, reference, term.at, want, out),
            Node::Var(name) if matches!(&**name, "input" | "data") => {
                let reference = vec![term.clone()];
                return self.reference(scope, &reference, term.at, want, out);
            }
            _ => {}
        }
        let Some((what, body)) = self.comprehension(scope, term)? else {
            let build = Self::build(scope, term)?;
            let pattern = want.pattern(scope)?;
            out.push(Step::Unify(build, pattern));
            return Ok(());
        };
        let correlated = self.correlated(scope, term)?;
        let guarded = !matches!(want, Want::After(_));
        let result = want.pattern(scope)?;
        out.push(Step::Collect(Box::new(CollectStep {
            what,
            body,
            correlated,
            result,
            guarded,
            at: term.at,
        })));
        Ok(())
    }

    /// What a comprehension makes, and its body.
    fn comprehension(
        &mut self,
        scope: &mut Scope,
        term: &Term,
    ) -> Planned<Option<(Collection, Block)>> {
        let before = scope.remember();
        let (what, body) = match &term.node {
            Node::ArrayComprehension(it) => {
                let body = self.body(scope, &it.body)?;
                (Collection::Array(Self::build(scope, &it.term)?), body)
            }
            Node::SetComprehension(it) => {
                let body = self.body(scope, &it.body)?;
                (Collection::Set(Self::build(scope, &it.term)?), body)
            }
            Node::ObjectComprehension(it) => {
                let body = self.body(scope, &it.body)?;
                let key = Self::build(scope, &it.key)?;
                (
                    Collection::Object(key, Self::build(scope, &it.value)?),
                    body,
                )
            }
            _ => return Ok(None),
        };
        scope.restore(before);
        Ok(Some((what, body)))
    }

    /// How a comprehension is made once for all values of the variables around it, if OPA does so.
    fn correlated(&mut self, around: &Scope, term: &Term) -> Planned<Option<CorrelatedStep>> {
        let Some(names) = self.correlated.keys(term).map(<[_]>::to_vec) else {
            return Ok(None);
        };
        let wanted: Option<Box<[_]>> = names.iter().map(|name| around.bound(name)).collect();
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        let mut scope = Scope::default();
        let Some((what, body)) = self.comprehension(&mut scope, term)? else {
            return Ok(None);
        };
        let keys: Option<Box<[_]>> = names.iter().map(|name| scope.slot(name)).collect();
        Ok(keys.map(|keys| CorrelatedStep {
            what,
            body,
            keys,
            wanted,
            slots: scope.count(),
        }))
    }

    fn call(
        &mut self,
        scope: &mut Scope,
        terms: &[Term],
        at: Location,
        out: &mut Vec<Step>,
    ) -> Planned<()> {
        let Some((operator, operands)) = terms.split_first() else {
            return Err(unplanned(at, "a call without an operator"));
        };
        if let [left, right] = operands
            && matches!(operator_name(operator).as_deref(), Some("eq" | "assign"))
        {
            return self.equality(scope, left, right, out);
        }
        let callee = self.callee(operator)?;
        let arity = self.arity(callee);
        let (args, rest) = match arity {
            Some(arity) if arity <= operands.len() => operands.split_at(arity),
            _ => (operands, [].as_slice()),
        };
        // OPA's safety check lets an operand without a value pass here and there; then nothing holds.
        let built: Planned<Vec<_>> = args.iter().map(|arg| Self::build(scope, arg)).collect();
        let Ok(args) = built.map(Vec::into_boxed_slice) else {
            for result in rest {
                Self::pattern(scope, result)?;
            }
            out.push(Step::Fail);
            return Ok(());
        };
        let result = match rest {
            [] => Pattern::Truthy,
            [result] => Self::pattern(scope, result)?,
            _ => return Err(unplanned(at, "a call with too many operands")),
        };
        if let Callee::Builtin(builtin) = callee
            && let Some(answer) = self.fold(builtin, &args)
        {
            if let Pattern::Bind(slot) = result {
                scope.note_known(slot, &answer);
            }
            out.push(Step::Unify(Build::Const(answer), result));
            return Ok(());
        }
        out.push(match callee {
            Callee::Builtin(builtin) => Step::Call(Box::new(CallStep {
                builtin,
                args,
                result,
                at,
            })),
            Callee::Rules(set) => Step::Apply(Box::new(ApplyStep { set, args, result })),
        });
        Ok(())
    }

    /// What an operator calls.
    fn callee(&self, operator: &Term) -> Planned<Callee> {
        if let Some(path) = data_path(operator) {
            return match self.set_at(&path) {
                Some(set) => Ok(Callee::Rules(set)),
                None => Err(unplanned(operator.at, "a function that is not defined")),
            };
        }
        operator_name(operator)
            .and_then(|name| builtins::find(&name))
            .map(Callee::Builtin)
            .ok_or_else(|| unplanned(operator.at, "a builtin function that does not exist"))
    }

    fn arity(&self, callee: Callee) -> Option<usize> {
        match callee {
            Callee::Builtin(builtin) => builtins::arity(builtin),
            Callee::Rules(set) => self.function_arity(set),
        }
    }

    fn every(&mut self, scope: &mut Scope, every: &Every, out: &mut Vec<Step>) -> Planned<()> {
        // OPA's order may put an `every` before what binds its domain; then it never holds.
        if matches!(&every.domain.node, Node::Var(name) if scope.bound(name).is_none()) {
            out.push(Step::Fail);
            return Ok(());
        }
        let domain = Self::build(scope, &every.domain)?;
        let before = scope.remember();
        let any = || Term::new(Node::Var(WILDCARD.into()), every.domain.at);
        let key = every.key.clone().unwrap_or_else(any);
        let at = every.domain.at;
        let item = Term::new(Node::Ref(vec![every.domain.clone(), key]), at);
        let mut items = Vec::new();
        self.equality(scope, &item, &every.value, &mut items)?;
        let body = self.body(scope, &every.body)?;
        scope.restore(before);
        out.push(Step::Every(Box::new(EveryStep {
            domain,
            items: items.into(),
            body,
        })));
        Ok(())
    }

    fn change(&mut self, scope: &Scope, with: &With) -> Planned<Change> {
        let target = &with.target;
        let reference = match &target.node {
            Node::Ref(reference) => reference.as_slice(),
            _ => std::slice::from_ref(target),
        };
        let head = reference.first().and_then(Term::as_var);
        let head = head.map_or("", |name| &**name);
        let keys = || -> Planned<Box<[Value]>> {
            let keys = reference.iter().skip(1).map(Term::to_value);
            let keys: Option<Vec<_>> = keys.collect();
            let keys = keys.ok_or_else(|| unplanned(target.at, "a target that is not fixed"));
            Ok(keys?.into())
        };
        if head == "input" {
            return Ok(Change::Input(keys()?, Self::build(scope, &with.value)?));
        }
        let callee = if head == "data" {
            let path = keys()?;
            match self
                .set_at(&path)
                .filter(|set| self.function_arity(*set).is_some())
            {
                Some(set) => Callee::Rules(set),
                None => return Ok(Change::Data(path, Self::build(scope, &with.value)?)),
            }
        } else {
            self.callee(&as_reference(target))?
        };
        if let Some(function) = self.replacement(&with.value) {
            return Ok(Change::Function(callee, function));
        }
        match self.place(scope, &with.value)? {
            Some(place) => Ok(Change::Place(callee, place)),
            None => Ok(Change::Value(callee, Self::build(scope, &with.value)?)),
        }
    }

    /// The place that a `with` puts in a function's place: it is looked up at each call.
    fn place(&mut self, scope: &Scope, value: &Term) -> Planned<Option<Place>> {
        let Some((head, keys)) = value.as_ref_term().and_then(|parts| parts.split_first()) else {
            return Ok(None);
        };
        let keys: Planned<Vec<_>> = keys.iter().map(|key| Self::build(scope, key)).collect();
        match head.as_var().map(|name| &**name) {
            Some("input") => Ok(Some(Place::Input(keys?.into()))),
            Some("data") => {
                let hops: Vec<_> = keys?.into_iter().map(Hop::Key).collect();
                let known = self.program.known(&hops);
                self.ask_for(&hops, known);
                Ok(Some(Place::Data(DataStep {
                    hops: hops.into(),
                    result: Pattern::Any,
                    known,
                })))
            }
            _ => Ok(None),
        }
    }

    /// The function that a `with` puts in a function's place.
    fn replacement(&self, value: &Term) -> Option<Callee> {
        let value = as_reference(value);
        value.as_ref_term()?;
        let callee = self.callee(&value).ok()?;
        match callee {
            Callee::Rules(set) => self.function_arity(set).map(|_| callee),
            Callee::Builtin(_) => Some(callee),
        }
    }
}

/// An operator of one name is a variable where it does not stand in a call.
fn as_reference(term: &Term) -> Term {
    match &term.node {
        Node::Var(_) => Term::new(Node::Ref(vec![term.clone()]), term.at),
        _ => term.clone(),
    }
}

/// The keys behind `data`, if this is a reference of constants into it.
fn data_path(operator: &Term) -> Option<Vec<Value>> {
    let reference = operator.as_ref_term()?;
    let (head, keys) = reference.split_first()?;
    if &**head.as_var()? != "data" {
        return None;
    }
    keys.iter().map(Term::to_value).collect()
}

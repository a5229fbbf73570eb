//! What each rule adds to what is known.

use super::checker::Checker;
use super::documents::{DocumentPath, Documents};
use super::env::Env;
use super::fault::Fault;
use crate::syntax::ast::{Node, Rule, Term};
use crate::syntax::shape::is_constant;
use crate::syntax::visit::{Part, Step, walk};
use crate::types::{Signature, Type};

/// What a rule is.
enum Kind {
    /// This.
    Of(Type),
    /// It is wrong. The types of the keys from the first variable in its path on.
    Wrong(Vec<Type>),
}

/// What a rule is, and where.
pub struct Found {
    path: Option<DocumentPath>,
    of: Kind,
}

impl Found {
    /// Remembers it.
    pub fn keep(self, documents: &mut Documents) {
        let Some(path) = self.path else {
            return;
        };
        match self.of {
            Kind::Of(Type::Unknown) => {}
            Kind::Of(of) => documents.insert(path, of),
            Kind::Wrong(keys) => documents.put_wrong(path, keys),
        }
    }
}

impl Checker<'_> {
    /// Checks a rule, without its `else`: OPA's `checkRule`.
    pub fn check_rule(&self, env: &Env<'_>, rule: &Rule, faults: &mut Vec<Fault>) -> Found {
        self.begin_rule();
        let env = &self.body_env(env);
        let mut wrong = self.check_body(env, &rule.body);
        let reference = rule.head.reference.as_slice();
        let suffix = dynamic_suffix(reference);
        let path = DocumentPath::of(reference);
        if !wrong.is_empty() {
            faults.append(&mut wrong);
            let key = |part: &Term| part.to_value().map_or(Type::Unknown, |key| Type::of(&key));
            let keys = suffix.iter().map(key).collect();
            return Found {
                path,
                of: Kind::Wrong(keys),
            };
        }
        let of = if rule.head.args.is_empty() {
            let (term, multiple) = match (&rule.head.value, &rule.head.key) {
                (Some(value), _) => (Some(value), false),
                (None, key) => (key.as_ref(), true),
            };
            let of = term.map_or(Type::Unknown, |term| self.type_of(env, term));
            let of = if multiple {
                of.known().map(Type::set).unwrap_or_default()
            } else {
                of
            };
            self.nested(env, suffix, of)
        } else {
            self.function(env, rule)
        };
        Found {
            path,
            of: Kind::Of(of),
        }
    }

    fn function(&self, env: &Env<'_>, rule: &Rule) -> Type {
        for arg in &rule.head.args {
            walk(arg, &mut |part| {
                // An argument that the body says nothing about is anything.
                if let Part::Term(term) = part
                    && let Node::Var(name) = &term.node
                    && env.variable(name).is_none_or(|of| of.is_unknown())
                {
                    env.put(name, Type::Any);
                }
                Step::Into
            });
        }
        let args = rule
            .head
            .args
            .iter()
            .map(|arg| self.type_of(env, arg))
            .collect();
        let result = rule
            .head
            .value
            .as_ref()
            .map(|value| self.type_of(env, value));
        let signature = Signature {
            args,
            result: result.and_then(Type::known),
            variadic: None,
        };
        Type::Function(std::sync::Arc::new(signature))
    }

    /// An object for each part of the path, around the type at its end: OPA's `nestedObject`.
    fn nested(&self, env: &Env<'_>, path: &[Term], of: Type) -> Type {
        let mut of = of;
        for part in path.iter().rev() {
            let key = self.type_of(env, part);
            if of.is_unknown() || key.is_unknown() {
                return Type::Unknown;
            }
            of = Type::object(Vec::new(), Some((key, of)));
        }
        of
    }
}

/// From the first part on that is no constant.
fn dynamic_suffix(reference: &[Term]) -> &[Term] {
    let constant = |part: &&Term| is_constant(part);
    let fixed = reference.iter().skip(1).take_while(constant).count() + 1;
    reference.get(fixed..).unwrap_or_default()
}

//! The calls of a module, found by walking its syntax tree, and what no body may hold.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Import, Literal, Module, Query, Ref, Rule, RuleHead, Span};

use crate::declarations::{Declared, collect, declared, fixed_path};
use crate::path::Path;

/// A call somewhere in a module.
#[derive(Debug, Clone)]
pub struct Call {
    /// The function's full name: a builtin's, or `data.` and the path of a rule.
    pub name: String,
    /// How many arguments are passed.
    pub arguments: usize,
    /// The module's file.
    pub file: String,
    /// First row is 1.
    pub row: u32,
    /// First column is 1.
    pub column: u32,
}

/// What the rules of modules call and negate.
#[derive(Debug, Default)]
pub struct Calls {
    /// Every call.
    pub calls: Vec<Call>,
    /// Negations of a wildcard: `not xs[_]`, which is safe in no body.
    pub negated_wildcards: Vec<Declared>,
}

impl Calls {
    /// Walks these modules, which declare these functions.
    pub fn of(modules: &[Ref<Module>], functions: &BTreeMap<Path, BTreeSet<usize>>) -> Self {
        let mut found = Self::default();
        for module in modules {
            let mut walk = Walk {
                package: fixed_path(&module.package.refr),
                imports: &module.imports,
                functions,
                found: &mut found,
            };
            for rule in &module.policy {
                walk.rule(rule);
            }
        }
        found
    }
}

/// Whether an expression iterates over everything somewhere; a comprehension does so for itself.
fn has_wildcard(expr: &Expr) -> bool {
    match expr {
        Expr::Var { span, .. } => span.text() == "_",
        Expr::RefDot { refr, .. } => has_wildcard(refr),
        Expr::RefBrack { refr, index, .. } => has_wildcard(refr) || has_wildcard(index),
        Expr::Call { params, .. } => params.iter().any(|param| has_wildcard(param)),
        Expr::UnaryExpr { expr, .. } => has_wildcard(expr),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => has_wildcard(lhs) || has_wildcard(rhs),
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => key
            .iter()
            .chain([value, collection])
            .any(|part| has_wildcard(part)),
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().any(|item| has_wildcard(item))
        }
        Expr::Object { fields, .. } => fields
            .iter()
            .any(|(_, key, value)| has_wildcard(key) || has_wildcard(value)),
        _ => false,
    }
}

struct Walk<'module> {
    package: Path,
    imports: &'module [Import],
    functions: &'module BTreeMap<Path, BTreeSet<usize>>,
    found: &'module mut Calls,
}

impl Walk<'_> {
    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Spec { head, bodies, .. } => {
                match head {
                    RuleHead::Compr { refr, assign, .. } => {
                        self.expr(refr);
                        self.exprs(assign.iter().map(|assign| &assign.value));
                    }
                    RuleHead::Set { refr, key, .. } => {
                        self.expr(refr);
                        self.exprs(key);
                    }
                    RuleHead::Func { args, assign, .. } => {
                        self.exprs(args);
                        self.exprs(assign.iter().map(|assign| &assign.value));
                    }
                }
                for body in bodies {
                    self.exprs(body.assign.iter().map(|assign| &assign.value));
                    self.query(&body.query);
                }
            }
            Rule::Default { value, .. } => self.expr(value),
        }
    }

    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn {
                    key,
                    value,
                    collection,
                    ..
                } => {
                    self.exprs(key);
                    self.expr(value);
                    self.expr(collection);
                }
                Literal::Expr { expr, .. } => self.expr(expr),
                Literal::NotExpr { span, expr } => {
                    if has_wildcard(expr) {
                        self.found.negated_wildcards.push(declared(span));
                    }
                    self.expr(expr);
                }
                Literal::Every { domain, query, .. } => {
                    self.expr(domain);
                    self.query(query);
                }
            }
            for with in &statement.with_mods {
                self.expr(&with.r#as);
            }
        }
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Ref<Expr>>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. } => {}
            Expr::Array { items, .. } | Expr::Set { items, .. } => self.exprs(items),
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.expr(key);
                    self.expr(value);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term);
                self.query(query);
            }
            Expr::ObjectCompr {
                key, value, query, ..
            } => {
                self.expr(key);
                self.expr(value);
                self.query(query);
            }
            Expr::Call {
                span, fcn, params, ..
            } => {
                self.call(span, fcn, params.len());
                self.exprs(params);
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr),
            Expr::RefDot { refr, .. } => self.expr(refr),
            Expr::RefBrack { refr, index, .. } => {
                self.expr(refr);
                self.expr(index);
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expr(lhs);
                self.expr(rhs);
            }
            Expr::Membership {
                key,
                value,
                collection,
                ..
            } => {
                self.exprs(key);
                self.expr(value);
                self.expr(collection);
            }
        }
    }

    fn call(&mut self, span: &Span, function: &Expr, arguments: usize) {
        let mut parts = Vec::new();
        if !collect(function, &mut parts) {
            return;
        }
        self.found.calls.push(Call {
            name: self.full_name(&parts),
            arguments,
            file: span.source.file().clone(),
            row: function.span().line,
            column: function.span().col,
        });
    }

    /// A function of the same package wins over an import, an import over a builtin.
    fn full_name(&self, parts: &[String]) -> String {
        let mut local = self.package.parts().to_vec();
        local.extend(parts.iter().cloned());
        let local = Path::new(local);
        if self.functions.contains_key(&local) {
            return local.to_reference();
        }
        let Some((first, rest)) = parts.split_first() else {
            return String::new();
        };
        if first == "data" {
            return Path::new(rest.iter().cloned()).to_reference();
        }
        for import in self.imports {
            let target = fixed_path(&import.refr);
            let alias = import.r#as.as_ref().map(|alias| alias.text().to_owned());
            if alias.as_ref().or(target.parts().last()) != Some(first) {
                continue;
            }
            if let Some(("data", path)) = target
                .parts()
                .split_first()
                .map(|(root, p)| (root.as_str(), p))
            {
                return Path::new(path.iter().chain(rest).cloned()).to_reference();
            }
        }
        parts.join(".")
    }
}

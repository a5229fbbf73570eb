//! What the modules of a bundle declare and call, read from regorus' syntax trees.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Import, Literal, Module, Query, Ref, Rule, RuleHead, Span};

use crate::path::Path;
use crate::value::Value;

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

/// Where a rule is declared first.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The module's file.
    pub file: String,
    /// First row is 1.
    pub row: u32,
    /// First column is 1.
    pub column: u32,
}

/// Everything the modules declare and call.
#[derive(Debug, Default)]
pub struct Declarations {
    /// Packages and the files that declare them.
    pub packages: BTreeMap<Path, Declared>,
    /// Rules that have a value, by the part of their head that is fixed.
    pub rules: BTreeMap<Path, Declared>,
    /// Functions and the numbers of arguments they take.
    pub functions: BTreeMap<Path, BTreeSet<usize>>,
    /// Where each function is declared first.
    pub function_places: BTreeMap<Path, Declared>,
    /// Every call.
    pub calls: Vec<Call>,
    /// Negations of a wildcard: `not xs[_]`, which is safe in no body.
    pub negated_wildcards: Vec<Declared>,
}

impl Declarations {
    /// Reads the declarations of these modules.
    #[must_use]
    pub fn of(modules: &[Ref<Module>]) -> Self {
        let mut all = Self::default();
        for module in modules {
            all.read_heads(module);
        }
        for module in modules {
            let mut walk = Walk {
                package: fixed_path(&module.package.refr),
                imports: &module.imports,
                functions: &all.functions,
                calls: &mut all.calls,
                negated_wildcards: &mut all.negated_wildcards,
            };
            for rule in &module.policy {
                walk.rule(rule);
            }
        }
        all
    }

    fn read_heads(&mut self, module: &Module) {
        let package = fixed_path(&module.package.refr);
        let declared = declared(&module.package.span);
        self.packages.entry(package.clone()).or_insert(declared);
        for rule in &module.policy {
            let (refr, arguments) = match rule.as_ref() {
                Rule::Spec { head, .. } => match head {
                    RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } => (refr, None),
                    RuleHead::Func { refr, args, .. } => (refr, Some(args.len())),
                },
                Rule::Default { refr, args, .. } if args.is_empty() => (refr, None),
                Rule::Default { refr, args, .. } => (refr, Some(args.len())),
            };
            let mut parts = package.parts().to_vec();
            parts.extend(fixed_path(refr).parts().iter().cloned());
            let path = Path::new(parts);
            if let Some(count) = arguments {
                let declared = self::declared(refr.span());
                self.function_places.entry(path.clone()).or_insert(declared);
                self.functions.entry(path).or_default().insert(count);
            } else {
                let declared = self::declared(refr.span());
                self.rules.entry(path).or_insert(declared);
            }
        }
    }
}

fn declared(span: &Span) -> Declared {
    Declared {
        file: span.source.file().clone(),
        row: span.line,
        column: span.col,
    }
}

/// The leading parts of a reference that are fixed: `a.b["c"][x].d` gives `a/b/c`.
fn fixed_path(refr: &Expr) -> Path {
    let mut parts = Vec::new();
    collect(refr, &mut parts);
    Path::new(parts)
}

/// True as long as every part so far was fixed.
fn collect(refr: &Expr, parts: &mut Vec<String>) -> bool {
    match refr {
        Expr::Var { span, .. } => {
            parts.push(span.text().to_owned());
            true
        }
        Expr::RefDot { refr, field, .. } => {
            let fixed = collect(refr, parts);
            if fixed {
                parts.push(text_of(&field.1).unwrap_or_else(|| field.0.text().to_owned()));
            }
            fixed
        }
        Expr::RefBrack { refr, index, .. } => {
            if !collect(refr, parts) {
                return false;
            }
            match index.as_ref() {
                Expr::String { value, .. } | Expr::RawString { value, .. } => {
                    parts.push(text_of(value).unwrap_or_default());
                    true
                }
                _ => false,
            }
        }
        _ => false,
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

fn text_of(value: &Value) -> Option<String> {
    value.as_string().ok().map(ToString::to_string)
}

struct Walk<'module> {
    package: Path,
    imports: &'module [Import],
    functions: &'module BTreeMap<Path, BTreeSet<usize>>,
    calls: &'module mut Vec<Call>,
    negated_wildcards: &'module mut Vec<Declared>,
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
                        self.negated_wildcards.push(declared(span));
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
        self.calls.push(Call {
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

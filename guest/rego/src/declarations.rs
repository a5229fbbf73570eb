//! What the modules of a bundle declare, read from regorus' syntax trees.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead, Span};

use crate::path::Path;
use crate::value::Value;

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

/// Everything the modules declare.
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
}

impl Declarations {
    /// Reads the declarations of these modules.
    #[must_use]
    pub fn of(modules: &[Ref<Module>]) -> Self {
        let mut all = Self::default();
        for module in modules {
            all.read_heads(module);
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
            let declared = self::declared(refr.span());
            if let Some(count) = arguments {
                self.function_places.entry(path.clone()).or_insert(declared);
                self.functions.entry(path).or_default().insert(count);
            } else {
                self.rules.entry(path).or_insert(declared);
            }
        }
    }
}

/// A place in a module.
pub fn declared(span: &Span) -> Declared {
    Declared {
        file: span.source.file().clone(),
        row: span.line,
        column: span.col,
    }
}

/// The leading parts of a reference that are fixed: `a.b["c"][x].d` gives `a/b/c`.
pub fn fixed_path(refr: &Expr) -> Path {
    let mut parts = Vec::new();
    collect(refr, &mut parts);
    Path::new(parts)
}

/// Collects the leading parts of a reference that are fixed; true as long as every part so far was.
pub fn collect(refr: &Expr, parts: &mut Vec<String>) -> bool {
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

fn text_of(value: &Value) -> Option<String> {
    value.as_string().ok().map(ToString::to_string)
}

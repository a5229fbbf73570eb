//! Reads comments that begin with `METADATA`, and finds what they stand above.
//!
//! OPA does this while it parses a module, wherever it loads bundles: what is wrong is a parse error.

use super::annotations::{Annotation, Scope, Subject, blocks};
use super::unit::Unit;
use crate::problem::Code;
use crate::syntax::ast::{Location, Module};

/// The stage.
pub fn stage(unit: &mut Unit<'_>) {
    let mut faults = Vec::new();
    let mut annotations = Vec::new();
    for (number, module) in unit.modules.iter().enumerate() {
        read(number, module, &mut annotations, &mut faults);
    }
    for (at, message) in faults {
        unit.report(
            Code::RegoParse,
            at,
            message,
            "write it as OPA's documentation of annotations says, or begin the comment with another word",
        );
    }
    unit.annotations = annotations;
}

fn read(
    number: usize,
    module: &Module,
    annotations: &mut Vec<Annotation>,
    faults: &mut Vec<(Location, String)>,
) {
    let blocks = blocks(&module.comments);
    if blocks.is_empty() {
        return;
    }
    let subjects = subjects(module);
    for block in blocks {
        let block = match block {
            Ok(block) => block,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let below = subjects.partition_point(|(row, _)| *row <= block.at.row);
        let subject = subjects.get(below).map(|(_, subject)| *subject);
        let scope = match (block.scope.as_deref(), subject) {
            (Some(name), _) => Scope::find(name).ok_or(name),
            (None, Some(Subject::Rule(_))) if block.entrypoint => Ok(Scope::Document),
            (None, Some(Subject::Rule(_))) => Ok(Scope::Rule),
            (None, Some(Subject::Package)) => Ok(Scope::Package),
            (None, Some(Subject::Import)) => Err("import"),
            (None, None) => Err(""),
        };
        let fits = scope.is_ok_and(|scope| match subject {
            Some(Subject::Rule(_)) => scope.is_of_rules(),
            Some(Subject::Package) => !scope.is_of_rules(),
            Some(Subject::Import) | None => false,
        });
        let scope = match scope {
            Err(name) => {
                faults.push((block.at, format!("invalid annotation scope `{name}`")));
                continue;
            }
            Ok(scope) if !fits => {
                let wanted = if scope.is_of_rules() {
                    "rule"
                } else {
                    "package"
                };
                let message = format!(
                    "annotation scope `{}` must be applied to a {wanted}",
                    scope.name()
                );
                faults.push((block.at, message));
                continue;
            }
            Ok(scope) => scope,
        };
        if block.entrypoint && !matches!(scope, Scope::Document | Scope::Package) {
            let message = format!(
                "annotation entrypoint applied to scope `{}`, neither document nor package",
                scope.name()
            );
            faults.push((block.at, message));
            continue;
        }
        annotations.push(Annotation {
            scope,
            module: number,
            rule: match subject {
                Some(Subject::Rule(rule)) => Some(rule),
                _ => None,
            },
            at: block.at,
            content: block.content,
        });
    }
}

/// What an annotation can stand above, by row.
fn subjects(module: &Module) -> Vec<(u32, Subject)> {
    let package = [(module.package.at.row, Subject::Package)];
    let imports = module
        .imports
        .iter()
        .map(|import| (import.at.row, Subject::Import));
    let rules = module
        .rules
        .iter()
        .enumerate()
        .map(|(number, rule)| (rule.at.row, Subject::Rule(number)));
    let mut subjects: Vec<_> = package.into_iter().chain(imports).chain(rules).collect();
    subjects.sort_by_key(|(row, _)| *row);
    subjects
}

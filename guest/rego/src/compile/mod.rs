//! Syntax trees to a checked policy: OPA's compiler, stage by stage.
//!
//! Each stage is a function over the [`Unit`]; [`STAGES`] lists them in OPA's order. After a stage that stopped
//! the unit no further one runs.

mod annotations;
pub mod arity;
mod check_deprecated_builtins;
mod check_imports;
mod check_keyword_overrides;
mod check_recursion;
mod check_refused_builtins;
mod check_rule_conflicts;
mod check_safety_rule_bodies;
mod check_safety_rule_heads;
mod check_types;
mod check_undefined_functions;
mod check_void_calls;
mod comprehension_terms;
mod declared;
mod dialect;
#[cfg(test)]
mod dump;
mod dynamic_terms;
mod equals;
mod expr_terms;
pub mod graph;
mod head_refs;
mod locals;
mod parse_metadata_blocks;
mod refs_in_head;
#[cfg(test)]
mod refusals;
mod report;
mod resolve_refs;
mod rewrite_metadata_calls;
mod rewrite_print_calls;
pub mod safety;
mod set_annotation_set;
mod set_graph;
mod set_rule_tree;
mod template_strings;
pub mod tree;
pub mod unit;
pub mod vars;
mod with_values;

use self::tree::Tree;
use self::unit::Unit;
use crate::problem::Problem;
use crate::syntax::ast::Module;
use crate::value::Value;

/// A policy that all stages found right.
#[derive(Debug)]
pub struct Compiled {
    /// The modules, rewritten: every body in the order of its evaluation.
    pub modules: Vec<Module>,
    /// Their rules, by place.
    pub tree: Tree,
}

/// OPA's stages, in OPA's order.
const STAGES: &[fn(&mut Unit<'_>)] = &[
    parse_metadata_blocks::stage,
    resolve_refs::stage,
    set_rule_tree::note_taken_names,
    head_refs::stage,
    check_keyword_overrides::stage,
    check_imports::stage,
    set_rule_tree::stage,
    locals::stage,
    template_strings::stage,
    check_void_calls::stage,
    rewrite_print_calls::stage,
    expr_terms::stage,
    set_annotation_set::stage,
    rewrite_metadata_calls::stage,
    set_graph::stage,
    comprehension_terms::stage,
    refs_in_head::stage,
    with_values::stage,
    check_rule_conflicts::stage,
    check_undefined_functions::stage,
    check_safety_rule_heads::stage,
    check_safety_rule_bodies::stage,
    equals::stage,
    dynamic_terms::stage,
    check_recursion::stage,
    check_types::stage,
    check_deprecated_builtins::stage,
    check_refused_builtins::stage,
];

/// Compiles modules that are numbered by the order of their paths.
///
/// # Errors
/// All that the first stage with problems found wrong, and what the stages before it only noted.
pub fn compile(modules: Vec<Module>, data: &Value) -> Result<Compiled, Vec<Problem>> {
    let mut unit = Unit::new(modules, data);
    for stage in STAGES {
        stage(&mut unit);
        if unit.stopped {
            break;
        }
    }
    if unit.problems.is_empty() {
        return Ok(Compiled {
            modules: unit.modules,
            tree: unit.tree,
        });
    }
    let mut problems = unit.problems;
    problems.sort_by(|one, other| {
        let place = |problem: &Problem| {
            let place = &problem.place;
            (place.file.clone(), place.row, place.column)
        };
        place(one).cmp(&place(other))
    });
    Err(problems)
}

//! The variables of heads.

use super::Renamer;
use super::scopes::{Occurrence, Scopes};
use crate::compile::unit::Unit;
use crate::compile::vars::{Skip, VarSet, Vars};
use crate::syntax::ast::{Head, Node, TemplatePart, Term};
use crate::syntax::compare::{sort_elements, sort_fields};
use crate::syntax::shape::{is_ground, is_scalar};
use crate::syntax::visit::{PartMut, Step, walk_mut};

/// Whether anything in a head is more than a scalar.
pub fn may_have_vars(head: &Head) -> bool {
    let parts = head.reference.iter().skip(1);
    let mut terms = parts.chain(&head.args).chain(&head.key).chain(&head.value);
    !terms.all(is_scalar)
}

/// The variables that a head needs from its body.
pub fn used(head: &Head) -> VarSet {
    let mut vars = Vars::new(Skip::NONE);
    vars.walk_terms(head.reference.get(1..).unwrap_or_default());
    for term in head.key.iter().chain(&head.value) {
        vars.walk(term);
    }
    vars.seen
}

/// Gives names to the arguments.
pub fn rename_args(renamer: &mut Renamer<'_, '_>, args: &mut [Term]) {
    for arg in args {
        rename_arg(renamer, arg);
    }
}

fn rename_arg(renamer: &mut Renamer<'_, '_>, arg: &mut Term) {
    match &mut arg.node {
        Node::Var(written) => {
            if let Some(local) = renamer.scopes.declared(written) {
                *written = local.name.clone();
            } else {
                *written = renamer.insert(written.clone(), Occurrence::Arg, None);
            }
        }
        Node::Object(fields) => {
            for (_, value) in fields {
                rename_arg(renamer, value);
            }
        }
        Node::Ref(terms) | Node::Array(terms) => rename_args(renamer, terms),
        Node::Call(_) => renamer.error(arg.at, "rule arguments cannot contain calls"),
        _ => {}
    }
}

/// Gives names to what comprehensions and templates in a head declare.
pub fn rename_inside(unit: &mut Unit<'_>, head: &mut Head) {
    let terms = head
        .args
        .iter_mut()
        .chain(&mut head.key)
        .chain(&mut head.value);
    for term in terms {
        rename_inside_term(unit, term);
    }
}

fn rename_inside_term(unit: &mut Unit<'_>, term: &mut Term) {
    if is_scalar(term) {
        return;
    }
    let ground = is_ground(term);
    let mut renamer = Renamer::new(unit, Scopes::default());
    match &mut term.node {
        Node::Object(fields) if !ground => {
            for (key, value) in &mut *fields {
                rename_inside_term(renamer.unit, key);
                rename_inside_term(renamer.unit, value);
            }
            sort_fields(fields);
        }
        Node::Set(elements) if !ground => {
            for element in &mut *elements {
                rename_inside_term(renamer.unit, element);
            }
            sort_elements(elements);
        }
        Node::ArrayComprehension(all) | Node::SetComprehension(all) => renamer.comprehension(all),
        Node::ObjectComprehension(all) => renamer.object_comprehension(all),
        Node::Template(template) => {
            for part in &mut template.parts {
                if let TemplatePart::Expr(expr) = part {
                    renamer.scopes.push();
                    renamer.expr(expr);
                    renamer.scopes.pop();
                }
            }
        }
        Node::Array(terms) | Node::Call(terms) | Node::Ref(terms) => {
            for term in terms {
                rename_inside_term(renamer.unit, term);
            }
        }
        _ => {}
    }
    renamer.finish();
}

/// Puts the names that the body gave into the head.
pub fn rename(scopes: &Scopes, head: &mut Head) {
    let parts = head.reference.iter_mut().skip(1);
    let terms = parts.chain(&mut head.args).chain(&mut head.key);
    for term in terms.chain(&mut head.value) {
        walk_mut(PartMut::Term(term), &mut |part| rename_part(scopes, part));
    }
}

fn rename_part(scopes: &Scopes, part: PartMut<'_>) -> Step {
    if let PartMut::Term(term) = part
        && let Node::Var(written) = &mut term.node
        && let Some(local) = scopes.here(written)
    {
        *written = local.name.clone();
    }
    Step::Into
}

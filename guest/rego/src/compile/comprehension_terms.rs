//! What a comprehension gathers is a variable or a plain value: `[x.y | …]` becomes `[z | …; z = x.y]`.

use super::unit::{Locals, Unit, append};
use crate::syntax::ast::{Body, Node, Term};
use crate::syntax::shape::requires_eval;
use crate::syntax::visit::{PartMut, Step};

/// OPA's stage `rewriteComprehensionTerms`.
pub fn stage(unit: &mut Unit<'_>) {
    unit.each_part(|unit, part| {
        if let PartMut::Term(term) = part {
            match &mut term.node {
                Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
                    name_term(&mut unit.locals, &mut all.term, &mut all.body);
                }
                Node::ObjectComprehension(all) => {
                    name_term(&mut unit.locals, &mut all.key, &mut all.body);
                    name_term(&mut unit.locals, &mut all.value, &mut all.body);
                }
                _ => {}
            }
        }
        Step::Into
    });
}

/// If a term must be evaluated, the body does it.
pub(super) fn name_term(locals: &mut Locals, term: &mut Term, body: &mut Body) {
    if requires_eval(term) {
        let placeholder = Term::new(Node::Null, term.at);
        let (local, named) = locals.name_term(std::mem::replace(term, placeholder));
        *term = local;
        append(body, vec![named]);
    }
}

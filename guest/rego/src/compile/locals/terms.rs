//! The variables of terms, conditions and modifiers.

use super::Renamer;
use super::scopes::Occurrence;
use crate::compile::vars::{Skip, Vars};
use crate::syntax::ast::{
    Comprehension, Expr, Location, Name, Node, ObjectComprehension, Term, With,
};
use crate::syntax::compare::{sort_elements, sort_fields};
use crate::syntax::shape::{is_scalar, root_document};
use crate::syntax::visit::{Part, PartMut, Step, any, walk_mut};

impl Renamer<'_, '_> {
    /// Puts a variable into the innermost scope; its name from now on.
    pub(super) fn insert(
        &mut self,
        written: Name,
        occurrence: Occurrence,
        at: Option<Location>,
    ) -> Name {
        let name = self.unit.locals.make_name();
        self.unit.rewritten.insert(name.clone(), written.clone());
        self.scopes.insert(written, name.clone(), occurrence, at);
        name
    }

    /// Declares a variable; its name from now on.
    ///
    /// # Errors
    /// What stands in its way.
    pub(super) fn declare(
        &mut self,
        written: &Name,
        occurrence: Occurrence,
        at: Option<Location>,
    ) -> Result<Name, String> {
        let before = self.scopes.here(written).map(|local| local.occurrence);
        match before {
            None => Ok(self.insert(written.clone(), occurrence, at)),
            Some(Occurrence::Seen) => Err(format!("var `{written}` referenced above")),
            Some(Occurrence::Assigned) => Err(format!("var `{written}` assigned above")),
            Some(Occurrence::Declared) => Err(format!("var `{written}` declared above")),
            Some(Occurrence::Arg) => Err(format!("arg `{written}` redeclared")),
        }
    }

    /// Renames all variables of a condition.
    pub(super) fn expr(&mut self, expr: &mut Expr) {
        walk_mut(PartMut::Expr(expr), &mut |part| match part {
            PartMut::Term(term) => self.term(term),
            PartMut::With(with) => {
                self.with(with);
                Step::Over
            }
            _ => Step::Into,
        });
    }

    /// Renames all variables of a term.
    pub(super) fn whole_term(&mut self, term: &mut Term) {
        walk_mut(PartMut::Term(term), &mut |part| match part {
            PartMut::Term(term) => self.term(term),
            _ => Step::Into,
        });
    }

    /// Renames a term; says whether what is in it is still to do.
    fn term(&mut self, term: &mut Term) -> Step {
        match self.left {
            0 => return Step::Over,
            1 => self.error(term.at, "conditions are nested too deeply"),
            _ => {}
        }
        self.left -= 1;
        if let Some(root) = root_document(term) {
            let local = self.scopes.declared(root);
            if let Some(local) = local.filter(|local| local.occurrence != Occurrence::Seen)
                && local.name != *root
            {
                term.node = Node::Var(local.name.clone());
            }
            return Step::Over;
        }
        match &mut term.node {
            Node::Var(written) => {
                self.var(written);
                Step::Over
            }
            Node::Call(terms) => {
                self.check_operator(terms, term.at);
                Step::Into
            }
            Node::Object(fields) => {
                for (key, value) in &mut *fields {
                    if !is_scalar(key) {
                        self.whole_term(key);
                    }
                    if !is_scalar(value) {
                        self.whole_term(value);
                    }
                }
                sort_fields(fields);
                Step::Over
            }
            Node::Set(elements) => {
                for element in &mut *elements {
                    if !is_scalar(element) {
                        self.whole_term(element);
                    }
                }
                sort_elements(elements);
                Step::Over
            }
            Node::ArrayComprehension(all) | Node::SetComprehension(all) => {
                self.comprehension(all);
                Step::Over
            }
            Node::ObjectComprehension(all) => {
                self.object_comprehension(all);
                Step::Over
            }
            _ => Step::Into,
        }
    }

    fn var(&mut self, written: &mut Name) {
        if let Some(local) = self.scopes.declared(written) {
            if local.name != *written {
                *written = local.name.clone();
            }
        } else {
            let name = written.clone();
            self.scopes
                .insert(name.clone(), name, Occurrence::Seen, None);
        }
    }

    /// Functions are no values: a variable cannot be called.
    fn check_operator(&mut self, terms: &[Term], at: Location) {
        let Some(operator) = terms.first() else {
            return;
        };
        let mut shadowed = None;
        any(operator, |part| {
            if let Part::Term(term) = part
                && let Node::Var(name) = &term.node
                && let Some(local) = self.scopes.declared(name)
                && local.name != *name
            {
                shadowed = Some(name.clone());
            }
            shadowed.is_some()
        });
        if let Some(name) = shadowed {
            self.error(at, format!("called function `{name}` shadowed"));
        }
    }

    fn with(&mut self, with: &mut With) {
        self.whole_term(&mut with.target);
        // A variable may be called `input`; what `with` replaces is the document all the same.
        if let Some(local) = self.scopes.declared("input") {
            let input = || Term::var("input", with.target.at);
            match &mut with.target.node {
                Node::Var(name) if *name == local.name => {
                    with.target.node = Node::Ref(vec![input()]);
                }
                Node::Ref(reference) => {
                    if let Some(head) = reference.first_mut()
                        && head.as_var() == Some(&local.name)
                    {
                        *head = input();
                    }
                }
                _ => {}
            }
        }
        self.whole_term(&mut with.value);
    }

    pub(super) fn comprehension(&mut self, all: &mut Comprehension) {
        let used = crate::compile::vars::vars_of(&all.term, Skip::NONE);
        self.scopes.push();
        self.body(&mut all.body, &used);
        self.whole_term(&mut all.term);
        self.scopes.pop();
    }

    pub(super) fn object_comprehension(&mut self, all: &mut ObjectComprehension) {
        let mut used = Vars::new(Skip::NONE);
        used.walk(&all.key);
        used.walk(&all.value);
        self.scopes.push();
        self.body(&mut all.body, &used.seen);
        self.whole_term(&mut all.key);
        self.whole_term(&mut all.value);
        self.scopes.pop();
    }
}

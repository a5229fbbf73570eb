//! Variables that are declared get names of their own: `x := 1` becomes `__local0__ = 1`.

mod body;
mod head;
mod scopes;
mod terms;

use self::scopes::{Occurrence, Scopes};
use super::unit::Unit;
use super::vars::{Skip, VarSet, Vars, vars_of};
use crate::builtins;
use crate::problem::Code;
use crate::syntax::ast::{Location, Rule};
use crate::syntax::visit::{Part, Step, each_branch_mut, walk};

/// OPA's stage `rewriteLocalVars`.
pub fn stage(unit: &mut Unit<'_>) {
    let mut modules = std::mem::take(&mut unit.modules);
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        let mut args = Renamer::new(unit, Scopes::default());
        head::rename_args(&mut args, &mut rule.head.args);
        let args = args.finish();
        each_branch_mut(rule, |rule| rename_rule(unit, &args, rule));
    }
    unit.modules = modules;
}

/// How many terms of one rule are looked at. `every`, `not` and comprehensions in one another are gone through more
/// than once at each level, as by OPA: this is the end of those that would take forever.
const TERMS: u32 = 10_000_000;

/// Gives names to the variables of one rule, or of one comprehension in its head.
struct Renamer<'unit, 'data> {
    unit: &'unit mut Unit<'data>,
    left: u32,
    scopes: Scopes,
    errors: Vec<(Location, String)>,
    unused: Vec<(Location, String)>,
}

impl<'unit, 'data> Renamer<'unit, 'data> {
    const fn new(unit: &'unit mut Unit<'data>, scopes: Scopes) -> Self {
        Self {
            unit,
            left: TERMS,
            scopes,
            errors: Vec::new(),
            unused: Vec::new(),
        }
    }

    fn error(&mut self, at: Location, message: impl Into<String>) {
        self.errors.push((at, message.into()));
    }

    /// Reports what is wrong; the scopes are left.
    fn finish(self) -> Scopes {
        for (at, message) in self.errors {
            let cure = "give each variable one name, and declare it before its use";
            self.unit.report(Code::RegoCompile, at, message, cure);
        }
        for (at, message) in self.unused {
            let cure = "use the variable, or leave its declaration out";
            self.unit.note(Code::RegoCompile, at, message, cure);
        }
        self.scopes
    }
}

fn rename_rule(unit: &mut Unit<'_>, args: &Scopes, rule: &mut Rule) {
    let scalars_only = !head::may_have_vars(&rule.head);
    let mut used = VarSet::new();
    if !scalars_only {
        head::rename_inside(unit, &mut rule.head);
        used = head::used(&rule.head);
    }
    let mut scopes = args.clone();
    shadow_builtins(unit, &mut scopes, rule);
    let mut renamer = Renamer::new(unit, scopes);
    renamer.body(&mut rule.body, &used);
    let scopes = renamer.finish();
    if !scalars_only {
        head::rename(&scopes, &mut rule.head);
    }
}

/// A variable that is named like a builtin function, but not declared, gets a name of its own too.
fn shadow_builtins(unit: &mut Unit<'_>, scopes: &mut Scopes, rule: &Rule) {
    let names = vars_of(&rule.body, Skip::CALL_HEADS | Skip::CLOSURES);
    let mut shadowing = names
        .into_iter()
        .filter(|name| builtins::find(name).is_some())
        .peekable();
    if shadowing.peek().is_none() {
        return;
    }
    let declared = super::declared::declared_in(&rule.body);
    let mut in_with = Vars::new(Skip::CALL_HEADS);
    walk(rule, &mut |part| {
        if let Part::With(with) = part {
            in_with.walk(&with.target);
            in_with.walk(&with.value);
        }
        Step::Into
    });
    for name in shadowing {
        let spoken_for = declared.contains(&name) || in_with.seen.contains(&name);
        if spoken_for || scopes.declared(&name).is_some() {
            continue;
        }
        let local = unit.locals.make_name();
        unit.rewritten.insert(local.clone(), name.clone());
        scopes.insert(name, local, Occurrence::Seen, None);
    }
}

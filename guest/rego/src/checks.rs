//! What is checked when a bundle is activated, before regorus compiles it: what it would only notice when
//! an evaluation got there, or not at all.

use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead};

use crate::builtins::{self, Support};
use crate::calls::{Call, Calls};
use crate::declarations::{Declarations, declared, fixed_path};
use crate::entrypoint::look_up;
use crate::path::Path;
use crate::problem::{Code, Problem};
use crate::value::Value;

/// Everything wrong in these modules, given what they declare and their data.
pub fn problems(
    modules: &[Ref<Module>],
    declarations: &Declarations,
    data: &Value,
) -> Vec<Problem> {
    let calls = Calls::of(modules, &declarations.functions);
    check_heads(modules)
        .chain(check_calls(&calls, declarations))
        .chain(check_functions(declarations))
        .chain(check_negations(&calls))
        .chain(check_data(declarations, data))
        .collect()
}

/// What OPA refuses in a rule's head and regorus takes, in version 0, for a rule without a condition:
///
/// - a name alone: `allow if { … }` without the import of `if` is an `allow`, and another rule named `if`;
/// - `contains` without its import: what comes after is another rule likewise.
fn check_heads(modules: &[Ref<Module>]) -> impl Iterator<Item = Problem> {
    modules.iter().flat_map(|module| {
        let rules = module.policy.iter();
        rules.filter_map(|rule| check_head(module, rule))
    })
}

fn check_head(module: &Module, rule: &Rule) -> Option<Problem> {
    let Rule::Spec { head, bodies, .. } = rule else {
        return None;
    };
    let (refr, cure) = match head {
        RuleHead::Compr {
            refr, assign: None, ..
        } if bodies.is_empty() && matches!(refr.as_ref(), Expr::Var { .. }) => (
            refr,
            "give the rule a value or a body; in version 0 `if` needs `import future.keywords.if`",
        ),
        RuleHead::Set {
            span,
            refr,
            key: Some(key),
        } if !has_keyword(module, "contains") => {
            let offset = |place: u32| place.saturating_sub(span.start) as usize;
            let between = offset(refr.span().end)..offset(key.span().start);
            if !span.text().get(between)?.contains("contains") {
                return None;
            }
            (
                refr,
                "in version 0 `contains` needs `import future.keywords.contains`",
            )
        }
        _ => return None,
    };
    let at = declared(refr.span());
    let problem = Problem::new(Code::RegoParse, "var cannot be used for rule name", cure);
    Some(problem.at(&at.file, at.row, at.column))
}

/// Whether a keyword of version 1 is one in this module.
fn has_keyword(module: &Module, keyword: &str) -> bool {
    module.rego_v1
        || module
            .imports
            .iter()
            .any(|import| match fixed_path(&import.refr).parts() {
                [future, keywords] => future == "future" && keywords == "keywords",
                [future, keywords, name] => {
                    future == "future" && keywords == "keywords" && name == keyword
                }
                _ => false,
            })
}

/// A call of a function that does not exist is found when the bundle is activated, not when a
/// request first meets it.
fn check_calls(calls: &Calls, declarations: &Declarations) -> impl Iterator<Item = Problem> {
    calls
        .calls
        .iter()
        .filter_map(|call| check_call(declarations, call))
}

fn check_call(declarations: &Declarations, call: &Call) -> Option<Problem> {
    let Call {
        name, arguments, ..
    } = call;
    let declared = Path::parse(name)
        .filter(|_| name.starts_with("data."))
        .and_then(|path| declarations.functions.get(&path));
    // With one argument more than it takes, a function's value is bound to the last.
    let fits = |takes: usize| *arguments == takes || *arguments == takes + 1;
    let (message, cure) = match declared.map(|counts| counts.iter().copied().any(fits)) {
        Some(true) => return None,
        Some(false) => (
            format!("`{name}` is called with {arguments} arguments"),
            "pass as many arguments as the function takes",
        ),
        None => match builtins::support(name) {
            _ if name == "print" => return None,
            Support::Works(takes) if fits(takes) => return None,
            Support::Works(takes) => (
                format!("`{name}` takes {takes} arguments, not {arguments}"),
                "pass as many arguments as the function takes",
            ),
            Support::Refused => (
                format!("function `{name}` is not available here"),
                "use another builtin, or a function of the bundle; docs/rego.md lists what works",
            ),
            Support::Unknown => (
                format!("undefined function `{name}`"),
                "define the function in the bundle, or import its package",
            ),
        },
    };
    Some(Problem::new(Code::RegoType, message, cure).at(&call.file, call.row, call.column))
}

/// A function takes one number of arguments, and no rule has its name.
fn check_functions(declarations: &Declarations) -> impl Iterator<Item = Problem> {
    declarations
        .function_places
        .iter()
        .filter_map(|(path, declared)| {
            let several = declarations
                .functions
                .get(path)
                .is_some_and(|counts| counts.len() > 1);
            let message = if several {
                format!("function `{path}` is declared with different numbers of arguments")
            } else if declarations.rules.contains_key(path) {
                format!("`{path}` is declared as a function and as a rule")
            } else {
                return None;
            };
            let cure = "give one of them another name";
            Some(Problem::new(Code::RegoType, message, cure).at(
                &declared.file,
                declared.row,
                declared.column,
            ))
        })
}

/// A wildcard under `not` is bound nowhere. regorus would take the negation as true.
fn check_negations(calls: &Calls) -> impl Iterator<Item = Problem> {
    calls.negated_wildcards.iter().map(|declared| {
        let cure = "iterate in a rule or a comprehension of its own, and negate that";
        Problem::new(
            Code::RegoUnsafeVar,
            "a wildcard under `not` is unsafe",
            cure,
        )
        .at(&declared.file, declared.row, declared.column)
    })
}

/// A rule where data already has a value: OPA refuses the bundle.
fn check_data<'d>(
    declarations: &'d Declarations,
    data: &'d Value,
) -> impl Iterator<Item = Problem> + 'd {
    let rules = declarations.rules.iter();
    rules.filter_map(move |(path, declared)| {
        look_up(data, path.parts())?;
        let message = format!("rule `{path}` stands where the bundle's data has a value");
        let cure = "rename the rule, or move the data";
        Some(Problem::new(Code::RegoCompile, message, cure).at(
            &declared.file,
            declared.row,
            declared.column,
        ))
    })
}

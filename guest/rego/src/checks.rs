//! What is checked when a bundle is activated, before regorus compiles it: what it would only notice when
//! an evaluation got there, or not at all.

use regorus::unstable::{Module, Ref};

use crate::builtins::{self, Support};
use crate::calls::{Call, Calls};
use crate::declarations::Declarations;
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
    check_calls(&calls, declarations)
        .chain(check_functions(declarations))
        .chain(check_negations(&calls))
        .chain(check_data(declarations, data))
        .collect()
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

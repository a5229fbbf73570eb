//! Statements to a module.

use super::ast::{Body, ExprKind, Location, Module, Term, operator_name};
use super::bare_rule::rule_of;
use super::parser::Parser;
use super::rule::Written;
use super::statement::Statement;
use super::token::is_keyword_of;
use crate::module::Version;

/// What is wrong, where, and its cure.
pub(super) type Wrong = (Location, String, String);

/// Makes a module of its statements. `complete` tells whether all of them could be read.
pub(super) fn module(
    parser: Parser<'_>,
    path: &str,
    statements: Vec<Statement>,
    complete: bool,
) -> Result<Module, Vec<Wrong>> {
    let mut wrongs = Vec::new();
    let mut statements = statements.into_iter();
    let nowhere = Location {
        module: parser.module,
        ..Location::default()
    };
    let package = match statements.next() {
        Some(Statement::Package(package)) => Some(package),
        first if complete => {
            let (at, message) = match first {
                Some(first) => (first.at(), "package expected"),
                None => (nowhere, "empty module"),
            };
            let cure = "begin the file with `package name`";
            wrongs.push((at, message.to_owned(), cure.to_owned()));
            None
        }
        _ => None,
    };
    let mut imports = Vec::new();
    let mut rules = Vec::new();
    let mut last_wrong = 0;
    let mut is_v1 = parser.version == Version::V1;
    let mut rest = statements.peekable();
    while let Some(statement) = rest.next() {
        match statement {
            Statement::Package(package) if complete => {
                let cure = "write one package a file".to_owned();
                wrongs.push((package.at, "unexpected package".to_owned(), cure));
            }
            Statement::Package(_) => {}
            Statement::Import(import) => {
                is_v1 |= is_rego_version(&import.path);
                imports.push(import);
            }
            Statement::Rule(written) => rules.push(*written),
            Statement::Body(body) => {
                let at = body.first().map_or(nowhere, |expr| expr.at);
                let keyword = keyword_alone(&body)
                    .or_else(|| {
                        rest.peek()
                            .filter(|next| next.at().row == at.row)
                            .and_then(keyword_statement)
                    })
                    .filter(|_| !is_v1);
                match rule_of(body) {
                    Ok(rule) => rules.push(rule),
                    // Of one line that is no rule, several statements may have been made.
                    Err(_) if at.row == last_wrong => {}
                    Err(message) => {
                        last_wrong = at.row;
                        let cure = match keyword {
                            Some(keyword) => {
                                format!(
                                    "write `import future.keywords.{keyword}` below the package"
                                )
                            }
                            None => "write `name := value`, or `name if condition`".to_owned(),
                        };
                        wrongs.push((at, message, cure));
                    }
                }
            }
        }
    }
    if is_v1 {
        for written in &rules {
            check_v1(written, &mut wrongs);
        }
    }
    match package {
        Some(package) if wrongs.is_empty() => Ok(Module {
            path: path.to_owned(),
            version: parser.version,
            package,
            imports,
            rules: rules.into_iter().map(|written| written.rule).collect(),
            comments: parser.comments,
        }),
        _ => Err(wrongs),
    }
}

fn is_rego_version(path: &Term) -> bool {
    operator_name(path).is_some_and(|path| path == "rego.v1" || path == "rego.v2")
}

/// The keyword that a rule's name was taken for: `p if { … }` without the import.
fn keyword_statement(statement: &Statement) -> Option<&'static str> {
    match statement {
        Statement::Rule(written) => match written.rule.head.reference.as_slice() {
            [name] => head_keyword(name),
            _ => None,
        },
        Statement::Body(body) => keyword_alone(body),
        Statement::Package(_) | Statement::Import(_) => None,
    }
}

fn keyword_alone(body: &Body) -> Option<&'static str> {
    match body.as_slice() {
        [expr] => match &expr.kind {
            ExprKind::Term(term) => head_keyword(term),
            _ => None,
        },
        _ => None,
    }
}

fn head_keyword(name: &Term) -> Option<&'static str> {
    let name = name.as_var()?;
    ["if", "contains"].into_iter().find(|word| *word == &**name)
}

/// What v1 requires of a rule and of its `else` branches.
fn check_v1(written: &Written, wrongs: &mut Vec<Wrong>) {
    let branches = crate::syntax::visit::branches(&written.rule);
    for (rule, has_if) in branches.zip(&written.ifs) {
        let kind = if rule.head.args.is_empty() {
            "rule"
        } else {
            "function"
        };
        let mut wrong = |message: String, cure: &str| {
            wrongs.push((rule.at, message, cure.to_owned()));
        };
        if let [name] = rule.head.reference.as_slice()
            && let Some(name) = name.as_var()
            && is_keyword_of(Version::V1, name)
        {
            wrong(
                format!("{name} keyword cannot be used for rule name"),
                "name the rule otherwise",
            );
        }
        if rule.generated_body && rule.head.generated_value {
            wrong(
                format!("{kind} must have value assignment and/or body declaration"),
                "write `:= value`, or `if` and a condition, behind the head",
            );
        }
        if !rule.generated_body && !has_if && !rule.default {
            wrong(
                format!("`if` keyword is required before {kind} body"),
                "write `if` before the body",
            );
        }
        if rule.head.is_multi_value() && !written.contains {
            wrong(
                "`contains` keyword is required for partial set rules".to_owned(),
                "write `name contains element` in place of `name[element]`",
            );
        }
    }
}

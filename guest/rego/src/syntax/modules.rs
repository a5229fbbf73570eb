//! Statements to a module.

use super::ast::{
    Body, Expr, ExprKind, Head, Location, Module, Node, Ref, Rule, Term, operator_name,
};
use super::parser::{Fault, Parser};
use super::rule::{Written, rule, truth};
use super::statement::Statement;
use super::term::kind_name;
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

/// The rule that conditions make, outside of rules: `p := 1`, `p[1]`, `f(x) = 1`.
fn rule_of(body: Body) -> Result<Written, String> {
    let [expr]: [Expr; 1] = body
        .try_into()
        .map_err(|_| "multiple expressions cannot be used for rule head")?;
    if !expr.with.is_empty() {
        return Err("expressions using with keyword cannot be used for rule head".to_owned());
    }
    if expr.negated {
        return Err("negated expressions cannot be used for rule head".to_owned());
    }
    let at = expr.at;
    let mut rule = match expr.kind {
        ExprKind::Some(_) => {
            return Err("`some` declarations cannot be used for rule head".to_owned());
        }
        ExprKind::Term(term) => rule_of_term(term)?,
        ExprKind::Call(terms) => rule_of_call(terms, at)?,
        ExprKind::Every(_) | ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => {
            return Err("expression cannot be used for rule head".to_owned());
        }
    };
    rule.generated_body = true;
    Ok(Written {
        rule,
        contains: false,
        ifs: vec![false],
    })
}

fn head(reference: Ref, at: Location) -> Head {
    Head {
        reference,
        args: Vec::new(),
        key: None,
        value: None,
        assign: false,
        generated_value: false,
        at,
    }
}

fn check_name(reference: &Ref) -> Result<(), String> {
    match reference.first().and_then(Term::as_var) {
        Some(_) => Ok(()),
        None => Err("invalid rule head: it must begin with a name".to_owned()),
    }
}

/// `p.q.r`, `p[x]`.
fn rule_of_term(term: Term) -> Result<Rule, String> {
    let at = term.at;
    let Node::Ref(mut reference) = term.node else {
        let kind = kind_name(&term.node);
        return Err(format!("{kind} cannot be used for rule name"));
    };
    if reference.len() == 1 {
        return Err("refs cannot be used for rule head".to_owned());
    }
    check_name(&reference)?;
    let mut head = if reference.len() == 2 {
        let key = reference.pop();
        Head {
            key,
            ..head(reference, at)
        }
    } else {
        head(reference, at)
    };
    if head.key.is_none() {
        head.value = Some(Term::new(Node::Bool(true), at));
        head.generated_value = true;
    }
    Ok(rule(head, vec![truth(at)], at))
}

fn rule_of_call(terms: Vec<Term>, at: Location) -> Result<Rule, String> {
    let operator = terms.first().and_then(operator_name);
    let assign = operator.as_deref() == Some("assign");
    let mut terms = terms.into_iter();
    if assign || operator.as_deref() == Some("eq") {
        let (Some(left), Some(right)) = (terms.nth(1), terms.next()) else {
            return Err("assignment requires two operands".to_owned());
        };
        let mut rule = rule_of_equality(left, right, at)?;
        rule.head.assign = assign;
        return Ok(rule);
    }
    if operator.is_some_and(|name| crate::builtins::find(&name).is_some()) {
        return Err("rule name conflicts with built-in function".to_owned());
    }
    let name = terms.next();
    let args: Vec<_> = terms.collect();
    let (
        Some(Term {
            node: Node::Ref(reference),
            at,
        }),
        false,
    ) = (name, args.is_empty())
    else {
        return Err("rule argument list must take at least one argument".to_owned());
    };
    check_name(&reference)?;
    let head = Head {
        args,
        value: Some(Term::new(Node::Bool(true), at)),
        ..head(reference, at)
    };
    Ok(rule(head, vec![truth(at)], at))
}

/// `p = 1`, `p[x] = 1`, `f(x) = 1`.
fn rule_of_equality(left: Term, right: Term, at: Location) -> Result<Rule, String> {
    let kind = kind_name(&left.node);
    let body = vec![truth(right.at)];
    let mut head = match left.node {
        Node::Var(_) => head(vec![left], at),
        Node::Ref(reference) => {
            check_name(&reference)?;
            let key = match reference.as_slice() {
                [_, key] => Some(key.clone()),
                _ => None,
            };
            Head {
                key,
                ..head(reference, at)
            }
        }
        Node::Call(terms) => {
            let mut terms = terms.into_iter();
            match terms.next().map(|operator| operator.node) {
                Some(Node::Ref(reference)) if check_name(&reference).is_ok() => Head {
                    args: terms.collect(),
                    ..head(reference, at)
                },
                _ => return Err(format!("{kind} cannot be used for rule name")),
            }
        }
        _ => return Err(format!("{kind} cannot be used for rule name")),
    };
    head.value = Some(right);
    Ok(rule(head, body, at))
}

/// What v1 requires of a rule and of its `else` branches.
fn check_v1(written: &Written, wrongs: &mut Vec<Wrong>) {
    let branches = crate::compile::visit::branches(&written.rule);
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

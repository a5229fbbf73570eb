//! Compiled modules as text, to be laid beside OPA's.

use std::fmt::Write as _;

use crate::syntax::ast::{Expr, ExprKind, Location, Node, Rule, Term};

/// All rules of compiled modules.
pub fn dump(compiled: &super::Compiled) -> String {
    let mut text = String::new();
    for module in &compiled.modules {
        writeln!(text, "module {}", module.path).unwrap();
        for rule in &module.rules {
            dump_rule(&mut text, rule, "");
        }
    }
    text
}

fn dump_rule(text: &mut String, rule: &Rule, indent: &str) {
    let head = &rule.head;
    write!(text, "{indent}rule (ref").unwrap();
    dump_terms(text, &head.reference);
    text.push(')');
    if rule.default {
        text.push_str(" default");
    }
    if !head.args.is_empty() {
        text.push_str(" (args");
        dump_terms(text, &head.args);
        text.push(')');
    }
    match (&head.value, &head.key) {
        (Some(value), _) => {
            text.push_str(" = ");
            dump_term(text, value);
        }
        (None, Some(key)) => {
            text.push_str(" contains ");
            dump_term(text, key);
        }
        (None, None) => text.push_str(" ??"),
    }
    text.push('\n');
    for expr in &rule.body {
        write!(text, "{indent}  ").unwrap();
        dump_expr(text, expr);
        text.push('\n');
    }
    if let Some(otherwise) = &rule.otherwise {
        dump_rule(text, otherwise, &format!("{indent}    "));
    }
}

fn dump_terms(text: &mut String, terms: &[Term]) {
    for term in terms {
        text.push(' ');
        dump_term(text, term);
    }
}

fn dump_term(text: &mut String, term: &Term) {
    let group = |text: &mut String, open: &str, terms: &[Term], close: &str| {
        text.push_str(open);
        dump_terms(text, terms);
        text.push_str(close);
    };
    match &term.node {
        Node::Null => text.push_str("null"),
        Node::Bool(truth) => write!(text, "{truth}").unwrap(),
        Node::Number(number) => write!(text, "{number}").unwrap(),
        Node::String(string) => text.push_str(&serde_json::to_string(&**string).unwrap()),
        Node::Var(name) => text.push_str(name),
        Node::Ref(terms) => group(text, "(ref", terms, ")"),
        Node::Array(terms) => group(text, "[", terms, "]"),
        Node::Set(terms) => group(text, "<", terms, ">"),
        Node::Call(terms) => group(text, "(call", terms, ")"),
        Node::Object(fields) => {
            text.push('{');
            for (key, value) in fields {
                text.push(' ');
                dump_term(text, key);
                text.push(':');
                dump_term(text, value);
            }
            text.push('}');
        }
        Node::ArrayComprehension(all) => {
            text.push_str("(ac ");
            dump_term(text, &all.term);
            dump_body(text, &all.body);
            text.push(')');
        }
        Node::SetComprehension(all) => {
            text.push_str("(sc ");
            dump_term(text, &all.term);
            dump_body(text, &all.body);
            text.push(')');
        }
        Node::ObjectComprehension(all) => {
            text.push_str("(oc ");
            dump_term(text, &all.key);
            text.push(':');
            dump_term(text, &all.value);
            dump_body(text, &all.body);
            text.push(')');
        }
        Node::Template(_) => text.push_str("(?template)"),
    }
}

fn dump_body(text: &mut String, body: &[Expr]) {
    text.push_str(" {");
    for expr in body {
        text.push(' ');
        dump_expr(text, expr);
    }
    text.push('}');
}

fn dump_expr(text: &mut String, expr: &Expr) {
    let Location { row, column, .. } = expr.at;
    write!(text, "@{row}:{column}").unwrap();
    if expr.negated {
        text.push_str("not ");
    }
    if expr.generated {
        text.push('~');
    }
    match &expr.kind {
        ExprKind::Term(term) => {
            text.push_str("(t ");
            dump_term(text, term);
        }
        ExprKind::Call(terms) => {
            text.push_str("(c");
            dump_terms(text, terms);
        }
        ExprKind::Some(terms) => {
            text.push_str("(some");
            dump_terms(text, terms);
        }
        ExprKind::Every(every) => {
            text.push_str("(every ");
            if let Some(key) = &every.key {
                dump_term(text, key);
            }
            text.push(' ');
            dump_term(text, &every.value);
            text.push(' ');
            dump_term(text, &every.domain);
            dump_body(text, &every.body);
        }
        ExprKind::Not(nested) => {
            text.push_str("(not");
            dump_body(text, &nested.body);
        }
        ExprKind::And(pair) => {
            text.push_str("(and");
            dump_body(text, &pair.left.body);
            dump_body(text, &pair.right.body);
        }
        ExprKind::Or(pair) => {
            text.push_str("(or");
            dump_body(text, &pair.left.body);
            dump_body(text, &pair.right.body);
        }
    }
    text.push(')');
    for with in &expr.with {
        text.push_str(" with ");
        dump_term(text, &with.target);
        text.push_str(" as ");
        dump_term(text, &with.value);
    }
}

/// Dumps the modules of each case in the file `COMPARE_IN`, as JSON, to the file `COMPARE_OUT`.
#[test]
#[ignore = "run by hand beside a dump of OPA's own compiler"]
fn dump_cases() {
    use crate::module::{Module, Version};
    use crate::value::Value;

    let input = std::fs::read_to_string(std::env::var("COMPARE_IN").unwrap()).unwrap();
    let mut cases: serde_json::Value = serde_json::from_str(&input).unwrap();
    for case in cases.as_array_mut().unwrap() {
        let version = if case["version"] == 0 {
            Version::V0
        } else {
            Version::V1
        };
        let sources = case["modules"].as_array().unwrap().iter().enumerate();
        let mut problems = Vec::new();
        let mut modules = Vec::new();
        for (number, source) in sources {
            let source = Module {
                path: format!("m{number:02}.rego"),
                source: source.as_str().unwrap().to_owned(),
                version,
            };
            match crate::syntax::parse(&source, u32::try_from(number).unwrap()) {
                Ok(module) => modules.push(module),
                Err(found) => {
                    problems = found;
                    break;
                }
            }
        }
        let mut text = String::new();
        if problems.is_empty() {
            match super::compile(modules, &Value::new_object()) {
                Ok(compiled) => text = dump(&compiled),
                Err(found) => problems = found,
            }
        } else {
            text.push_str("PARSE\n");
        }
        for problem in problems {
            let place = &problem.place;
            writeln!(
                text,
                "ERR {} {} {} # {}",
                place.file, place.row, problem.code, problem.message
            )
            .unwrap();
        }
        case["result"] = text.into();
    }
    std::fs::write(
        std::env::var("COMPARE_OUT").unwrap(),
        serde_json::to_string(&cases).unwrap(),
    )
    .unwrap();
}

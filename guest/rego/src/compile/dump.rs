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

/// What the rules of a module become, without places.
fn compiled(rules: &str) -> String {
    use crate::module::{Module, Version};
    use crate::value::Value;

    let source = Module {
        path: "test.rego".to_owned(),
        source: format!("package test\n{rules}"),
        version: Version::V1,
    };
    let module = crate::syntax::parse(&source, 0).unwrap();
    let compiled = super::compile(vec![module], &Value::new_object()).unwrap();
    dump(&compiled)
        .lines()
        .skip(1)
        .map(|line| line.trim().trim_start_matches('@'))
        .map(without_place)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The digits, colon and mark before a condition say where it stands and who made it.
fn without_place(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == '~')
}

#[test]
fn what_not_negates_is_evaluated_before_it() {
    assert_eq!(
        compiled("p if not count(input.xs) > 1"),
        r#"rule (ref data "test" "p") = true
(c (ref eq) __local1__ (ref input "xs"))
(c (ref count) __local1__ __local0__)
not (c (ref gt) __local0__ 1)"#
    );
}

#[test]
fn a_value_of_with_is_evaluated_once_for_all_that_it_holds_for() {
    assert_eq!(
        compiled("p if count(data.xs) > 1 with data.xs as input.xs"),
        r#"rule (ref data "test" "p") = true
(c (ref eq) __local1__ (ref input "xs"))
(c (ref eq) __local2__ (ref data "xs")) with (ref data "xs") as __local1__
(c (ref count) __local2__ __local0__) with (ref data "xs") as __local1__
(c (ref gt) __local0__ 1) with (ref data "xs") as __local1__"#
    );
}

#[test]
fn elements_of_sets_are_evaluated_in_their_order_not_as_written() {
    assert_eq!(
        compiled("p := {input.b, input.a, 1}"),
        r#"rule (ref data "test" "p") = __local0__
(c (ref eq) __local1__ (ref input "a"))
(c (ref eq) __local2__ (ref input "b"))
(c (ref eq) __local0__ < 1 __local1__ __local2__>)"#
    );
}

#[test]
fn some_in_becomes_a_reference() {
    assert_eq!(
        compiled("p contains x if some x in input.xs"),
        r#"rule (ref data "test" "p") contains __local2__
(c (ref eq) __local2__ (ref input "xs" __local1__))"#
    );
}

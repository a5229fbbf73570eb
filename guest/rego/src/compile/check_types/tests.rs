use crate::problem::Code;
use crate::types::signature;
use crate::value::Value;
use crate::{Module, Version};

/// The rows that have faults of types, and what is said of the first one.
fn faults(rules: &str) -> (Vec<u32>, String) {
    let module = Module {
        path: "a.rego".into(),
        source: format!("package t\n{rules}"),
        version: Version::V1,
    };
    let module = crate::syntax::parse(&module, 0).unwrap();
    let problems = crate::compile::compile(vec![module], &Value::new_object()).err();
    let problems = problems.unwrap_or_default();
    assert!(
        problems
            .iter()
            .all(|problem| problem.code == Code::RegoType)
    );
    let rows = problems.iter().map(|problem| problem.place.row).collect();
    let first = problems.first().map(|problem| problem.message.clone());
    (rows, first.unwrap_or_default())
}

#[test]
fn every_declaration_of_a_builtin_function_is_read() {
    for builtin in crate::builtins::all() {
        let declaration = builtin.declaration;
        assert!(
            signature(declaration).is_some(),
            "{}: {declaration}",
            builtin.name
        );
    }
}

#[test]
fn what_can_never_hold_is_refused() {
    for (rules, rows, message) in [
        (
            "p if 1 == \"a\"",
            vec![2],
            "match error: left is `number`, right is `string`",
        ),
        (
            "c := {\"a\": 1}\np if c.b",
            vec![3],
            "undefined ref: `data.t.c.b`: no key `\"b\"`",
        ),
        (
            "c := 1\np if c.b",
            vec![3],
            "undefined ref: `data.t.c.b`: `data.t.c` is `number`",
        ),
        (
            "p if upper(1) == \"a\"",
            vec![2],
            "`upper`: invalid argument(s): have (number, ???)",
        ),
        (
            "p if 1 in {\"a\"}",
            vec![2],
            "match error: left is `number`, right is `string`",
        ),
        (
            "f(x) := 1\np if f",
            vec![3],
            "function `data.t.f` used as reference, not called",
        ),
        (
            "s contains 1\ns contains \"a\" if input.x\np if { some x in s; x == null }",
            vec![4],
            "match error: left is `any<number, string>`, right is `null`",
        ),
        (
            "p := [x | upper(1, x)]\nq := p + 1",
            vec![2],
            "`upper`: invalid argument(s)",
        ),
    ] {
        let (found, said) = faults(rules);
        assert_eq!(rows, found, "{rules}");
        assert!(said.starts_with(message), "{rules}: {said}");
    }
}

#[test]
fn what_may_hold_is_not_refused() {
    for rules in [
        "p if input.x == 1\nq if input.x == \"a\"",
        "c := {}\np if { some x in c; x == 1 }",
        "default p := 1\np := \"a\" if input.x\nq if p == \"a\"",
        "c := 1\np if c == \"a\" with data.t.c as \"a\"",
        "c := 1\nd := c\np if d == \"a\" with data.t.c as \"a\"",
        "p if not { 1 == \"a\" }",
    ] {
        let rules = format!("import future.keywords.not\n{rules}");
        assert_eq!((vec![], String::new()), faults(&rules), "{rules}");
    }
}

#[test]
fn comprehensions_in_comprehensions_are_no_work() {
    let depth = 30;
    let rules = format!("p := {}1{}", "[x | x := ".repeat(depth), "]".repeat(depth));
    assert_eq!((vec![], String::new()), faults(&rules));
}

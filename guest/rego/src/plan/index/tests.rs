//! Which definitions are tried. OPA selects the same: what it would not is a difference in errors.

use super::*;
use crate::compile::compile;
use crate::syntax::parse;
use crate::{Module, Version, read_json};

/// Reads input, data and arguments from one document.
struct Asked(Value);

impl Resolver for Asked {
    type Error = ();

    fn resolve(&mut self, place: &Place) -> Result<Option<Value>, ()> {
        let number;
        let (root, path) = match place {
            Place::Input(path) => ("input", path.as_slice()),
            Place::Data(path) => ("data", path.as_slice()),
            Place::Argument(argument) => {
                number = [Value::from(*argument)];
                ("args", number.as_slice())
            }
        };
        let root = Value::from(root);
        let found = std::iter::once(&root)
            .chain(path)
            .try_fold(&self.0, |value, key| value.get(key));
        Ok(found.cloned())
    }
}

/// The index of `data.test.p`, of which `rules` are the definitions.
fn index(rules: &str) -> Index {
    let source = Module {
        path: "test.rego".into(),
        source: format!(
            "package test\nimport future.keywords.and\nimport future.keywords.or\n{rules}"
        ),
        version: Version::V1,
    };
    let modules = vec![parse(&source, 0).unwrap()];
    let compiled = compile(modules, &Value::new_object()).unwrap();
    let tree = &compiled.tree.children[&"test".into()].children[&"p".into()];
    let rules: Vec<(usize, &Rule)> = tree
        .rules
        .iter()
        .map(|at| (at.rule, &compiled.modules[at.module].rules[at.rule]))
        .collect();
    Index::build(&rules, &compiled.tree)
}

fn look_up(index: &Index, asked: &str) -> Selected {
    let mut selected = Selected::default();
    let asked = read_json(asked, 9).unwrap();
    index.lookup(&mut Asked(asked), &mut selected).unwrap();
    selected
}

/// Whether the one definition of `p` with this body is tried for this input.
fn tried(body: &str, input: &str) -> bool {
    let asked = format!(r#"{{"input": {input}, "data": {{"staff": {{"ada": {{"bob": 1}}}}}}}}"#);
    let index = index(&format!("p if {{ {body} }}\nvirtual if input.v\n"));
    !look_up(&index, &asked).branches.is_empty()
}

#[test]
fn a_definition_is_tried_only_where_its_conditions_can_hold() {
    let cases = [
        (r#"input.a == "x""#, r#"{"a": "x"}"#, r#"{"a": "y"}"#),
        ("1 == input.a", r#"{"a": 1.0}"#, "{}"),
        ("input.a", r#"{"a": false}"#, "{}"),
        ("x := input.a", r#"{"a": null}"#, "{}"),
        ("x := 1; input.a == x", r#"{"a": 1}"#, r#"{"a": 2}"#),
        ("x := input; x.a == 1", r#"{"a": 1}"#, r#"{"a": 2}"#),
        (r#"k := "a"; input[k] == 1"#, r#"{"a": 1}"#, r#"{"a": 2}"#),
        ("[1, x] = input.a", r#"{"a": [1, 2]}"#, r#"{"a": [2, 1]}"#),
        ("input.a in {1, 2}", r#"{"a": 2}"#, r#"{"a": 3}"#),
        ("input.a in [1, [2]]", r#"{"a": [2]}"#, r#"{"a": 3}"#),
        ("1 in input.a", r#"{"a": {"k": 1}}"#, r#"{"a": [2]}"#),
        ("input.a[_] == 1", r#"{"a": [1]}"#, r#"{"a": 1}"#),
        (
            r#"startswith(input.a, "x")"#,
            r#"{"a": "xy"}"#,
            r#"{"a": "yx"}"#,
        ),
        (
            r#"endswith(input.a, "x")"#,
            r#"{"a": "yx"}"#,
            r#"{"a": "xy"}"#,
        ),
        (
            r#"strings.any_prefix_match(input.a, ["x", "y"])"#,
            r#"{"a": ["z", "ya"]}"#,
            r#"{"a": ["ax"]}"#,
        ),
        (
            r#"glob.match("x:*", [":"], input.a)"#,
            r#"{"a": "x:y"}"#,
            r#"{"a": "x"}"#,
        ),
        (
            "{input.a == 1} and {input.b == 2}",
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": 1, "b": 1}"#,
        ),
        (
            "{input.a == 1} or {input.b == 2}",
            r#"{"a": 0, "b": 2}"#,
            r#"{"a": 0, "b": 1}"#,
        ),
    ];
    for (body, holds, fails) in cases {
        assert!(tried(body, holds), "{body} of {holds}");
        assert!(!tried(body, fails), "{body} of {fails}");
    }
}

#[test]
fn what_the_index_does_not_understand_is_tried_always() {
    for body in [
        "not input.a == 1",
        "input.a != 1",
        "input.a > 1",
        "input.a == 1 with input.b as 2",
        "data.test.virtual == true",
        "input.a == {1}",
        "x := count(input) == 1",
        "{input.a == 2} or {input.b > 2}",
        r#"startswith("x", "y")"#,
    ] {
        assert!(tried(body, r#"{"a": 1, "b": 1}"#), "{body}");
    }
}

#[test]
fn the_keys_of_a_collection_are_asked_where_values_differ() {
    let index = index("p := 1 if data.staff.ada[input.a]\np := 2 if data.staff.ada[input.b]\n");
    let selected = look_up(
        &index,
        r#"{"input": {"a": "eve", "b": "bob"}, "data": {"staff": {"ada": {"bob": 1}}}}"#,
    );
    assert_eq!(selected.branches, [Branch { rule: 1, branch: 0 }]);
    assert!(tried("data.staff.ada[input.a]", r#"{"a": "eve"}"#));
}

#[test]
fn an_affix_among_several_ends_the_questions() {
    let index = index(
        r#"p := 1 if { startswith(input.a, "x"); startswith(input.a, "y"); input.b == 1 }
           p := 2 if { startswith(input.a, "x"); endswith(input.a, "long"); input.b == 1 }
           p := 3 if { startswith(input.a, "x"); endswith(input.a, "long"); input.b == 2 }"#,
    );
    let selected = look_up(&index, r#"{"input": {"a": "x", "b": 1}}"#);
    let rules: Vec<usize> = selected.branches.iter().map(|branch| branch.rule).collect();
    assert_eq!(rules, [0]);
    let selected = look_up(&index, r#"{"input": {"a": "along", "b": 1}}"#);
    let rules: Vec<usize> = selected.branches.iter().map(|branch| branch.rule).collect();
    assert_eq!(rules, [1]);
}

#[test]
fn branches_are_selected_one_by_one() {
    let index = index(
        r"default p := 9
           p := 1 if { input.a == 1 } else := 2 if { input.a == 2 } else := 3 if { input.b }
           p := 4 if input.a == 2",
    );
    let selected = look_up(&index, r#"{"input": {"a": 2, "b": 0}}"#);
    let chains: Vec<Vec<(usize, u32)>> = selected
        .chains()
        .map(|chain| chain.iter().map(|one| (one.rule, one.branch)).collect())
        .collect();
    assert_eq!(chains, [vec![(1, 1), (1, 2)], vec![(2, 0)]]);
    assert_eq!(selected.default, Some(0));
    assert!(!selected.early_exit);
}

#[test]
fn the_first_decides_where_those_selected_have_one_value() {
    let index = index("p := 1 if input.a == 1\np := 1 if input.b == 1\np := 2 if input.c == 1\n");
    assert!(look_up(&index, r#"{"input": {"a": 1, "b": 1}}"#).early_exit);
    assert!(!look_up(&index, r#"{"input": {"a": 1, "c": 1}}"#).early_exit);
    let mut all = Selected::default();
    index.all(&mut all);
    assert_eq!(all.branches.len(), 3);
    assert!(!all.early_exit);
}

#[test]
fn arguments_are_places() {
    let index = index("p(a, _) := 1 if a == \"x\"\np(a, b) := 2 if { a == \"y\"; b in [1, 2] }\n");
    let rules = |args: &str| {
        let selected = look_up(&index, &format!(r#"{{"args": {args}}}"#));
        selected
            .branches
            .iter()
            .map(|branch| branch.rule)
            .collect::<Vec<_>>()
    };
    assert_eq!(rules(r#"["y", 2]"#), [1]);
    assert!(rules(r#"["y", 3]"#).is_empty());
}

#[test]
fn a_lookup_visits_each_node_once() {
    // Each place is reached through two members: 2⁶⁴ ways if they were gone through one by one.
    let body: Vec<String> = (0..64)
        .map(|n| format!("\"a\" in input.l{n}; \"b\" in input.l{n}"))
        .collect();
    let lists: Vec<String> = (0..64)
        .map(|n| format!(r#""l{n}": ["a", "b", "a"]"#))
        .collect();
    let index = index(&format!("p if {{ {} }}", body.join("; ")));
    let selected = look_up(&index, &format!(r#"{{"input": {{{}}}}}"#, lists.join(",")));
    assert_eq!(selected.branches.len(), 1);
}

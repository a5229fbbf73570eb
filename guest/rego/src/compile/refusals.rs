//! Tests of what the compiler refuses.

use crate::module::{Module, Version};
use crate::value::{Object, Value};

/// The problems of modules, each as `row code`, in the order of files and rows.
fn refused(modules: &[&str]) -> Vec<String> {
    refused_beside(modules, &Value::new_object())
}

fn refused_beside(modules: &[&str], data: &Value) -> Vec<String> {
    let modules = modules.iter().enumerate().map(|(number, source)| {
        let source = Module {
            path: format!("m{number}.rego"),
            source: (*source).to_owned(),
            version: Version::V1,
        };
        crate::syntax::parse(&source, u32::try_from(number).unwrap()).unwrap()
    });
    let problems = super::compile(modules.collect(), data).err();
    let told = problems.into_iter().flatten();
    told.map(|problem| format!("{} {}", problem.place.row, problem.code))
        .collect()
}

fn object(key: &str, value: Value) -> Value {
    let mut object = Object::default();
    object.insert(Value::from(key), value);
    Value::from(object)
}

#[test]
fn a_body_is_put_in_order_whatever_its_order() {
    assert!(refused(&["package a\np if { not z; z = y + 1; y = x; x = input.x }"]).is_empty());
    // Both, `y` and `z`.
    assert_eq!(
        vec!["2 rego_unsafe_var_error"; 2],
        refused(&["package a\np if { z = y + 1; y = z }"])
    );
}

#[test]
fn a_condition_written_twice_may_lose_its_place_as_in_opa() {
    let source = "package a\np if { y > 1; y > 1; y = 2 }\nq if { y = 2; y > 1; y > 1 }";
    assert_eq!(vec!["2 rego_unsafe_var_error"], refused(&[source]));
}

#[test]
fn an_every_inherits_what_the_call_before_it_binds_as_in_opa() {
    // `u` is no safer than `x`; OPA does not tell of it.
    let source = "package a\np if {\n every k in input.a { k != x; u }\n input.u[u] == x\n}";
    assert_eq!(vec!["3 rego_unsafe_var_error"], refused(&[source]));
}

#[test]
fn a_head_names_what_its_body_binds() {
    let source = "package a\np := x if { y = 1 }\nq[z] := 1 if { z = 1 }";
    assert_eq!(vec!["2 rego_unsafe_var_error"], refused(&[source]));
}

#[test]
fn rules_that_need_themselves_are_refused_each() {
    let source = "package a\np if q\nq if r\nr if p\ns if p";
    let recursive = ["2", "3", "4"].map(|row| format!("{row} rego_recursion_error"));
    assert_eq!(recursive.to_vec(), refused(&[source]));
}

#[test]
fn what_is_only_known_later_counts_as_anything_unless_a_body_says_more() {
    let of = |keys: &str| format!("package a\np if {{ k = {keys}; data.a[k] }}\nq := 1");
    assert_eq!(vec!["2 rego_recursion_error"], refused(&[&of("input.k")]));
    assert_eq!(Vec::<String>::new(), refused(&[&of("[\"q\"][_]")]));
}

#[test]
fn a_long_chain_of_rules_takes_no_stack() {
    let rules: Vec<_> = (0..3000)
        .map(|rule| format!("r{rule} if r{}\n", rule + 1))
        .collect();
    let rules = rules.concat();
    assert!(refused(&[&format!("package a\n{rules}r3000 := 1")]).is_empty());
    assert_eq!(
        100,
        refused(&[&format!("package a\n{rules}r3000 if r0")]).len()
    );
}

#[test]
fn rules_of_one_name_have_one_form() {
    for (rules, row) in [
        ("p := 1\np contains 2", 2),
        ("f(x) := x\nf(x, y) := y", 2),
        ("p := 1\np[x] := 2 if x = 1", 2),
        ("p.q := 1\np := 2", 3),
        ("default p := 1\ndefault p := 2", 1),
    ] {
        let expected = vec![format!("{row} rego_type_error")];
        assert_eq!(
            expected,
            refused(&[&format!("package a\n{rules}")]),
            "{rules}"
        );
    }
}

#[test]
fn a_rule_stands_where_neither_data_nor_a_package_is() {
    let rule = "package a\nb.c := 1";
    let told = |data: Value| refused_beside(&[rule], &object("a", data));
    let number = || Value::from(1_i64);
    let conflict = vec!["2 rego_compile_error"];
    assert_eq!(conflict, told(object("b", object("c", number()))));
    assert_eq!(conflict, told(object("b", number())));
    assert_eq!(conflict, told(number()));
    assert!(told(object("b", object("d", number()))).is_empty());
    assert_eq!(vec!["1 rego_type_error"], refused(&[rule, "package a.b.c"]));
}

#[test]
fn functions_are_there_and_take_what_they_are_given() {
    let source = "package a\np if nope(1)\nq if count(1, 2, 3)\nr if f()\nf(x) := x\ns if f(1, 2)";
    let expected = ["2", "3", "4"].map(|row| format!("{row} rego_type_error"));
    assert_eq!(expected.to_vec(), refused(&[source]));
}

#[test]
fn prints_are_erased_but_give_no_value() {
    assert!(refused(&["package a\np if { print(input.x); print(nope) }"]).is_empty());
    assert_eq!(
        vec!["2 rego_type_error"],
        refused(&["package a\np := print(1)"])
    );
}

#[test]
fn a_function_that_is_not_there_is_only_used_where_another_stands_in_for_it() {
    let fetch = "http.send({\"method\": \"get\", \"url\": \"a\"})";
    let mock = "with http.send as {\"a\": 1}";
    assert_eq!(
        vec!["2 rego_type_error"],
        refused(&[&format!("package a\np if {fetch}")])
    );
    for allowed in [
        format!("p if {fetch} {mock}"),
        format!("p if {{ x := {fetch}.a {mock} }}"),
        format!("f(x) := {fetch}\ng(x) := f(x)\np if g(1) {mock}"),
    ] {
        let told = refused(&[&format!("package a\n{allowed}")]);
        assert_eq!(Vec::<String>::new(), told, "{allowed}");
    }
    for not in [
        format!("f(x) := {fetch}\np if f(1) {mock}\nq if f(1)"),
        format!("f(x) := {fetch}\np if count([1]) with count as f"),
        format!("q if {fetch}\np if q {mock}"),
        format!("f(x) := {fetch}"),
    ] {
        let told = refused(&[&format!("package a\n{not}")]);
        assert_eq!(vec!["2 rego_type_error"], told, "{not}");
    }
}

#[test]
fn metadata_is_read_wherever_it_stands() {
    let wrong = "package a\n# METADATA\n# scope: nowhere\np := 1";
    assert_eq!(vec!["2 rego_parse_error"], refused(&[wrong]));
    let twice = "# METADATA\n# title: a\npackage a";
    assert_eq!(vec!["1 rego_type_error"], refused(&[twice, twice]));
    let right = "package a\n# METADATA\n# title: x\np := rego.metadata.rule().title";
    assert!(refused(&[right]).is_empty());
}

//! What a manifest may say.

use std::collections::BTreeMap;

use sark_policy_rego::Version;

use crate::manifest::{Manifest, PATH};

fn read(text: &str) -> Manifest {
    Manifest::read(text, 9).unwrap()
}

fn messages(text: &str) -> Vec<String> {
    let problems = Manifest::read(text, 9).unwrap_err();
    assert!(problems.iter().all(|problem| problem.place.file == PATH));
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

#[test]
fn an_empty_manifest_says_nothing() {
    assert_eq!(read("{}"), Manifest::default());
    assert_eq!(read(r#"{"revision":""}"#), Manifest::default());
    assert_eq!(read("{}").roots.names(), [""]);
}

#[test]
fn null_is_as_good_as_absent_and_unknown_keys_mean_nothing() {
    let nulls = r#"{"revision":null,"roots":null,"rego_version":null,"file_rego_versions":null,
        "wasm":null,"metadata":null,"other":{"roots":5}}"#;
    assert_eq!(read(nulls), Manifest::default());
}

#[test]
fn every_key_is_read() {
    let manifest = read(
        r#"{"revision":"r1","roots":["/a/","b/c"],"rego_version":0,"file_rego_versions":{"/b/*":1},
        "wasm":[{"entrypoint":"a/b","module":"/policy.wasm"}],"metadata":{"any":["thing"]}}"#,
    );
    assert_eq!(manifest.revision.as_deref(), Some("r1"));
    assert_eq!(manifest.roots.names(), ["a", "b/c"]);
    assert_eq!(manifest.versions.default, Version::V0);
    assert_eq!(
        manifest.versions.patterns,
        BTreeMap::from([("/b/*".into(), Version::V1)])
    );
}

#[test]
fn all_wrong_types_are_named() {
    let text = r#"{"revision":1,"roots":["a",true],"rego_version":"1","file_rego_versions":[],
        "wasm":{},"metadata":"x"}"#;
    assert_eq!(
        messages(text),
        [
            "`file_rego_versions` is an array, not an object",
            "`metadata` is a string, not an object",
            "`rego_version` is a string, not 0 or 1",
            "`revision` is a number, not a string",
            "`roots[1]` is a boolean, not a string",
            "`wasm` is an object, not an array",
        ]
    );
    assert_eq!(messages("[]"), ["the manifest is an array, not an object"]);
    assert_eq!(messages("null"), ["the manifest is null, not an object"]);
}

#[test]
fn a_known_key_in_another_case_is_refused() {
    assert_eq!(
        messages(r#"{"Roots":["a"]}"#),
        ["the key `Roots` is spelt unlike `roots`"]
    );
    assert_eq!(
        messages(r#"{"rootſ":["a"]}"#),
        ["the key `rootſ` is spelt unlike `roots`"]
    );
}

#[test]
fn roots_that_overlap_or_are_none_are_refused() {
    assert_eq!(
        messages(r#"{"roots":["a/b","a"]}"#),
        ["the roots `a` and `a/b` overlap"]
    );
    assert_eq!(messages(r#"{"roots":[]}"#).len(), 1);
}

#[test]
fn unknown_rego_versions_are_refused() {
    let text = r#"{"rego_version":2,"file_rego_versions":{"a":-1,"b":0.5}}"#;
    assert_eq!(messages(text).len(), 3);
}

#[test]
fn what_is_not_json_is_refused_by_place() {
    let problem = Manifest::read("{\n\"roots\": x}", 9).unwrap_err().remove(0);
    assert_eq!((problem.place.row, problem.place.column), (2, 10));
    assert_eq!(messages(r#"{"roots":["a"]} {}"#).len(), 1);
    assert_eq!(messages(r#"{"roots":["a"],"roots":["b"]}"#).len(), 1);
}

//! Manifest, policies, data and revision of whole bundles.

use sark_policy_rego::Version;

use super::*;

const V0: Version = Version::V0;
const V1: Version = Version::V1;

#[test]
fn policies_and_tests_are_kept_apart() {
    let bundle = unpack(&[
        ("b/x.rego", "1"),
        ("a_test.rego", "2"),
        ("a.rego", "3"),
        ("README", "4"),
    ])
    .unwrap();
    let paths = |modules: &[sark_policy_rego::Module]| -> Vec<String> {
        modules.iter().map(|module| module.path.clone()).collect()
    };
    assert_eq!(paths(bundle.modules()), ["a.rego", "b/x.rego"]);
    assert_eq!(paths(bundle.tests()), ["a_test.rego"]);
}

#[test]
fn versions_come_from_the_manifest() {
    let manifest = r#"{"rego_version":0,"file_rego_versions":{"/new/*":1}}"#;
    let files = [
        (".manifest", manifest),
        ("a.rego", ""),
        ("new/b/c.rego", ""),
        ("new/c_test.rego", ""),
    ];
    let bundle = unpack(&files).unwrap();
    let versions: Vec<_> = bundle
        .modules()
        .iter()
        .map(|module| module.version)
        .collect();
    assert_eq!((versions, bundle.tests()[0].version), (vec![V0, V1], V1));
    assert_eq!(unpack(&files[1..]).unwrap().modules()[0].version, V1);
}

#[test]
fn a_malformed_pattern_is_a_problem_of_the_manifest() {
    let problem = problem(&[(".manifest", r#"{"file_rego_versions":{"[":0}}"#)]);
    assert_eq!(place(&problem), (Code::BundleManifest, ".manifest", 0, 0));
}

#[test]
fn data_is_merged_under_its_folders() {
    let files = [
        ("data.json", r#"{"a":{"b":1},"x":[1]}"#),
        ("data.yaml", "y: yes"),
        ("data.yml", "z: 0x10"),
        ("a/data.json", r#"{"c":2}"#),
        ("a/list/data.json", "[3]"),
        ("a/nothing/data.yaml", "# none"),
        ("a/other.json", "not data"),
    ];
    let merged = r#"{"a":{"b":1,"c":2,"list":[3],"nothing":null},"x":[1],"y":"yes","z":16}"#;
    assert_eq!(data(&unpack(&files).unwrap()), merged);
}

#[test]
fn a_path_in_two_files_is_refused_naming_both() {
    let problem = problem(&[("data.json", r#"{"a":{"b":1}}"#), ("a/data.yaml", "b: 1")]);
    assert_eq!(place(&problem), (Code::BundleMerge, "data.json", 0, 0));
    assert_eq!(
        problem.message,
        "data at `/a/b` is in `a/data.yaml` already"
    );
}

#[test]
fn data_that_is_not_json_is_refused_by_place() {
    let problem = problem(&[("a/data.json", "{\n  \"b\": tru\n}")]);
    assert_eq!(place(&problem), (Code::BundleData, "a/data.json", 2, 11));
}

#[test]
fn a_key_given_twice_is_refused() {
    assert_eq!(
        problem(&[("data.json", r#"{"a":1,"a":1}"#)]).code,
        Code::BundleData
    );
    assert_eq!(
        problem(&[("data.yaml", r#"{"a":1,"a":1}"#)]).code,
        Code::BundleData
    );
}

#[test]
fn data_at_the_root_is_an_object() {
    for (name, text) in [
        ("data.json", "[]"),
        ("data.yaml", "5"),
        ("data.yaml", ""),
        (".a/../data.json", "1"),
    ] {
        let problem = problem(&[(name, text)]);
        assert!(
            [Code::BundleData, Code::BundleArchive].contains(&problem.code),
            "{name}"
        );
    }
}

#[test]
fn a_byte_order_mark_is_skipped_where_opa_skips_it() {
    let bundle = unpack(&[
        ("a.rego", "\u{feff}package a"),
        ("data.yaml", "\u{feff}a: 1"),
    ])
    .unwrap();
    assert_eq!(
        (bundle.modules()[0].source.as_str(), data(&bundle)),
        ("package a", r#"{"a":1}"#.into())
    );
    assert_eq!(
        place(&problem(&[("data.json", "\u{feff}{}")])),
        (Code::BundleData, "data.json", 1, 1)
    );
    assert_eq!(
        problem(&[(".manifest", "\u{feff}{}")]).code,
        Code::BundleManifest
    );
}

#[test]
fn what_is_not_utf8_is_refused_by_place() {
    for (name, code) in [
        ("a.rego", Code::RegoParse),
        ("a_test.rego", Code::RegoParse),
        ("data.json", Code::BundleData),
        ("data.yaml", Code::BundleData),
        (".manifest", Code::BundleManifest),
    ] {
        let problem = problem_of(&tar(&[file(name, b"a\nbc\xff")]));
        assert_eq!(place(&problem), (code, name, 2, 3));
    }
    assert!(Bundle::unpack(&tar(&[file("image.png", b"\xff")]), &LIMITS).is_ok());
}

#[test]
fn data_lies_within_the_roots() {
    let manifest = (".manifest", r#"{"roots":["a/b","/c/"]}"#);
    let bundle = unpack(&[manifest, ("data.json", r#"{"a":{"b":1},"c":{}}"#)]).unwrap();
    assert_eq!(bundle.roots(), ["a/b", "c"]);
    assert!(bundle.within_roots(&["c".into(), "d".into()]));
    assert!(!bundle.within_roots(&["a".into()]));

    let problem = problem(&[manifest, ("a/data.yaml", "{b: 1, x: {y: 2}}")]);
    assert_eq!(place(&problem), (Code::BundleRoots, "a/data.yaml", 0, 0));
    assert!(problem.message.contains("`/a/x`"), "{}", problem.message);
}

#[test]
fn objects_on_the_way_to_a_root_are_no_data() {
    let files = [(".manifest", r#"{"roots":["a/b"]}"#), ("a/data.json", "{}")];
    assert_eq!(data(&unpack(&files).unwrap()), "{}");
}

#[test]
fn what_opa_would_take_for_a_manifest_is_refused() {
    for name in ["a/.manifest", "other.manifest", ".manifest.pb"] {
        assert_eq!(
            place(&problem(&[(name, "{}")])),
            (Code::BundleManifest, name, 0, 0)
        );
    }
}

#[test]
fn a_delta_bundle_is_refused() {
    let problem = problem(&[("patch.json", r#"{"data":[]}"#)]);
    assert_eq!(place(&problem), (Code::BundleArchive, "patch.json", 0, 0));
}

#[test]
fn a_signature_is_seen() {
    assert!(!unpack(&[]).unwrap().is_signed());
    assert!(unpack(&[(".signatures.json", "{}")]).unwrap().is_signed());
    assert!(unpack(&[("a/.signatures.json", "")]).unwrap().is_signed());
}

#[test]
fn all_problems_are_reported() {
    let problems = unpack(&[
        (".manifest", r#"{"revision":1,"roots":{}}"#),
        ("a/data.json", "["),
        ("b/data.yaml", "{"),
        ("data.json", r#"{"c":1}"#),
        ("c/data.json", "2"),
        ("patch.json", ""),
        ("../x", ""),
    ])
    .unwrap_err();
    check(&problems);
    let mut codes: Vec<_> = problems
        .iter()
        .map(|problem| problem.code.as_str())
        .collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "bundle_archive_error",
            "bundle_archive_error",
            "bundle_data_error",
            "bundle_data_error",
            "bundle_manifest_error",
            "bundle_manifest_error",
            "bundle_merge_error",
        ]
    );
}

#[test]
fn a_hundred_problems_are_enough() {
    let entries = vec![file("../x", ""); 300];
    assert_eq!(
        Bundle::unpack(&tar(&entries), &LIMITS).unwrap_err().len(),
        100
    );
}

#[test]
fn the_revision_is_the_manifests_or_the_contents() {
    let revision = |files: &[(&str, &str)]| unpack(files).unwrap().revision().to_owned();
    assert_eq!(revision(&[(".manifest", r#"{"revision":"r1"}"#)]), "r1");

    let one = revision(&[("a.rego", "1"), ("b/data.json", "{}")]);
    assert_eq!(one.len(), 64);
    assert!(
        one.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    );
    assert_eq!(
        revision(&[("./b/data.json", "{}"), ("/a.rego", "1"), ("README", "x")]),
        one
    );
    for other in [
        [("a.rego", "2"), ("b/data.json", "{}")],
        [("c.rego", "1"), ("b/data.json", "{}")],
        [("a.rego", "1"), ("b/data.json", "{} ")],
        [("a.rego", "1"), ("b/data.yaml", "{}")],
    ] {
        assert_ne!(revision(&other), one, "{other:?}");
    }
}

#[test]
fn the_same_contents_have_the_same_revision_for_ever() {
    // Two revisions of one bundle, before and after an upgrade, would look like two bundles.
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(unpack(&[]).unwrap().revision(), empty);
    let bundle = unpack(&[("a.rego", "package a\n")]).unwrap();
    assert_eq!(
        bundle.revision(),
        "236a5e69ed1768dff7a078f53aec8ca07649e07fb5b407a04a2d5ac2b942af01"
    );
}

//! Bundles that are refused: by what, where, and that the current one goes on.

use sark_policy::{Bundle, Error, PolicyHost, Problem, Settings};
use sark_policy_tests::{Archive, bundle, code, named, open, revision, settings};

fn problems(refused: Error) -> Vec<Problem> {
    match refused {
        Error::BundleRefused { problems } => problems,
        other => panic!("{other}"),
    }
}

#[test]
fn a_syntax_error_is_refused_with_file_row_column_and_cure() {
    let host = open(&named("r1"), settings());
    let files = [
        ("good.rego", "package a\nx := 1"),
        ("b/bad.rego", "package b\n\nx := {\n\t1,,\n}"),
        ("c/worse.rego", "package c\ny := := 2"),
    ];
    let refused = host.activate(Bundle::of_files(files).unwrap()).unwrap_err();
    let problems = problems(refused);
    let places: Vec<_> = problems
        .iter()
        .map(|problem| (problem.code.as_str(), problem.file.as_str(), problem.row))
        .collect();
    let expected = [
        ("rego_parse_error", "b/bad.rego", 4),
        ("rego_parse_error", "c/worse.rego", 2),
    ];
    assert_eq!(places, expected);
    for problem in &problems {
        assert!(problem.column > 0 && !problem.cure.is_empty(), "{problem}");
        assert_eq!(problem.to_string().lines().count(), 1);
    }
    assert_eq!(revision(&host), "r1");
}

#[test]
fn every_refusal_leaves_what_was_current() {
    let required = vec!["p/revision".to_owned()];
    let settings = Settings {
        entrypoints: required,
        bundle: 1 << 20,
        ..settings()
    };
    let host = open(&named("r1"), settings);
    let large = format!("package p\nrevision := \"x\"\n# {}", "x".repeat(1 << 20));
    let refused = [
        (Bundle::of_archive(*b"no archive"), "bundle_archive_error"),
        (Bundle::of_archive([]), "bundle_archive_error"),
        (
            bundle("r2", "package p\nx := missing(1)"),
            "rego_type_error",
        ),
        (bundle("r2", "package p\nother := 1"), "unknown_entrypoint"),
        (bundle("r2", &large), ""),
        (bundle("\u{1}", "package p"), "bundle_manifest_error"),
    ];
    for (bundle, expected) in refused {
        let refused = host.activate(bundle).unwrap_err();
        assert_eq!(code(&refused), expected, "{refused}");
        assert_eq!(revision(&host), "r1");
        assert!(matches!(host.rollback(), Err(Error::NothingToRollBack)));
    }
    let missing = host.activate("/nowhere/bundle.tar.gz").unwrap_err();
    assert!(
        matches!(missing, Error::BundleUnreadable { .. }),
        "{missing}"
    );
    let stats = host.stats().unwrap();
    assert_eq!((stats.activations, stats.generation), (1, 1));
}

#[test]
fn a_host_does_not_open_with_a_bundle_that_is_refused() {
    let refused = PolicyHost::open(bundle("r1", "package p\nx := "), settings())
        .err()
        .unwrap();
    assert_eq!(code(&refused), "rego_parse_error");
}

#[test]
fn a_signed_bundle_is_refused_unless_unverified_ones_are_allowed() {
    let signed = Archive::new()
        .file("policy.rego", "package p\nrevision := 1")
        .file(".signatures.json", r#"{"signatures":["e30.e30.e30"]}"#)
        .bundle();
    let host = open(&named("r1"), settings());
    let refused = host.activate(signed.clone()).unwrap_err();
    assert_eq!(code(&refused), "bundle_untrusted");
    assert_eq!(revision(&host), "r1");
    let host = open(
        &signed,
        Settings {
            unverified: true,
            ..settings()
        },
    );
    assert_eq!(
        host.decide_json("p/revision", "{}").unwrap().result(),
        Some("1")
    );
}

#[test]
fn a_package_outside_the_roots_is_refused() {
    let with_roots = |roots: &str| {
        let manifest = format!(r#"{{"revision":"r2","roots":{roots}}}"#);
        let files = [
            (".manifest", manifest.as_str()),
            ("p.rego", "package mcp.gateway\nx := 1"),
        ];
        Bundle::of_files(files).unwrap()
    };
    let host = open(&named("r1"), settings());
    for roots in [
        r#"["mcp"]"#,
        r#"["mcp/gateway"]"#,
        r#"["other", "mcp"]"#,
        r#"[""]"#,
    ] {
        assert_eq!(host.activate(with_roots(roots)).unwrap().revision, "r2");
    }
    host.activate(named("r1")).unwrap();
    for roots in [
        r#"["other"]"#,
        r#"["mc"]"#,
        r#"["mcp/gateway/deeper"]"#,
        r#"["mcp/gate"]"#,
    ] {
        let problems = problems(host.activate(with_roots(roots)).unwrap_err());
        assert_eq!(
            (problems[0].code.as_str(), problems[0].file.as_str()),
            ("bundle_roots_error", "p.rego")
        );
        assert_eq!(revision(&host), "r1");
    }
}

#[test]
fn a_body_that_cannot_be_ordered_is_refused() {
    let module = "package p\nx[y] contains z if { z := [w | w := y][_] }";
    let refused = PolicyHost::open(bundle("r1", module), settings())
        .err()
        .unwrap();
    assert_eq!(problems(refused)[0].code, "rego_unsafe_var_error");
}

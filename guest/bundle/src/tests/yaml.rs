//! YAML as OPA reads it. Checked against `opa eval` 1.22.2.

use super::*;

fn read(text: &str) -> Result<String, Problem> {
    match unpack(&[("a/data.yaml", text)]) {
        Ok(bundle) => Ok(data(&bundle)
            .strip_prefix(r#"{"a":"#)
            .unwrap()
            .strip_suffix('}')
            .unwrap()
            .into()),
        Err(problems) => {
            check(&problems);
            Err(problems[0].clone())
        }
    }
}

#[test]
fn texts_become_the_values_opa_gives() {
    let cases = [
        ("", "null"),
        ("# nothing", "null"),
        ("---\n...\n", "null"),
        (
            "a: yes\nb: 'true'\nc: true\nd: ~\ne:\nf: 1_000",
            r#"{"a":"yes","b":"true","c":true,"d":null,"e":null,"f":1000}"#,
        ),
        (
            "1: a\ntrue: b\n1.5: c\n0x10: d\n.inf: e\n2023-01-01: f",
            r#"{".inf":"e","1":"a","1.5":"c","16":"d","2023-01-01":"f","true":"b"}"#,
        ),
        (
            "- 2023-01-01\n- 1:30\n- 0755\n- 0o17\n- 1e3\n- .5",
            r#"["2023-01-01","1:30",493,15,1000,0.5]"#,
        ),
        (
            "a: |\n  x\n  y\nb: >-\n  x\n  y\n",
            r#"{"a":"x\ny\n","b":"x y"}"#,
        ),
        ("!!str 1", r#""1""#),
        (
            "[!!int '1', !!float 2, !mine 3, ! 4, !!null '']",
            "[1,2,\"3\",4,null]",
        ),
        ("!!set {a, b}", r#"{"a":null,"b":null}"#),
        (
            "a: &x [1]\nb: *x\nc: &y z\n*y : d",
            r#"{"a":[1],"b":[1],"c":"z","z":"d"}"#,
        ),
        ("[18446744073709551616]", "[18446744073709551616]"),
        ("- 18446744073709551615", "[18446744073709551615]"),
        ("a: <<\n", r#"{"a":"<<"}"#),
        ("'<<': 1", r#"{"<<":1}"#),
    ];
    for (text, json) in cases {
        assert_eq!(read(text), Ok(json.into()), "{text}");
    }
}

#[test]
fn block_scalars_end_as_their_file_does() {
    let cases = [
        ("k: |\n  x", r#""x""#),
        ("k: |\n  x\n", r#""x\n""#),
        ("k: |\n  x\n# c", r#""x\n""#),
        ("k: |\n  # c\n# c", r##""# c\n""##),
        ("k: |\n  x\n  ", r#""x\n""#),
        ("k: |\n  x\n\n ", r#""x\n""#),
        ("k: |+\n  x\n  ", r#""x\n""#),
        ("k: |+\n  x", r#""x""#),
        ("k: |-\n  x", r#""x""#),
        ("k: >\n  x\n  é", r#""x é""#),
        ("k: |2\n    x\n  y", r#""  x\ny""#),
        ("k: |\n  x\n...", r#""x\n""#),
        ("k: |+\n\n", r#""\n""#),
        ("k: |", r#""""#),
    ];
    for (text, json) in cases {
        assert_eq!(read(text), Ok(format!(r#"{{"k":{json}}}"#)), "{text}");
    }
}

#[test]
fn merge_keys_merge() {
    let bases = "b: &b {x: 1, y: 1}\nc: &c {y: 2, z: 2}\n";
    let cases = [
        ("d: {<<: *b, y: 9}", r#"{"x":1,"y":9}"#),
        ("d: {y: 9, <<: *b}", r#"{"x":1,"y":9}"#),
        ("d: {<<: [*b, *c]}", r#"{"x":1,"y":1,"z":2}"#),
        ("d: {<<: *c, <<: *b}", r#"{"x":1,"y":2,"z":2}"#),
        ("d: {<<: {1: {0x10: 0}}}", r#"{"1":{"16":0}}"#),
        ("d: {<<: {w: 0}}", r#"{"w":0}"#),
        ("d: {<<: [{w: 0}, *c]}", r#"{"w":0,"y":2,"z":2}"#),
    ];
    for (text, json) in cases {
        let whole = format!(r#"{{"b":{{"x":1,"y":1}},"c":{{"y":2,"z":2}},"d":{json}}}"#);
        assert_eq!(read(&format!("{bases}{text}")), Ok(whole), "{text}");
    }
    for text in [
        "<<: 1",
        "<<: [1]",
        "<<: ",
        "<<: [[{a: 1}]]",
        "<<: {0x10: a}",
        "a: &a {True: b}\nc: {<<: [*a]}",
    ] {
        assert_eq!(read(text).unwrap_err().code, Code::BundleData, "{text}");
    }
}

#[test]
fn what_json_lacks_is_refused() {
    for text in [
        "- .inf",
        "- .nan",
        "- 1e999",
        "~: 1",
        "? [1]\n: 2",
        "? {a: 1}\n: 2",
        "!!binary aGk=",
        "!!timestamp 2023-01-01",
        "!!int x",
        "!!bool yes",
        "!!merge x",
        "[| x]",
        "{a: >x}",
        "- @x",
    ] {
        assert_eq!(read(text).unwrap_err().code, Code::BundleData, "{text}");
    }
}

#[test]
fn faults_name_their_place() {
    for (text, row, column) in [
        ("a: 1\nb: ]", 2, 4),
        ("a: 1\nb: 2\na: 3", 3, 1),
        ("1: x\n'1': y", 2, 1),
        ("a: 1\n---\nb: 2", 3, 1),
        ("a: &x [*x]", 1, 8),
        ("a: *unknown", 1, 4),
        ("a:\n- .inf", 2, 3),
        ("a: 1\n b: 2", 2, 3),
    ] {
        let problem = read(text).unwrap_err();
        assert_eq!(place(&problem).0, Code::BundleData, "{text}");
        assert_eq!(
            (problem.place.file.as_str(), problem.place.row),
            ("a/data.yaml", row),
            "{text}"
        );
        assert!(problem.place.column > 0, "{text} {column}");
    }
}

#[test]
fn a_second_document_is_refused_unless_it_says_nothing() {
    assert_eq!(read("a: 1\n---\n"), Ok(r#"{"a":1}"#.into()));
    assert_eq!(read("a: 1\n...\n"), Ok(r#"{"a":1}"#.into()));
    assert_eq!(read("a: 1\n---\n[]\n").unwrap_err().code, Code::BundleData);
    assert_eq!(
        read("a: 1\n---\nb: {\n").unwrap_err().code,
        Code::BundleData
    );
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let many = 100_000;
    let started = std::time::Instant::now();
    for text in [
        "[".repeat(many),
        "{".repeat(many),
        "- ".repeat(many),
        "? ".repeat(many),
        "a: ".repeat(many),
        "&a ".repeat(many),
        "!a ".repeat(many),
        "{a: ".repeat(many),
        "[a, ".repeat(many),
        "---\n".repeat(many),
        "*a ".repeat(many),
        "\"".repeat(many + 1),
        "%a\n".repeat(many),
        "\t".repeat(many) + "[",
        "a\n".repeat(many) + ": b",
        " ".repeat(many) + "|\n",
    ] {
        let _ = unpack(&[("a/data.yaml", &text)]);
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

//! What an attacker sends: each is a typed error, and the next decision on the same host is right.

use std::num::NonZeroUsize;
use std::time::Duration;

use sark_policy::{Bundle, Error, PolicyHost, Settings};
use sark_policy_tests::{Archive, bundle, code, decide_when_free, open, settings};

const POLICY: &str = r#"package p

echo := input
pairs := count([1 | some a in input.l; some b in input.l; a.k < b.k])
huge := count(concat("", [input.s | some i in numbers.range(1, 200); some j in numbers.range(1, 1024)]))
"#;

const RECURSIVE: &str = "package p

echo := input
down(x) := down(x.next)
down(x) := down(x) if x.loop
x := down(input)
";

fn host(settings: Settings) -> PolicyHost {
    open(&bundle("r1", POLICY), settings)
}

/// Two decisions in a row are right: the next one, and the one after it.
fn still_right(host: &PolicyHost) {
    for input in [r#"{"still":"right"}"#, r#"{"and":"again"}"#] {
        let decision = decide_when_free(host, "p/echo", input).unwrap();
        assert_eq!(
            (decision.result(), decision.revision()),
            (Some(input), "r1")
        );
    }
}

/// A bundle that must be refused, with this code, and leave the host as it was.
fn refused(bundle: Bundle, expected: &str) {
    let host = host(settings());
    let refused = host.activate(bundle).unwrap_err();
    assert!(matches!(refused, Error::BundleRefused { .. }), "{refused}");
    assert_eq!(code(&refused), expected, "{refused}");
    still_right(&host);
}

#[test]
fn endless_recursion_ends() {
    // Refused with the bundle, as OPA does, or ended by the stack's limit or the deadline.
    let host = match PolicyHost::open(bundle("r1", RECURSIVE), settings()) {
        Ok(host) => host,
        Err(refused) => {
            assert_eq!(code(&refused), "rego_recursion_error");
            return;
        }
    };
    let ended = host.decide_json("p/x", r#"{"loop":true}"#).unwrap_err();
    assert!(matches!(ended, Error::StackExhausted), "{ended}");
    still_right(&host);
}

#[test]
fn a_quadratic_comprehension_over_a_large_input_ends() {
    let host = host(Settings {
        deadline: Duration::from_millis(100),
        ..settings()
    });
    let items: Vec<String> = (0..50_000).map(|k| format!("{{\"k\":{k}}}")).collect();
    let input = format!("{{\"l\":[{}]}}", items.join(","));
    let ended = decide_when_free(&host, "p/pairs", &input).unwrap_err();
    assert!(matches!(ended, Error::DeadlineElapsed { .. }), "{ended}");
    still_right(&host);
}

#[test]
fn building_a_text_of_200_mib_ends() {
    let host = host(Settings {
        memory: 128 << 20,
        ..settings()
    });
    let input = format!("{{\"s\":\"{}\"}}", "x".repeat(1024));
    let ended = host.decide_json("p/huge", &input).unwrap_err();
    assert!(matches!(ended, Error::MemoryExhausted { .. }), "{ended}");
    still_right(&host);
}

#[test]
fn an_input_of_10_mib_is_refused() {
    let host = host(settings());
    let text = "x".repeat(10 << 20);
    for refused in [
        host.decide("p/echo", &text),
        host.decide_json("p/echo", &format!("\"{text}\"")),
        host.decide_batch("p/echo", &[format!("\"{text}\"")])
            .unwrap()
            .remove(0),
    ] {
        assert_eq!(code(&refused.unwrap_err()), "input_too_large");
    }
    still_right(&host);
}

#[test]
fn json_of_10_000_levels_is_refused() {
    let host = host(settings());
    let arrays = "[".repeat(10_000) + &"]".repeat(10_000);
    let objects = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
    let open_only = "[".repeat(10_000);
    for input in [arrays, objects, open_only] {
        assert_eq!(
            code(&host.decide_json("p/echo", &input).unwrap_err()),
            "input_too_deep"
        );
        let batch = host.decide_batch("p/echo", &[input.as_str(), "1"]).unwrap();
        assert_eq!(code(batch[0].as_ref().unwrap_err()), "input_too_deep");
        assert_eq!(batch[1].as_ref().unwrap().result(), Some("1"));
    }
    still_right(&host);
}

#[test]
fn a_policy_of_10_000_levels_ends() {
    let host = host(settings());
    for (open, close) in [("[", "]"), ("(", ")"), ("{1:", "}")] {
        let nested = open.repeat(10_000) + "1" + &close.repeat(10_000);
        let ended = host
            .activate(bundle("r2", &format!("package p\necho := {nested}")))
            .unwrap_err();
        assert!(
            matches!(ended, Error::StackExhausted | Error::BundleRefused { .. }),
            "{ended}"
        );
    }
    still_right(&host);
}

#[test]
fn an_archive_bomb_is_refused() {
    // 64 MiB of blanks, 64 KiB gzipped.
    let bomb = Archive::new()
        .file("data.json", " ".repeat(64 << 20))
        .gzip();
    assert!(bomb.len() < 1 << 20);
    let host = host(Settings {
        unpacked: 1 << 20,
        ..settings()
    });
    let refused = host.activate(Bundle::of_archive(bomb)).unwrap_err();
    assert_eq!(code(&refused), "bundle_too_large");
    still_right(&host);
}

#[test]
fn a_path_out_of_the_bundle_is_refused() {
    for path in [
        "../p.rego",
        "a/../../p.rego",
        "/../etc/p.rego",
        "a\\..\\p.rego",
        "C:/p.rego",
    ] {
        let archive = Archive::new().file(path, "package p");
        refused(archive.bundle(), "bundle_archive_error");
        refused(Bundle::of_archive(archive.gzip()), "bundle_archive_error");
    }
}

#[test]
fn a_truncated_archive_is_refused() {
    let archive = Archive::new().file("p.rego", format!("package p\n# {}", "x".repeat(2000)));
    let (tar, gzip) = (archive.bytes(), archive.gzip());
    for length in [1, 20, gzip.len() / 2, gzip.len() - 8, gzip.len() - 1] {
        refused(Bundle::of_archive(&gzip[..length]), "bundle_archive_error");
    }
    for length in [1, 511, 512, 1024, tar.len() - 1025] {
        refused(Bundle::of_archive(&tar[..length]), "bundle_archive_error");
    }
}

#[test]
fn what_is_no_archive_is_refused() {
    for bytes in [
        &b"package p"[..],
        b"PK\x03\x04zip",
        &[0x1f, 0x8b],
        &[0xff; 2000],
    ] {
        refused(Bundle::of_archive(bytes), "bundle_archive_error");
    }
}

#[test]
fn a_key_given_twice_is_refused() {
    let data = Archive::new()
        .file("p.rego", "package q")
        .file("data.json", r#"{"a":1,"a":2}"#);
    refused(data.bundle(), "bundle_data_error");
    let host = host(settings());
    for input in [
        r#"{"role":"viewer","role":"admin"}"#,
        r#"{"a":{"x":1,"\u0078":2}}"#,
    ] {
        let refused = host.decide_json("p/echo", input).unwrap_err();
        assert_eq!(code(&refused), "input_parse_error");
    }
    still_right(&host);
}

#[test]
fn a_file_given_twice_is_refused() {
    let archive = Archive::new()
        .file("p.rego", "package p")
        .file("./p.rego", "package q");
    refused(archive.bundle(), "bundle_archive_error");
}

#[test]
fn a_bundle_that_is_not_utf8_is_refused() {
    let latin = b"package p\nx := \"caf\xe9\"";
    refused(
        Archive::new().file("p.rego", latin).bundle(),
        "rego_parse_error",
    );
    refused(
        Archive::new()
            .file("data.json", b"{\"a\":\"\xff\"}")
            .bundle(),
        "bundle_data_error",
    );
    refused(
        Archive::new()
            .file(".manifest", b"{\"revision\":\"\xc0\xaf\"}")
            .bundle(),
        "bundle_manifest_error",
    );
}

#[test]
fn hostile_numbers_cost_nothing() {
    let host = host(settings());
    for number in [
        "1e999999999",
        "-1e999999999",
        &format!("1e{}", "9".repeat(1000)),
    ] {
        assert_eq!(
            code(&host.decide_json("p/echo", number).unwrap_err()),
            "input_parse_error"
        );
    }
    let refused = host.decide_json("p/echo", &"9".repeat(100_000));
    assert_eq!(code(&refused.unwrap_err()), "input_parse_error");
    // Past what a float holds, but a number: it comes back as it came.
    let large = host.decide_json("p/echo", "1e309").unwrap();
    assert_eq!(large.result(), Some("1e309"));
    let digits = "9".repeat(4_000);
    assert_eq!(
        host.decide_json("p/echo", &digits).unwrap().result(),
        Some(digits.as_str())
    );
    still_right(&host);
}

#[test]
fn trap_after_trap_each_is_typed_and_the_host_recovers() {
    let shards = NonZeroUsize::new(2).unwrap();
    let host = host(Settings {
        depth: u32::MAX,
        shards,
        ..settings()
    });
    for round in 0..10 {
        let deep = "[".repeat(400_000 + round);
        let ended = decide_when_free(&host, "p/echo", &deep).unwrap_err();
        assert!(matches!(ended, Error::StackExhausted), "{ended}");
        still_right(&host);
    }
    assert_eq!(host.stats().unwrap().traps, 10);
}

//! Going over to another bundle, and back.

use std::num::NonZeroUsize;

use sark_policy::{Bundle, Error, Settings};
use sark_policy_tests::{
    decide_when_free, example, large_bundle, named, open, revision, settings, wait_for,
};

#[test]
fn a_rollback_goes_back_and_a_second_one_returns() {
    let host = open(&named("r1"), settings());
    assert!(matches!(host.rollback(), Err(Error::NothingToRollBack)));
    assert_eq!(host.activate(named("r2")).unwrap().revision, "r2");
    assert_eq!(revision(&host), "r2");
    assert_eq!(host.rollback().unwrap(), "r1");
    assert_eq!(revision(&host), "r1");
    assert_eq!(host.rollback().unwrap(), "r2");
    assert_eq!(revision(&host), "r2");
    host.activate(named("r3")).unwrap();
    assert_eq!(host.rollback().unwrap(), "r2");
    let stats = host.stats().unwrap();
    assert_eq!(
        (stats.activations, stats.rollbacks, stats.generation),
        (3, 3, 2)
    );
    assert_eq!(stats.previous.as_deref(), Some("r3"));
}

#[test]
fn a_generation_keeps_its_cache_until_it_is_gone() {
    let host = open(&named("r1"), settings());
    let first = host.decide_json("p/echo", "1").unwrap();
    host.activate(named("r2")).unwrap();
    assert!(!host.decide_json("p/echo", "1").unwrap().cached());
    host.rollback().unwrap();
    let again = host.decide_json("p/echo", "1").unwrap();
    assert_eq!(
        (again.decision_id(), again.cached()),
        (first.decision_id(), true)
    );
}

#[test]
fn all_handles_see_the_switch() {
    let host = open(&named("r1"), settings());
    let other = host.clone();
    host.activate(named("r2")).unwrap();
    assert_eq!(revision(&other), "r2");
    other.rollback().unwrap();
    assert_eq!(revision(&host), "r1");
}

#[test]
fn the_same_bundle_again_is_another_generation() {
    let host = open(&named("r1"), settings());
    host.activate(named("r1")).unwrap();
    assert_eq!(host.stats().unwrap().generation, 2);
    assert_eq!(host.rollback().unwrap(), "r1");
}

#[test]
fn a_rollback_leaves_a_new_policy_that_traps() {
    let deep = Settings {
        depth: u32::MAX,
        ..settings()
    };
    let host = open(&named("r1"), deep);
    host.activate(named("r2")).unwrap();
    let ended = host
        .decide_json("p/echo", &"[".repeat(400_000))
        .unwrap_err();
    assert!(matches!(ended, Error::StackExhausted), "{ended}");
    // At once, and while what trapped is still being built afresh.
    assert_eq!(host.rollback().unwrap(), "r1");
    assert_eq!(revision(&host), "r1");
    assert_eq!(host.rollback().unwrap(), "r2");
    let decision = decide_when_free(&host, "p/revision", "{}").unwrap();
    assert_eq!(decision.result(), Some("\"r2\""));
}

#[test]
fn close_ends_the_host_for_all_and_only_once() {
    let host = open(&named("r1"), settings());
    host.activate(named("r2")).unwrap();
    let other = host.clone();
    host.close();
    host.close();
    other.close();
    assert!(matches!(
        other.decide_json("p/echo", "1"),
        Err(Error::Closed)
    ));
    assert!(matches!(other.decide("p/echo", &1), Err(Error::Closed)));
    assert!(matches!(
        other.decide_batch("p/echo", &["1"]),
        Err(Error::Closed)
    ));
    assert!(matches!(other.activate(named("r3")), Err(Error::Closed)));
    assert!(matches!(other.describe(), Err(Error::Closed)));
    assert!(matches!(other.stats(), Err(Error::Closed)));
    let rolled_back = other.rollback();
    assert!(matches!(rolled_back, Err(Error::Closed)), "{rolled_back:?}");
    // Another host does not notice.
    assert_eq!(revision(&open(&named("r1"), settings())), "r1");
}

#[test]
fn a_description_names_what_the_bundle_holds() {
    let host = open(&Bundle::read(example("r1")).unwrap(), settings());
    let described = host.describe().unwrap();
    assert_eq!(described.revision, "mcp-gateway-1");
    assert_eq!(described.roots, ["mcp", "catalog"]);
    assert!(described.modules.contains(&"gateway.rego".to_owned()));
    assert_eq!(
        described.tests,
        [
            "a2a_test.rego",
            "gateway_test.rego",
            "registration_test.rego"
        ]
    );
    assert!(described.rules.contains(&"mcp/gateway/result".to_owned()));
    assert!(described.rules.is_sorted());
    assert!(described.rules.iter().all(|rule| !rule.contains("test_")));
}

#[test]
fn without_a_revision_the_contents_name_it() {
    let unnamed = |source| Bundle::of_files([("p.rego", source)]).unwrap();
    let host = open(&unnamed("package p\nx := 1"), settings());
    let first = host.describe().unwrap().revision;
    assert_eq!(
        (
            first.len(),
            first.bytes().all(|digit| digit.is_ascii_hexdigit())
        ),
        (64, true)
    );
    assert_ne!(
        host.activate(unnamed("package p\nx := 2"))
            .unwrap()
            .revision,
        first
    );
    assert_eq!(
        host.activate(unnamed("package p\nx := 1"))
            .unwrap()
            .revision,
        first
    );
}

#[test]
fn figures_do_not_wait_for_an_activation() {
    let shards = NonZeroUsize::new(2).unwrap();
    let host = open(
        &named("r1"),
        Settings {
            shards,
            ..settings()
        },
    );
    let large = large_bundle("large", 3_000);
    let activating = host.clone();
    let activating = std::thread::spawn(move || activating.activate(large).map(|_| ()));
    wait_for(|| {
        let stats = host.stats().unwrap();
        assert_eq!((stats.shards, stats.cache.entries), (2, 0));
        activating.is_finished().then_some(())
    });
    activating.join().unwrap().unwrap();
    assert_eq!(revision(&host), "large");
}

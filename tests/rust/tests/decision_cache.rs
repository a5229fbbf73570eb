//! The limits of the decision cache as pairs, seen by what is served again.

use std::thread;
use std::time::Duration;

use sark_policy::{PolicyHost, Settings};
use sark_policy_tests::{bundle, open, settings};

fn host(settings: Settings) -> PolicyHost {
    open(&bundle("r1", "package p\necho := input"), settings)
}

/// Asks all, then all again, and says which of the second round were served from the cache.
fn served_again(host: &PolicyHost, inputs: &[&str]) -> Vec<bool> {
    let ask = |input: &&str| host.decide_json("p/echo", input).unwrap().cached();
    let first: Vec<_> = inputs.iter().map(ask).collect();
    assert!(!first.contains(&true));
    inputs.iter().map(ask).collect()
}

#[test]
fn cache_entries_obeyed() {
    let host = host(Settings {
        cache_entries: 2,
        ..settings()
    });
    assert_eq!(served_again(&host, &["1", "2"]), [true, true]);
    assert_eq!(host.stats().unwrap().cache.entries, 2);
}

#[test]
fn cache_entries_violated() {
    let host = host(Settings {
        cache_entries: 2,
        ..settings()
    });
    // Asked in turn, the least recently used one is always the one that comes next.
    assert_eq!(served_again(&host, &["1", "2", "3"]), [false, false, false]);
    let cache = host.stats().unwrap().cache;
    assert_eq!((cache.entries, cache.evictions), (2, 4));
}

/// What one cached question and answer weigh, for inputs as long as this one.
fn weight(input: &str) -> u64 {
    let host = host(settings());
    host.decide_json("p/echo", input).unwrap();
    host.stats().unwrap().cache.bytes
}

#[test]
fn cache_bytes_obeyed() {
    let host = host(Settings {
        cache_bytes: 2 * weight("1"),
        ..settings()
    });
    assert_eq!(served_again(&host, &["1", "2"]), [true, true]);
}

#[test]
fn cache_bytes_violated() {
    let host = host(Settings {
        cache_bytes: 2 * weight("1") - 1,
        ..settings()
    });
    assert_eq!(served_again(&host, &["1", "2"]), [false, false]);
    let host = self::host(Settings {
        cache_bytes: weight("1") - 1,
        ..settings()
    });
    assert_eq!(served_again(&host, &["1"]), [false]);
}

#[test]
fn nothing_is_cached_where_a_limit_of_the_cache_is_zero() {
    for none in [
        Settings {
            cache_entries: 0,
            ..settings()
        },
        Settings {
            cache_bytes: 0,
            ..settings()
        },
        Settings {
            cache_ttl: Duration::ZERO,
            ..settings()
        },
    ] {
        assert_eq!(served_again(&host(none), &["1", "2"]), [false, false]);
    }
}

#[test]
fn cache_ttl_obeyed() {
    let host = host(Settings {
        cache_ttl: Duration::from_hours(1),
        ..settings()
    });
    assert_eq!(served_again(&host, &["1"]), [true]);
}

#[test]
fn cache_ttl_violated() {
    let host = host(Settings {
        cache_ttl: Duration::from_millis(1),
        ..settings()
    });
    host.decide_json("p/echo", "1").unwrap();
    thread::sleep(Duration::from_millis(5));
    assert!(!host.decide_json("p/echo", "1").unwrap().cached());
    assert_eq!(host.stats().unwrap().cache.expirations, 1);
}

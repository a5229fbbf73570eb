use sark_policy_cache::{NotPacked, Statistics, TooMany};

use crate::{Texts, pack, texts, unpack};

fn filled(keys: &[&str]) -> Texts {
    let mut cache = texts(100, 1_000);
    for key in keys {
        cache.set((*key).into(), "x".to_owned(), 10, 0);
    }
    cache
}

#[test]
fn a_batch_of_look_ups_counts_each() {
    let mut cache = filled(&["a", "b"]);
    let values = cache.get_batch(&pack([Some("b"), Some("c"), Some("b")]), 0);
    assert_eq!(Ok(pack([Some("x"), None, Some("x")])), values);
    let statistics = cache.statistics();
    assert_eq!((2, 1), (statistics.hits, statistics.misses));
    cache.validate().unwrap();
}

#[test]
fn a_batch_of_look_ups_stops_once_the_values_are_many() {
    let mut cache = texts(10, 100 << 20);
    for key in ["a", "b", "c"] {
        cache.set(key.into(), "x".repeat(3 << 20), 10, 0);
    }
    let answered = |cache: &mut Texts, keys: [&str; 4]| {
        let values = cache.get_batch(&pack(keys.map(Some)), 0).unwrap();
        unpack(&values).len()
    };
    assert_eq!(2, answered(&mut cache, ["a", "b", "c", "d"]));
    assert_eq!(3, answered(&mut cache, ["a", "d", "b", "c"]));
    cache.set("a".into(), "x".repeat(9 << 20), 10, 0);
    assert_eq!(1, answered(&mut cache, ["a", "b", "c", "d"]));
    // What was left out was not looked up.
    assert_eq!((5, 1), (cache.statistics().hits, cache.statistics().misses));
}

#[test]
fn a_batch_that_is_not_packed_does_nothing() {
    let mut cache = filled(&["a"]);
    let before = cache.statistics();
    for keys in ["", "a", "a\n2", &pack([Some("a"), None])] {
        assert_eq!(Err(NotPacked), cache.get_batch(keys, 0));
    }
    for items in [
        pack([Some("b"), Some("1")]),
        pack([Some("b"), Some("1"), None]),
        pack([Some("b"), None, Some("1")]),
        pack([Some("b"), Some("1"), Some("-1")]),
        pack([Some("b"), Some("1"), Some("18446744073709551616")]),
        // The first item is sound.
        pack(["b", "1", "1", "c", "1", ""].map(Some)),
    ] {
        assert_eq!(Err(NotPacked), cache.set_batch(&items, 0));
    }
    assert_eq!(before, cache.statistics());
}

#[test]
fn a_batch_stores_one_after_another() {
    let mut cache = texts(100, 10);
    let long = "x".repeat(10);
    let items = [
        "a",
        "1",
        "5",
        "a",
        "2",
        "18446744073709551615",
        "b",
        "1",
        "0",
        "c",
        &long,
        "5",
    ];
    let outcomes = cache.set_batch(&pack(items.map(Some)), 1).unwrap();
    assert_eq!(
        pack(["stored", "replaced", "expired", "oversized"].map(Some)),
        outcomes
    );
    assert_eq!(Some("2"), cache.get("a", u64::MAX - 1).map(String::as_str));
    cache.validate().unwrap();
}

#[test]
fn matching_deletions_are_no_evictions() {
    let mut cache = filled(&["v1\n7\nread", "v1\n7", "v1\n71", "v1", "v2\n7"]);
    assert_eq!(2, cache.delete_matching(&[Some("v1"), Some("7")], 0));
    assert_eq!(0, cache.delete_matching(&[Some("v1"), Some("*")], 0));
    assert_eq!(2, cache.delete_matching(&[None, None], 0));
    let expected = Statistics {
        entries: 1,
        bytes: 3,
        ..Statistics::default()
    };
    assert_eq!(expected, cache.statistics());
    assert_eq!(1, cache.delete_matching(&[], 0));
    cache.validate().unwrap();
}

#[test]
fn a_matching_deletion_of_an_expired_entry_is_an_expiration() {
    let mut cache = filled(&["a\n1", "a\n2", "b"]);
    cache.set("a\n3".into(), "x".to_owned(), 11, 0);
    assert_eq!(1, cache.delete_matching(&[Some("a")], 10));
    assert_eq!((1, 2), (cache.len(), cache.statistics().expirations));
    cache.validate().unwrap();
}

#[test]
fn heads_are_no_use_of_an_entry() {
    let mut cache = texts(2, 100);
    cache.set("a\n1".into(), "x".to_owned(), 10, 0);
    cache.set("b\n1".into(), "x".to_owned(), 10, 0);
    let heads = cache.heads(1, 0).unwrap();
    let mut heads = unpack(&heads);
    heads.sort_unstable();
    assert_eq!(vec![Some("a"), Some("b")], heads);
    cache.set("c\n1".into(), "x".to_owned(), 20, 0);
    assert_eq!(None, cache.get("a\n1", 0));
    assert_eq!(Ok(pack([Some("c")])), cache.heads(1, 10));
    assert_eq!(Ok(pack([])), cache.heads(0, 0));
    assert_eq!(0, cache.statistics().hits);
}

#[test]
fn heads_limit_obeyed() {
    let mut cache = texts(100, 100 << 20);
    for n in 0..16 {
        let key = format!("{n:02}{}\n1", "k".repeat((1 << 20) - 2));
        cache.set(key.into(), String::new(), 10, 0);
    }
    let heads = cache.heads(1, 0).unwrap();
    assert_eq!(16, unpack(&heads).len());
}

#[test]
fn heads_limit_violated() {
    let mut cache = texts(100, 100 << 20);
    for n in 0..17 {
        let key = format!("{n:02}{}", "k".repeat((1 << 20) - 2));
        cache.set(key.into(), String::new(), 10, 0);
    }
    assert_eq!(Err(TooMany), cache.heads(1, 0));
    // What has expired does not count.
    assert_eq!(Ok(pack([])), cache.heads(1, 10));
}

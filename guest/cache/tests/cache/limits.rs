use sark_policy_cache::Outcome;

use crate::texts;

#[test]
fn entries_limit_obeyed() {
    let mut cache = texts(2, 1_000);
    cache.set("a".into(), "1".into(), 10, 0);
    cache.set("b".into(), "2".into(), 10, 0);

    assert_eq!((2, 0), (cache.len(), cache.statistics().evictions));
    cache.validate().unwrap();
}

#[test]
fn entries_limit_violated() {
    let mut cache = texts(2, 1_000);
    for key in ["a", "b", "c"] {
        assert_eq!(Outcome::Stored, cache.set(key.into(), "1".into(), 10, 0));
    }

    assert_eq!(None, cache.get("a", 0));
    assert_eq!((2, 1), (cache.len(), cache.statistics().evictions));
    cache.validate().unwrap();
}

#[test]
fn bytes_limit_obeyed() {
    let mut cache = texts(10, 6);
    cache.set("a".into(), "11".into(), 10, 0);
    cache.set("b".into(), "22".into(), 10, 0);

    assert_eq!((6, 0), (cache.bytes(), cache.statistics().evictions));
    cache.validate().unwrap();
}

#[test]
fn bytes_limit_violated() {
    let mut cache = texts(10, 6);
    cache.set("a".into(), "11".into(), 10, 0);
    cache.set("b".into(), "22".into(), 10, 0);
    cache.set("c".into(), "333".into(), 10, 0);

    // One byte too many costs one entry, and that leaves a byte too many still.
    assert_eq!((4, 2), (cache.bytes(), cache.statistics().evictions));
    assert!(cache.get("c", 0).is_some());
    cache.validate().unwrap();
}

#[test]
fn bytes_limit_of_one_entry_obeyed() {
    let mut cache = texts(10, 6);

    let outcome = cache.set("a".into(), "12345".into(), 10, 0);
    assert_eq!((Outcome::Stored, 6), (outcome, cache.bytes()));
    cache.validate().unwrap();
}

#[test]
fn bytes_limit_of_one_entry_violated() {
    let mut cache = texts(10, 6);
    cache.set("b".into(), "2".into(), 10, 0);

    let outcome = cache.set("a".into(), "123456".into(), 10, 0);
    assert_eq!((Outcome::Oversized, 2), (outcome, cache.bytes()));
    assert_eq!(0, cache.statistics().evictions);
    cache.validate().unwrap();
}

#[test]
fn a_value_that_grows_makes_room_for_itself() {
    let mut cache = texts(10, 6);
    cache.set("a".into(), "1".into(), 10, 0);
    cache.set("b".into(), "2".into(), 10, 0);
    cache.set("c".into(), "3".into(), 10, 0);

    // The key's own two bytes are free by then, so one other entry has to go.
    let outcome = cache.set("b".into(), "222".into(), 10, 0);
    assert_eq!((Outcome::Replaced, 6), (outcome, cache.bytes()));
    assert_eq!(None, cache.get("a", 0));
    assert!(cache.get("c", 0).is_some());
    cache.validate().unwrap();
}

#[test]
fn replacing_in_a_full_cache_evicts_nobody() {
    let mut cache = texts(2, 1_000);
    cache.set("a".into(), "1".into(), 10, 0);
    cache.set("b".into(), "2".into(), 10, 0);
    cache.set("b".into(), "3".into(), 10, 0);

    assert_eq!((2, 0), (cache.len(), cache.statistics().evictions));
}

#[test]
fn the_limit_of_one_entry_and_the_highest_limits_work() {
    for (entries, bytes) in [(1, u64::MAX), (usize::MAX, u64::MAX), (usize::MAX, 2)] {
        let mut cache = texts(entries, bytes);
        cache.set("a".into(), "1".into(), 10, 0);
        cache.set("b".into(), "2".into(), 10, 0);
        assert!(cache.get("b", 0).is_some());
        cache.validate().unwrap();
    }
}

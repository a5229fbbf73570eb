use sark_policy_cache::Outcome::{Expired, Oversized, Replaced, Stored};
use sark_policy_cache::Statistics;

use crate::{Texts, texts};

fn get<'a>(cache: &'a mut Texts, key: &str, now: u64) -> Option<&'a str> {
    cache.get(key, now).map(String::as_str)
}

#[test]
fn a_new_cache_is_empty() {
    let cache = texts(2, 10);
    assert!(cache.is_empty());
    assert_eq!(Statistics::default(), cache.statistics());
    cache.validate().unwrap();
}

#[test]
fn a_stored_value_is_found_until_its_deadline() {
    let mut cache = texts(2, 10);
    assert_eq!(Stored, cache.set("a".into(), "1".into(), 10, 100));
    assert_eq!(Some("1"), get(&mut cache, "a", 109));
    assert_eq!(None, get(&mut cache, "a", 110));
}

#[test]
fn an_expired_entry_found_is_dropped_as_an_expiration_and_a_miss() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "1".into(), 10, 0);
    assert_eq!(None, get(&mut cache, "a", 10));

    let expected = Statistics {
        misses: 1,
        expirations: 1,
        ..Statistics::default()
    };
    assert_eq!(expected, cache.statistics());
    cache.validate().unwrap();
}

#[test]
fn a_hit_and_a_miss_are_counted() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "12".into(), 10, 0);
    get(&mut cache, "a", 0);
    get(&mut cache, "b", 0);

    let expected = Statistics {
        hits: 1,
        misses: 1,
        entries: 1,
        bytes: 3,
        ..Statistics::default()
    };
    assert_eq!(expected, cache.statistics());
}

#[test]
fn replacing_sets_value_and_time_to_live() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "1".into(), 100, 0);
    assert_eq!(Replaced, cache.set("a".into(), "2".into(), 10, 0));
    assert_eq!(Some("2"), get(&mut cache, "a", 9));
    assert_eq!(None, get(&mut cache, "a", 10));
    cache.validate().unwrap();
}

#[test]
fn replacing_an_expired_entry_stores_anew() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "1".into(), 10, 0);
    assert_eq!(Stored, cache.set("a".into(), "2".into(), 10, 10));
    assert_eq!((1, 1), (cache.len(), cache.statistics().expirations));
    cache.validate().unwrap();
}

#[test]
fn a_time_to_live_of_zero_stores_nothing_and_drops_the_key() {
    let mut cache = texts(2, 10);
    assert_eq!(Expired, cache.set("a".into(), "1".into(), 0, 0));
    cache.set("a".into(), "1".into(), 10, 0);
    assert_eq!(Expired, cache.set("a".into(), "2".into(), 0, 0));

    assert!(cache.is_empty());
    assert_eq!(0, cache.statistics().expirations);
    cache.validate().unwrap();
}

#[test]
fn an_oversized_value_stores_nothing_and_drops_the_key() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "1".into(), 10, 0);
    assert_eq!(Oversized, cache.set("a".into(), "1".repeat(10), 10, 0));

    assert!(cache.is_empty());
    assert_eq!(0, cache.statistics().evictions);
    cache.validate().unwrap();
}

#[test]
fn an_oversized_value_with_a_time_to_live_of_zero_is_expired() {
    let mut cache = texts(2, 10);
    assert_eq!(Expired, cache.set("a".into(), "1".repeat(10), 0, 0));
}

#[test]
fn a_deadline_beyond_the_end_of_time_is_the_end_of_time() {
    let mut cache = texts(2, 10);
    assert_eq!(Stored, cache.set("a".into(), "1".into(), u64::MAX, 5));
    assert_eq!(Some("1"), get(&mut cache, "a", u64::MAX - 1));
    assert_eq!(None, get(&mut cache, "a", u64::MAX));
    cache.validate().unwrap();
}

#[test]
fn an_entry_set_at_the_end_of_time_is_expired_at_once() {
    let mut cache = texts(2, 10);
    assert_eq!(Stored, cache.set("a".into(), "1".into(), 1, u64::MAX));
    assert_eq!(None, get(&mut cache, "a", u64::MAX));
}

#[test]
fn a_clock_that_goes_backwards_keeps_what_was_not_dropped() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "1".into(), 10, 100);
    assert_eq!(Some("1"), get(&mut cache, "a", 0));
    assert_eq!(0, cache.sweep(0, 10));
    assert_eq!(Replaced, cache.set("a".into(), "2".into(), 10, 0));
    assert_eq!(None, get(&mut cache, "a", 10));
    cache.validate().unwrap();
}

#[test]
fn the_least_recently_used_goes_first() {
    let mut cache = texts(3, 100);
    for key in ["a", "b", "c"] {
        cache.set(key.into(), "1".into(), 10, 0);
    }
    get(&mut cache, "a", 0); // a look-up is a use
    cache.set("b".into(), "2".into(), 10, 0); // so is replacing
    cache.set("d".into(), "1".into(), 10, 0);
    assert_eq!(None, get(&mut cache, "c", 0));
    cache.set("e".into(), "1".into(), 10, 0);
    assert_eq!(None, get(&mut cache, "a", 0));
    assert_eq!(Some("2"), get(&mut cache, "b", 0));
}

#[test]
fn an_expired_entry_that_makes_room_is_an_eviction() {
    let mut cache = texts(1, 100);
    cache.set("a".into(), "1".into(), 10, 0);
    cache.set("b".into(), "1".into(), 10, 10);
    let statistics = cache.statistics();
    assert_eq!((1, 0), (statistics.evictions, statistics.expirations));
}

#[test]
fn deleting_tells_whether_a_live_entry_was_there() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "1".into(), 10, 0);
    assert!(cache.delete("a", 0));
    assert!(!cache.delete("a", 0));
    assert_eq!((0, 0), (cache.len(), cache.statistics().expirations));
    cache.validate().unwrap();
}

#[test]
fn deleting_an_expired_entry_is_an_expiration() {
    let mut cache = texts(2, 10);
    cache.set("a".into(), "1".into(), 10, 0);
    assert!(!cache.delete("a", 10));
    assert_eq!((0, 1), (cache.len(), cache.statistics().expirations));
}

#[test]
fn clearing_drops_everything_and_keeps_the_figures() {
    let mut cache = texts(3, 100);
    cache.set("a".into(), "1".into(), 10, 0);
    cache.set("b".into(), "2".into(), 10, 0);
    get(&mut cache, "a", 0);
    assert_eq!(2, cache.clear());
    assert_eq!(0, cache.clear());

    let expected = Statistics {
        hits: 1,
        ..Statistics::default()
    };
    assert_eq!(expected, cache.statistics());
    cache.validate().unwrap();
    assert_eq!(Stored, cache.set("a".into(), "1".into(), 10, 0));
}

#[test]
fn empty_keys_and_values_are_entries_of_no_bytes() {
    let mut cache = texts(2, 1);
    assert_eq!(Stored, cache.set("".into(), String::new(), 10, 0));
    assert_eq!(Some(""), get(&mut cache, "", 0));
    assert_eq!((1, 0), (cache.len(), cache.bytes()));
    cache.validate().unwrap();
}

#[test]
fn a_sweep_drops_no_more_than_its_steps_and_the_next_goes_on() {
    let mut cache = texts(100, 1_000);
    for number in 0..5 {
        cache.set(format!("dead{number}").into(), String::new(), 10, 0);
        cache.set(format!("live{number}").into(), String::new(), 20, 0);
    }
    assert_eq!(0, cache.sweep(10, 0));
    assert_eq!(2, cache.sweep(10, 2));
    assert_eq!(2, cache.sweep(10, 2));
    assert_eq!(1, cache.sweep(10, 2));
    assert_eq!(0, cache.sweep(10, 2));
    assert_eq!((5, 5), (cache.len(), cache.statistics().expirations));
    cache.validate().unwrap();
}

#[test]
fn a_sweep_leaves_the_order_of_use_alone() {
    let mut cache = texts(2, 100);
    cache.set("a".into(), "1".into(), 10, 0);
    cache.set("b".into(), "1".into(), 10, 0);
    cache.sweep(9, usize::MAX);
    cache.set("c".into(), "1".into(), 10, 0);
    assert_eq!(None, get(&mut cache, "a", 0));
    assert!(get(&mut cache, "b", 0).is_some());
}

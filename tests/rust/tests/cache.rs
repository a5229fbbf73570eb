//! The cache of texts, through the component.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::thread;
use std::time::Duration;

use sark_policy::{Cache, CacheSettings, Outcome};
use sark_policy_tests::{PATIENCE, wait_for};

fn settings() -> CacheSettings {
    CacheSettings {
        deadline: PATIENCE,
        ..CacheSettings::default()
    }
}

fn limited(entries: u32, bytes: u64) -> Cache {
    let entries = NonZeroU32::new(entries).unwrap();
    let bytes = NonZeroU64::new(bytes).unwrap();
    Cache::open(CacheSettings {
        entries,
        bytes,
        ..settings()
    })
    .unwrap()
}

fn get(cache: &Cache, key: &str) -> Option<String> {
    cache.get(key).unwrap()
}

#[test]
fn a_set_says_what_became_of_it() {
    let cache = limited(10, 10);
    assert_eq!(cache.set("a", "1", None).unwrap(), Outcome::Stored);
    assert_eq!(cache.set("a", "2", None).unwrap(), Outcome::Replaced);
    assert_eq!(get(&cache, "a").as_deref(), Some("2"));
    assert_eq!(
        cache.set("a", "3", Some(Duration::ZERO)).unwrap(),
        Outcome::Expired
    );
    assert_eq!(get(&cache, "a"), None);
    cache.set("a", "4", None).unwrap();
    assert_eq!(
        cache.set("a", "longer than all", None).unwrap(),
        Outcome::Oversized
    );
    assert_eq!(get(&cache, "a"), None);
    assert_eq!(cache.length().unwrap(), 0);
}

#[test]
fn any_text_is_a_key_and_a_value() {
    let cache = limited(10, 1 << 20);
    for text in ["", " ", "\0", "a\nb", "ключ", "🔑", &"x".repeat(100_000)] {
        assert_eq!(cache.set(text, text, None).unwrap(), Outcome::Stored);
        assert_eq!(get(&cache, text).as_deref(), Some(text));
    }
}

#[test]
fn entries_obeyed() {
    let cache = limited(2, 100);
    cache.set("a", "1", None).unwrap();
    cache.set("b", "2", None).unwrap();
    assert_eq!(
        (get(&cache, "a").is_some(), get(&cache, "b").is_some()),
        (true, true)
    );
    assert_eq!(cache.stats().unwrap().evictions, 0);
}

#[test]
fn entries_violated() {
    let cache = limited(2, 100);
    cache.set("a", "1", None).unwrap();
    cache.set("b", "2", None).unwrap();
    get(&cache, "a");
    cache.set("c", "3", None).unwrap();
    // The least recently used one made room.
    assert_eq!(get(&cache, "b"), None);
    assert_eq!(
        (get(&cache, "a").is_some(), get(&cache, "c").is_some()),
        (true, true)
    );
    assert_eq!(cache.stats().unwrap().evictions, 1);
}

#[test]
fn bytes_obeyed() {
    let cache = limited(10, 8);
    cache.set("a", "123", None).unwrap();
    assert_eq!(cache.set("b", "123", None).unwrap(), Outcome::Stored);
    assert_eq!(
        (cache.length().unwrap(), cache.stats().unwrap().bytes),
        (2, 8)
    );
}

#[test]
fn bytes_violated() {
    let cache = limited(10, 8);
    cache.set("a", "123", None).unwrap();
    cache.set("b", "1234", None).unwrap();
    assert_eq!(get(&cache, "a"), None);
    assert_eq!(
        (cache.length().unwrap(), cache.stats().unwrap().bytes),
        (1, 5)
    );
    assert_eq!(
        cache.set("c", "12345678", None).unwrap(),
        Outcome::Oversized
    );
    assert_eq!(get(&cache, "b").as_deref(), Some("1234"));
}

#[test]
fn ttl_obeyed() {
    let cache = Cache::open(CacheSettings {
        ttl: Duration::from_hours(1),
        ..settings()
    })
    .unwrap();
    cache.set("a", "1", None).unwrap();
    cache.set("b", "2", Some(Duration::MAX)).unwrap();
    assert_eq!(
        (get(&cache, "a").is_some(), get(&cache, "b").is_some()),
        (true, true)
    );
}

#[test]
fn ttl_violated() {
    let cache = Cache::open(CacheSettings {
        ttl: Duration::from_millis(1),
        ..settings()
    })
    .unwrap();
    cache.set("short", "1", None).unwrap();
    cache
        .set("long", "2", Some(Duration::from_hours(1)))
        .unwrap();
    thread::sleep(Duration::from_millis(5));
    // Held until somebody looks, but never served.
    assert_eq!(cache.length().unwrap(), 2);
    assert_eq!(get(&cache, "short"), None);
    assert_eq!(get(&cache, "long").as_deref(), Some("2"));
    assert_eq!(cache.length().unwrap(), 1);
    assert_eq!(cache.stats().unwrap().expirations, 1);
    assert!(!cache.delete("short").unwrap());
}

#[test]
fn a_sweep_drops_what_expired_and_no_more_than_asked() {
    let cache = limited(100, 1000);
    for n in 0..10 {
        cache
            .set(&format!("short-{n}"), "1", Some(Duration::from_nanos(1)))
            .unwrap();
        cache.set(&format!("long-{n}"), "2", None).unwrap();
    }
    thread::sleep(Duration::from_millis(5));
    assert_eq!(cache.length().unwrap(), 20);
    assert_eq!(
        [
            cache.sweep(0).unwrap(),
            cache.sweep(4).unwrap(),
            cache.sweep(100).unwrap()
        ],
        [0, 4, 6]
    );
    assert_eq!(cache.sweep(100).unwrap(), 0);
    assert_eq!(
        (cache.length().unwrap(), cache.stats().unwrap().expirations),
        (10, 10)
    );
}

#[test]
fn clear_drops_all_and_keeps_the_figures() {
    let cache = limited(10, 100);
    for key in ["a", "b", "c"] {
        cache.set(key, "1", None).unwrap();
        get(&cache, key);
    }
    assert_eq!((cache.clear().unwrap(), cache.clear().unwrap()), (3, 0));
    let stats = cache.stats().unwrap();
    assert_eq!((stats.hits, stats.entries, stats.bytes), (3, 0, 0));
}

#[test]
fn clones_share_and_others_do_not() {
    let cache = limited(10, 100);
    let clone = cache.clone();
    let other = limited(10, 100);
    thread::spawn(move || clone.set("a", "1", None).unwrap())
        .join()
        .unwrap();
    assert_eq!(get(&cache, "a").as_deref(), Some("1"));
    assert_eq!(get(&other, "a"), None);
}

#[test]
fn shards_together_hold_what_one_would() {
    let shards = NonZeroUsize::new(4).unwrap();
    let cache = Cache::open(CacheSettings {
        shards,
        ..settings()
    })
    .unwrap();
    for n in 0..1_000 {
        cache
            .set(&n.to_string(), &format!("value {n}"), None)
            .unwrap();
    }
    for n in 0..1_000 {
        assert_eq!(get(&cache, &n.to_string()), Some(format!("value {n}")));
    }
    assert_eq!(
        (cache.length().unwrap(), cache.clear().unwrap()),
        (1_000, 1_000)
    );
    assert_eq!(cache.stats().unwrap().hits, 1_000);
}

#[test]
fn eight_threads_share_a_cache() {
    let shards = NonZeroUsize::new(2).unwrap();
    let cache = Cache::open(CacheSettings {
        shards,
        ..settings()
    })
    .unwrap();
    thread::scope(|scope| {
        for thread in 0..8 {
            let cache = &cache;
            scope.spawn(move || {
                for n in 0..500 {
                    let key = format!("{thread}-{n}");
                    cache.set(&key, &key, None).unwrap();
                    cache.set("common", &key, None).unwrap();
                    assert_eq!(get(cache, &key).as_deref(), Some(key.as_str()));
                    assert!(get(cache, "common").is_some());
                }
            });
        }
    });
    assert_eq!(cache.length().unwrap(), 4_001);
}

#[test]
fn a_cache_full_of_large_values_stays_within_its_limits() {
    let cache = limited(1_000, 8 << 20);
    let value = "v".repeat(1 << 20);
    for n in 0..100 {
        assert_eq!(
            cache.set(&n.to_string(), &value, None).unwrap(),
            Outcome::Stored
        );
        assert!(cache.stats().unwrap().bytes <= 8 << 20);
    }
    assert_eq!(cache.length().unwrap(), 7);
    wait_for(|| get(&cache, "99"));
}

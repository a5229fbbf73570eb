//! Many texts in one crossing, and keys by their parts, through the component.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use sark_policy::{Cache, CacheSettings, Error, Outcome};
use sark_policy_tests::PATIENCE;

fn cache(shards: usize, bytes: u64) -> Cache {
    Cache::open(CacheSettings {
        shards: NonZeroUsize::new(shards).unwrap(),
        bytes: NonZeroU64::new(bytes).unwrap(),
        deadline: PATIENCE,
        ..CacheSettings::default()
    })
    .unwrap()
}

fn fill(cache: &Cache, keys: &[&str]) {
    let items: Vec<_> = keys.iter().map(|key| (*key, "x", None)).collect();
    cache.set_batch(&items).unwrap();
}

#[test]
fn batches_answer_in_order() {
    for shards in [1, 3] {
        let cache = cache(shards, 64 << 20);
        let items: Vec<_> = (0..500)
            .map(|n| (format!("key-{n}"), format!("välue-{n}"), None))
            .collect();
        assert_eq!(cache.set_batch(&items).unwrap(), [Outcome::Stored; 500]);
        assert_eq!(
            cache
                .set_batch(&[("key-7", "again", None), ("new", "", None)])
                .unwrap(),
            [Outcome::Replaced, Outcome::Stored]
        );
        let keys: Vec<_> = (0..600).map(|n| format!("key-{}", n * 7 % 600)).collect();
        let alone: Vec<_> = keys.iter().map(|key| cache.get(key).unwrap()).collect();
        assert_eq!(cache.get_batch(&keys).unwrap(), alone);
        let stats = cache.stats().unwrap();
        assert_eq!((stats.hits, stats.misses), (1000, 200));
    }
}

#[test]
fn a_batch_says_what_became_of_each() {
    let cache = cache(1, 100);
    let long = "x".repeat(100);
    let outcomes = cache.set_batch(&[
        ("a", "1", None),
        ("a", "2", Some(Duration::from_mins(1))),
        ("a", "3", Some(Duration::ZERO)),
        ("b", &long, None),
        ("b", "4", Some(Duration::MAX)),
    ]);
    assert_eq!(
        outcomes.unwrap(),
        [
            Outcome::Stored,
            Outcome::Replaced,
            Outcome::Expired,
            Outcome::Oversized,
            Outcome::Stored
        ]
    );
    let found = cache.get_batch(&["a", "b"]).unwrap();
    assert_eq!(found, [None, Some("4".to_owned())]);
}

#[test]
fn a_batch_of_nothing_is_nothing() {
    let cache = cache(3, 100);
    assert!(cache.get_batch::<&str>(&[]).unwrap().is_empty());
    assert!(cache.set_batch::<&str, &str>(&[]).unwrap().is_empty());
}

#[test]
fn any_text_goes_by_batch() {
    let cache = cache(1, 1 << 20);
    for text in ["", "ключ🔑", "a\nb\n", "\0", "\n3 -", "-", "1 2", "\"\\\""] {
        let outcomes = cache.set_batch(&[(text, text, None)]).unwrap();
        assert_eq!(outcomes, [Outcome::Stored]);
        let other = format!("{text}?");
        let found = cache.get_batch(&[text, &other, text]).unwrap();
        assert_eq!(found, [Some(text.to_owned()), None, Some(text.to_owned())]);
    }
}

#[test]
fn great_values_come_in_several_crossings() {
    let cache = cache(1, 16 << 20);
    let items: Vec<_> = (0..10)
        .map(|n| {
            (
                n.to_string().repeat(300_000),
                n.to_string().repeat(900_000),
                None,
            )
        })
        .collect();
    assert_eq!(cache.set_batch(&items).unwrap(), [Outcome::Stored; 10]);
    // Together they are more than the sandbox has room for.
    let asked = || items.iter().cycle().take(200);
    let keys: Vec<_> = asked().map(|(key, ..)| key).collect();
    let found = cache.get_batch(&keys).unwrap();
    assert_eq!(found.len(), 200);
    for ((_, value, _), found) in asked().zip(found) {
        assert_eq!(Some(value), found.as_ref());
    }
}

#[test]
fn parts_are_compared_whole_in_every_shard() {
    let keys = [
        "v1\n7\nread",
        "v1\n7\nwrite",
        "v1\n71\nread",
        "v1\n7",
        "v1\n*\nread",
        "v2\n7\nread",
        "v1",
        "",
    ];
    for (parts, dropped) in [
        (vec![Some("v1"), Some("7")], vec![0, 1, 3]),
        (vec![Some("v1"), Some("*")], vec![4]),
        (vec![Some("v1"), None, Some("read")], vec![0, 2, 4]),
        (vec![None, None, None], vec![0, 1, 2, 4, 5]),
        (vec![Some("v")], vec![]),
        (vec![Some("")], vec![7]),
        (vec![], (0..8).collect()),
    ] {
        let cache = cache(3, 1 << 20);
        fill(&cache, &keys);
        let count = cache.delete_matching(&parts).unwrap();
        assert_eq!(count, dropped.len() as u64, "{parts:?}");
        let found = cache.get_batch(&keys).unwrap();
        let gone = found
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_none());
        assert_eq!(
            gone.map(|(place, _)| place).collect::<Vec<_>>(),
            dropped,
            "{parts:?}"
        );
        let stats = cache.stats().unwrap();
        assert_eq!((stats.evictions, stats.expirations), (0, 0));
    }
}

#[test]
fn what_had_expired_is_dropped_and_not_counted() {
    let cache = cache(1, 1 << 20);
    let moment = Some(Duration::from_nanos(1));
    cache
        .set_batch(&[("a\n1", "", None), ("a\n2", "", moment), ("b", "", moment)])
        .unwrap();
    assert_eq!(cache.heads(1).unwrap(), [["a"]]);
    assert_eq!(cache.delete_matching(&[Some("a")]).unwrap(), 1);
    assert_eq!(cache.length().unwrap(), 1);
    assert_eq!(cache.stats().unwrap().expirations, 1);
}

#[test]
fn a_part_with_a_line_feed_is_refused() {
    let cache = cache(1, 1 << 20);
    fill(&cache, &["a\nb"]);
    let refused = cache.delete_matching(&[None, Some("a\nb")]).unwrap_err();
    assert!(matches!(refused, Error::BadSetting { name: "parts", .. }));
    assert!(!refused.to_string().contains('\n'), "{refused}");
    assert_eq!(cache.length().unwrap(), 1);
}

#[test]
fn heads_are_sorted_and_each_is_there_once() {
    let cache = cache(3, 1 << 20);
    let keys: Vec<_> = (0..30).map(|n| format!("v1\n{}\n{n}", n % 3)).collect();
    fill(&cache, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    fill(&cache, &["v1", "", "v\t", "v\n\n"]);
    assert_eq!(cache.heads(1).unwrap(), [[""], ["v"], ["v\t"], ["v1"]]);
    assert_eq!(
        cache.heads(2).unwrap(),
        [["v", ""], ["v1", "0"], ["v1", "1"], ["v1", "2"]]
    );
    assert_eq!(cache.heads(3).unwrap().len(), 31);
    assert!(cache.heads(u32::MAX).unwrap().is_empty());
    assert_eq!(cache.stats().unwrap().hits, 0);
    let refused = cache.heads(0).unwrap_err();
    assert!(matches!(refused, Error::BadSetting { name: "parts", .. }));
}

/// Keys of 1 MiB each.
fn great_keys(count: usize) -> Cache {
    let cache = cache(1, 64 << 20);
    for n in 0..count {
        cache
            .set(&format!("{n:02}{}", "k".repeat((1 << 20) - 2)), "", None)
            .unwrap();
    }
    cache
}

#[test]
fn heads_limit_obeyed() {
    assert_eq!(great_keys(16).heads(1).unwrap().len(), 16);
}

#[test]
fn heads_limit_violated() {
    let cache = great_keys(17);
    let refused = cache.heads(1).unwrap_err();
    assert!(matches!(refused, Error::BadSetting { name: "parts", .. }));
    // An error and no trap: nothing is lost.
    assert_eq!(cache.length().unwrap(), 17);
}

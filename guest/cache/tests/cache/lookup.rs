use std::hash::{Hash, Hasher};

use allocation_counter::{AllocationInfo, measure};
use sark_policy_cache::{Cache, Equivalent, Outcome, Text, Weigh};

use crate::{limits, texts};

type Question = (u32, Text);

#[derive(Hash)]
struct Asked<'a>(u32, &'a str);

impl Equivalent<Question> for Asked<'_> {
    fn equivalent(&self, question: &Question) -> bool {
        self.0 == question.0 && self.1.equivalent(&question.1)
    }
}

fn allocations(call: impl FnOnce()) -> u64 {
    let AllocationInfo { count_total, .. } = measure(call);
    count_total
}

#[test]
fn a_composite_key_is_found_by_its_borrowed_parts() {
    let mut cache: Cache<Question, &str> = Cache::new(limits(10, 1_000), 1);
    cache.set((1, "x".into()), "one", 10, 0);
    cache.set((2, "x".into()), "two", 10, 0);

    assert_eq!(Some(&"one"), cache.get(&Asked(1, "x"), 0));
    assert_eq!(Some(&"two"), cache.get(&Asked(2, "x"), 0));
    assert_eq!(None, cache.get(&Asked(3, "x"), 0));
    assert_eq!(None, cache.get(&Asked(1, "y"), 0));
    assert!(cache.delete(&Asked(1, "x"), 0));
    assert_eq!(None, cache.get(&Asked(1, "x"), 0));
    cache.validate().unwrap();
}

#[test]
fn a_composite_look_up_does_not_allocate() {
    let mut cache: Cache<Question, &str> = Cache::new(limits(10, 1_000), 1);
    cache.set((1, "x".into()), "one", 10, 0);

    let hit = allocations(|| assert_eq!(Some(&"one"), cache.get(&Asked(1, "x"), 0)));
    let miss = allocations(|| assert_eq!(None, cache.get(&Asked(2, "x"), 0)));
    assert_eq!((0, 0), (hit, miss));
}

#[test]
fn a_look_up_by_str_does_not_allocate() {
    let mut cache = texts(10, 1_000);
    cache.set("a".into(), "1".into(), 10, 0);

    let hit = allocations(|| assert!(cache.get("a", 0).is_some()));
    let miss = allocations(|| assert!(cache.get("b", 0).is_none()));
    let expired = allocations(|| assert!(cache.get("a", 10).is_none()));
    assert_eq!((0, 0, 0), (hit, miss, expired));
}

#[test]
fn an_allocation_would_have_been_counted() {
    assert_eq!(
        1,
        allocations(|| drop(std::hint::black_box("a".to_owned())))
    );
}

#[test]
fn a_key_that_borrows_as_what_is_asked_needs_nothing_written() {
    let mut cache: Cache<String, &str> = Cache::new(limits(10, 1_000), 1);
    cache.set("a".to_owned(), "1", 10, 0);
    assert_eq!(Some(&"1"), cache.get("a", 0));
    cache.validate().unwrap();
}

#[test]
fn keys_of_the_same_hash_are_told_apart() {
    #[derive(PartialEq, Eq)]
    struct Colliding(u32);

    impl Hash for Colliding {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    impl Weigh for Colliding {
        fn weight(&self) -> u64 {
            self.0.weight()
        }
    }

    let mut cache: Cache<Colliding, &str> = Cache::new(limits(2, 1_000), 1);
    assert_eq!(Outcome::Stored, cache.set(Colliding(1), "one", 10, 0));
    assert_eq!(Outcome::Stored, cache.set(Colliding(2), "two", 5, 0));
    assert_eq!(None, cache.get(&Colliding(3), 0));
    assert!(!cache.delete(&Colliding(3), 0));

    // Found by its deadline, by its key, as the least recently used.
    assert_eq!(1, cache.sweep(5, 10));
    assert_eq!(Some(&"one"), cache.get(&Colliding(1), 5));
    cache.set(Colliding(3), "three", 10, 5);
    cache.set(Colliding(4), "four", 10, 5);
    assert_eq!(None, cache.get(&Colliding(1), 5));
    assert_eq!(Some(&"three"), cache.get(&Colliding(3), 5));
    cache.validate().unwrap();
}

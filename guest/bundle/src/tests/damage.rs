//! Damaged archives: never a panic, and never another bundle than was packed.

use proptest::prelude::*;

use super::*;

fn archive() -> Vec<u8> {
    tar(&[
        file(
            "/a/policy.rego",
            "package a\n\nallow if input.user == data.users[_]\n".repeat(20),
        ),
        file(
            "data.json",
            r#"{"users":["ada","bob"],"limit":18446744073709551617}"#,
        ),
        file(
            "b/data.yaml",
            "base: &b {x: 1}\nmore: {<<: *b, y: [2, 3]}\n",
        ),
        file(
            ".manifest",
            r#"{"revision":"r1","roots":["users","limit","b","a"]}"#,
        ),
    ])
}

#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, prop::sample::Index),
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let index = any::<prop::sample::Index>;
    let damage = prop_oneof![
        4 => (index(), 1..=u8::MAX).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        1 => index().prop_map(Damage::Cut),
        1 => (index(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (index(), index()).prop_map(|(from, to)| Damage::Remove(from, to)),
    ];
    prop::collection::vec(damage, 1..4)
}

fn apply(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let place = |index: &prop::sample::Index| index.index(bytes.len());
        match damage {
            Damage::Flip(at, mask) => {
                let at = place(at);
                bytes[at] ^= mask;
            }
            Damage::Cut(at) => {
                let at = place(at);
                bytes.truncate(at);
            }
            Damage::Insert(at, more) => {
                let at = place(at);
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Remove(from, to) => {
                let (from, to) = (place(from), place(to));
                bytes.drain(from.min(to)..from.max(to));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_gzip_is_refused_or_the_same_bundle(damages in damages()) {
        let whole = gzip(&archive());
        let damaged = apply(whole.clone(), &damages);
        match Bundle::unpack(&damaged, &LIMITS) {
            // What has no checksum, as the time in the header, holds no contents.
            Ok(bundle) => prop_assert_eq!(bundle, Bundle::unpack(&whole, &LIMITS).unwrap()),
            Err(problems) => check(&problems),
        }
    }

    #[test]
    fn a_damaged_tar_is_refused_or_a_bundle(damages in damages()) {
        if let Err(problems) = Bundle::unpack(&apply(archive(), &damages), &LIMITS) {
            check(&problems);
        }
    }

    #[test]
    fn a_damaged_tar_inside_a_whole_gzip_is_refused_or_a_bundle(damages in damages()) {
        if let Err(problems) = Bundle::unpack(&gzip(&apply(archive(), &damages)), &LIMITS) {
            check(&problems);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_a_bundle(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        if let Err(problems) = Bundle::unpack(&bytes, &LIMITS) {
            check(&problems);
        }
    }

    #[test]
    fn any_text_is_a_data_file_or_refused(text in r##"[a-c0-9\[\]{}:,&*!<>|?'"#\-~. \n]{0,40}"##) {
        for name in ["a/data.json", "a/data.yaml", ".manifest"] {
            if let Err(problems) = unpack(&[(name, &text)]) {
                check(&problems);
            }
        }
    }
}

#[test]
fn an_archive_cut_anywhere_is_refused() {
    let tar = archive();
    let gzip = gzip(&tar);
    for whole in [&tar, &gzip] {
        assert!(Bundle::unpack(whole, &LIMITS).is_ok());
        for length in 0..whole.len() {
            let cut = whole.get(..length).unwrap_or_default();
            assert!(
                Bundle::unpack(cut, &LIMITS).is_err(),
                "cut to {length} of {}",
                whole.len()
            );
        }
    }
}

//! Each limit, as a pair.

use std::io::{Read, repeat};

use super::*;

fn limited(archive: &[u8], limits: Limits) -> Result<(), Code> {
    match Bundle::unpack(archive, &limits) {
        Ok(_) => Ok(()),
        Err(problems) => {
            check(&problems);
            Err(problems[0].code)
        }
    }
}

fn deep(files: &[(&str, &str)], depth: u32) -> Result<(), Code> {
    limited(&pack(files), Limits { depth, ..LIMITS })
}

#[test]
fn unpacked_obeyed() {
    let archive = tar(&[file("data.json", "{}"), file("README", "x")]);
    let unpacked = archive.len() as u64;
    assert_eq!(limited(&archive, Limits { unpacked, ..LIMITS }), Ok(()));
    assert_eq!(
        limited(&gzip(&archive), Limits { unpacked, ..LIMITS }),
        Ok(())
    );
}

#[test]
fn unpacked_violated() {
    let archive = tar(&[file("data.json", "{}"), file("README", "x")]);
    let unpacked = archive.len() as u64 - 1;
    assert_eq!(
        limited(&archive, Limits { unpacked, ..LIMITS }),
        Err(Code::BundleTooLarge)
    );
    assert_eq!(
        limited(&gzip(&archive), Limits { unpacked, ..LIMITS }),
        Err(Code::BundleTooLarge)
    );
}

#[test]
fn unpacked_violated_by_a_bomb() {
    // 10 GiB, as 160 members of 64 MiB that gzip packs a thousand to one.
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut repeat(b' ').take(64 << 20), &mut member).unwrap();
    let mut bomb = gzip(header(b"data.json", EntryType::Regular, 10 << 30).as_bytes());
    bomb.extend(member.finish().unwrap().repeat(160));
    let started = std::time::Instant::now();
    assert_eq!(limited(&bomb, LIMITS), Err(Code::BundleTooLarge));
    assert!(started.elapsed().as_secs() < 3);
}

#[test]
fn unpacked_violated_by_names() {
    let name = vec![b'a'; 2 << 20];
    let records = entry(b"x", EntryType::XHeader, &name);
    let longname = entry(b"x", EntryType::GNULongName, &name);
    for front in [records, longname] {
        let archive = gzip(&tar(&[front, file("a.rego", "")]));
        assert_eq!(limited(&archive, LIMITS), Err(Code::BundleTooLarge));
    }
}

#[test]
fn a_size_that_is_only_claimed_takes_no_memory() {
    for size in [1 << 20, 1 << 40, 1 << 63, u64::MAX - 511, u64::MAX] {
        for kind in [
            EntryType::Regular,
            EntryType::Directory,
            EntryType::GNULongName,
            EntryType::XHeader,
        ] {
            let mut archive = header(b"data.json", kind, size).as_bytes().to_vec();
            archive.resize(4096, 0);
            assert_eq!(
                limited(&archive, LIMITS),
                Err(Code::BundleArchive),
                "{size} {kind:?}"
            );
        }
    }
}

#[test]
fn depth_obeyed() {
    assert_eq!(deep(&[("data.json", r#"{"a":[[]]}"#)], 3), Ok(()));
    assert_eq!(deep(&[("data.yaml", "a: [[]]")], 3), Ok(()));
    assert_eq!(deep(&[("a/b/data.json", "[]")], 3), Ok(()));
    assert_eq!(deep(&[("a/b/data.yaml", "- x")], 3), Ok(()));
    assert_eq!(deep(&[("a/b/c/data.json", "1")], 3), Ok(()));
    assert_eq!(deep(&[("data.yaml", "{a: &a [1], b: [*a]}")], 3), Ok(()));
    assert_eq!(
        deep(&[(".manifest", r#"{"metadata":{"a":[]}}"#)], 3),
        Ok(())
    );
}

#[test]
fn depth_violated() {
    let too_deep = Err(Code::BundleTooLarge);
    assert_eq!(deep(&[("data.json", r#"{"a":[[[]]]}"#)], 3), too_deep);
    assert_eq!(deep(&[("data.yaml", "a: [[[]]]")], 3), too_deep);
    assert_eq!(deep(&[("a/b/data.json", "[[]]")], 3), too_deep);
    assert_eq!(deep(&[("a/b/data.yaml", "- - x")], 3), too_deep);
    assert_eq!(deep(&[("a/b/c/d/data.json", "1")], 3), too_deep);
    assert_eq!(
        deep(&[("data.yaml", "{a: &a [1], b: [[*a]]}")], 3),
        too_deep
    );
    assert_eq!(
        deep(&[(".manifest", r#"{"metadata":{"a":[[]]}}"#)], 3),
        too_deep
    );
}

#[test]
fn depth_violated_by_folders() {
    let name = format!("{}data.json\0", "a/".repeat(100_000));
    let longname = entry(b"x", EntryType::GNULongName, name.as_bytes());
    let archive = tar(&[longname, file("x", "1")]);
    assert_eq!(limited(&archive, LIMITS), Err(Code::BundleTooLarge));
}

#[test]
fn aliases_obeyed() {
    // A list of ten `x` takes 21 bytes.
    let text = "{a: &a [x, x, x, x, x, x, x, x, x, x], b: [*a, *a]}";
    let archive = gzip(&tar(&[file("data.yaml", text)]));
    assert_eq!(
        limited(
            &archive,
            Limits {
                unpacked: 2048,
                ..LIMITS
            }
        ),
        Ok(())
    );
}

#[test]
fn aliases_violated() {
    let level = |n: u32| {
        format!(
            "a{}: &a{} [{}]\n",
            n + 1,
            n + 1,
            format!("*a{n}, ").repeat(6)
        )
    };
    let laughs =
        "a0: &a0 [x, x, x, x, x, x]\n".to_owned() + &(0..20).map(level).collect::<String>();
    assert_eq!(
        deep(&[("data.yaml", &laughs)], 32),
        Err(Code::BundleTooLarge)
    );

    // Many files share one allowance.
    let text = format!("a: &a \"{}\"\nb: [*a, *a, *a, *a, *a]", "x".repeat(100_000));
    let files: [_; 3] = [
        ("a/data.yaml", text.as_str()),
        ("b/data.yaml", &text),
        ("c/data.yaml", &text),
    ];
    assert_eq!(deep(&files[..2], 32), Ok(()));
    assert_eq!(deep(&files, 32), Err(Code::BundleTooLarge));
}

//! What is an archive, and what is a file in one.

use super::*;

const REGO: &str = "package a\n";

#[test]
fn tar_is_read_with_and_without_gzip() {
    let archive = tar(&[file("a.rego", REGO)]);
    let plain = Bundle::unpack(&archive, &LIMITS).unwrap();
    assert_eq!(plain.modules()[0].source, REGO);
    assert_eq!(Bundle::unpack(&gzip(&archive), &LIMITS).unwrap(), plain);
}

#[test]
fn gzip_in_several_members_is_read() {
    let archive = tar(&[file("a.rego", REGO)]);
    let (front, back) = archive.split_at(700);
    let members = [gzip(front), gzip(back)].concat();
    assert_eq!(
        Bundle::unpack(&members, &LIMITS).unwrap().modules().len(),
        1
    );
}

#[test]
fn an_archive_padded_with_zeros_is_read() {
    let mut archive = tar(&[file("a.rego", REGO)]);
    archive.resize(10240, 0);
    assert!(Bundle::unpack(&gzip(&archive), &LIMITS).is_ok());
}

#[test]
fn an_empty_archive_is_an_empty_bundle() {
    let bundle = Bundle::unpack(&gzip(&tar(&[])), &LIMITS).unwrap();
    assert_eq!((bundle.modules().len(), data(&bundle)), (0, "{}".into()));
}

#[test]
fn what_is_no_archive_is_refused() {
    let gzipped_text = gzip(b"package a");
    let mut half_end = tar(&[file("a.rego", REGO)]);
    half_end.truncate(half_end.len() - 512);
    let cases: [&[u8]; 8] = [
        b"",
        b"package a",
        &[0; 512],
        &[0xff; 4096],
        b"\x1f\x8b",
        b"PK\x03\x04",
        &gzipped_text,
        &half_end,
    ];
    for archive in cases {
        assert_eq!(problem_of(archive).code, Code::BundleArchive);
    }
}

#[test]
fn what_follows_the_end_is_refused() {
    let archive = tar(&[file("a.rego", REGO)]);
    let more = [archive.clone(), file("b.rego", REGO)].concat();
    for archive in [
        more.clone(),
        gzip(&more),
        [gzip(&archive), b"x".to_vec()].concat(),
        [gzip(&archive), vec![0; 8]].concat(),
        [archive, b"x".to_vec()].concat(),
    ] {
        assert_eq!(problem_of(&archive).code, Code::BundleArchive);
    }
}

#[test]
fn names_are_normalised() {
    for name in ["a/b.rego", "/a/b.rego", "./a/b.rego"] {
        assert_eq!(
            unpack(&[(name, REGO)]).unwrap().modules()[0].path,
            "a/b.rego"
        );
    }
}

#[test]
fn every_bad_name_is_reported() {
    let names = [
        "../a.rego",
        "a/../../b.rego",
        "a//b.rego",
        "a\\b.rego",
        "C:/a.rego",
        "a\nb.rego",
    ];
    let entries: Vec<_> = names.iter().map(|name| file(name, REGO)).collect();
    let problems = Bundle::unpack(&tar(&entries), &LIMITS).unwrap_err();
    check(&problems);
    assert_eq!(problems.len(), names.len());
    assert!(
        problems
            .iter()
            .all(|problem| problem.code == Code::BundleArchive)
    );
    assert!(
        problems[0].message.contains("`../a.rego`"),
        "{}",
        problems[0].message
    );
}

#[test]
fn a_name_that_is_not_utf8_is_refused() {
    let archive = tar(&[entry(b"a\xff.rego", EntryType::Regular, b"")]);
    assert!(problem_of(&archive).message.contains("is not UTF-8"));
}

#[test]
fn a_file_given_twice_is_refused_however_its_name_is_spelt() {
    for (one, other) in [
        ("a.rego", "./a.rego"),
        ("README", "/README"),
        ("data.json", "data.json"),
    ] {
        let problem = problem(&[(one, "{}"), (other, "{}")]);
        assert_eq!(place(&problem), (Code::BundleArchive, one, 0, 0));
    }
}

#[test]
fn folders_and_global_headers_are_skipped() {
    let archive = tar(&[
        entry(
            b"pax_global_header",
            EntryType::XGlobalHeader,
            b"18 comment=a commit\n",
        ),
        entry(b"./", EntryType::Directory, b""),
        entry(b"a/", EntryType::Directory, b""),
        entry(b"old/", EntryType::Regular, b""),
        file("a/b.rego", REGO),
    ]);
    assert_eq!(
        Bundle::unpack(&archive, &LIMITS).unwrap().modules().len(),
        1
    );
}

#[test]
fn what_is_not_a_plain_file_is_refused_by_name() {
    let cases = [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a pipe"),
        (EntryType::Continuous, "of an unknown type"),
        (EntryType::new(b'V'), "of an unknown type"),
    ];
    for (kind, what) in cases {
        let problem = problem_of(&tar(&[entry(b"data.json", kind, b"")]));
        assert_eq!(problem.code, Code::BundleArchive);
        assert!(
            problem
                .message
                .starts_with(&format!("`data.json` is {what}")),
            "{}",
            problem.message
        );
    }
}

#[test]
fn a_sparse_file_is_refused() {
    let records = entry(b"x", EntryType::XHeader, b"22 GNU.sparse.major=1\n");
    let problem = problem_of(&tar(&[records, file("data.json", "{}")]));
    assert!(
        problem.message.contains("a sparse file"),
        "{}",
        problem.message
    );
}

#[test]
fn long_names_are_read_as_gnu_and_pax_write_them() {
    let long = format!("{}/a.rego", "folder/".repeat(40).trim_end_matches('/'));
    let gnu = entry(
        b"././@LongLink",
        EntryType::GNULongName,
        format!("{long}\0").as_bytes(),
    );
    let record = format!(" path={long}\n");
    let record = format!("{}{record}", record.len() + 3);
    let pax = entry(b"PaxHeaders/a", EntryType::XHeader, record.as_bytes());
    for front in [gnu, pax] {
        let bundle = Bundle::unpack(&tar(&[front, file("short.rego", REGO)]), &LIMITS).unwrap();
        assert_eq!(bundle.modules()[0].path, long);
    }
}

#[test]
fn a_long_name_cannot_lead_out_either() {
    let gnu = entry(b"././@LongLink", EntryType::GNULongName, b"../../a.rego\0");
    let problem = problem_of(&tar(&[gnu, file("a.rego", REGO)]));
    assert!(problem.message.contains("`..`"), "{}", problem.message);
}

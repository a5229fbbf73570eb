"""Reading and packing bundles, and hostile archives."""

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from conftest import POLICY, Opener, archive, bundle
from sark_policy import Bundle, BundleRefused, BundleUnreadable, MemoryExhausted, PolicyHost


def names(packed: Bundle) -> list[str]:
    """Return the names in an archive."""
    with tarfile.open(fileobj=io.BytesIO(packed.archive)) as tar:
        return tar.getnames()


def test_of_files_packs_what_tar_reads() -> None:
    """The standard library reads what is packed, long names and other scripts too."""
    files = {
        "a.rego": "package a",
        "x" * 99 + "/" + "y" * 150 + "/b.rego": "package b",
        "ä/ü.rego": "package c",
        "e": "",
    }
    with tarfile.open(fileobj=io.BytesIO(Bundle.of_files(files).archive)) as tar:
        found = {member.name: tar.extractfile(member).read().decode() for member in tar}  # type: ignore[union-attr]
        assert {0o644} == {member.mode for member in tar}
    assert files == found


@pytest.mark.parametrize("path", ["", "/etc/x.rego", "../x.rego", "a/../../x.rego", "a\0b"])
def test_of_files_refuses_a_path_that_leads_out(path: str) -> None:
    """A path that does not fit into an archive is refused."""
    with pytest.raises(BundleUnreadable):
        Bundle.of_files({path: "package p"})


def test_long_names_cross(opened: Opener) -> None:
    """The component reads long names."""
    name = "/".join(["folder" * 10] * 4) + "/policy.rego"
    assert (name,) == opened(Bundle.of_files({name: POLICY})).describe().modules


def test_read_packs_a_folder(tmp_path: Path) -> None:
    """Of a folder policies, data and manifest count, sorted; the rest does not."""
    for name in (
        "b.rego", "a/z.rego", "a/data.json", "a.rego", "data.yaml", ".manifest", ".signatures.json",
        "readme.md", ".hidden.rego", ".git/x.rego", "a/other.json", "a/.manifest", "d/data.yml",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [
        ".manifest", ".signatures.json", "a/.manifest", "a/data.json", "a/z.rego", "a.rego", "b.rego", "d/data.yml",
        "data.yaml",
    ] == names(Bundle.read(tmp_path))  # fmt: skip


def test_read_follows_links_that_stay_inside(tmp_path: Path) -> None:
    """A mounted `ConfigMap` is read once; a link that leads out is left out."""
    folder = tmp_path / "mounted"
    (folder / "..2026").mkdir(parents=True)
    (folder / "..2026/policy.rego").write_text(POLICY)
    (folder / "..data").symlink_to("..2026")
    (folder / "policy.rego").symlink_to("..data/policy.rego")
    (tmp_path / "secret.rego").write_text("package secret")
    (folder / "secret.rego").symlink_to("../secret.rego")
    (folder / "gone.rego").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")
    assert ["policy.rego"] == names(Bundle.read(folder))


def test_read_is_reproducible(tmp_path: Path) -> None:
    """The same folder gives the same bytes, whatever its times."""
    (tmp_path / "policy.rego").write_text(POLICY)
    first = Bundle.read(tmp_path)
    os.utime(tmp_path / "policy.rego", (1, 1))
    assert first == Bundle.read(tmp_path)
    assert hash(first) == hash(Bundle.read(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_read_tells_what_it_may_not_read(tmp_path: Path) -> None:
    """A file without permission is unreadable."""
    (tmp_path / "policy.rego").write_text(POLICY)
    (tmp_path / "policy.rego").chmod(0)
    with pytest.raises(BundleUnreadable):
        Bundle.read(tmp_path)


def test_the_revision_is_the_contents(opened: Opener, tmp_path: Path) -> None:
    """Without a manifest, a folder, its archive and its files have the same revision."""
    (tmp_path / "policy.rego").write_text(POLICY)
    sources = [tmp_path, archive(("policy.rego", POLICY.encode())), Bundle.of_files({"policy.rego": POLICY})]
    assert 1 == len({opened(source).describe().revision for source in sources})


def traversal(name: str) -> bytes:
    """Make an archive with a file of this name."""
    return archive((name, b"package x"), ("policy.rego", POLICY.encode()))


def link(kind: bytes) -> bytes:
    """Make an archive with a link."""
    info = tarfile.TarInfo("link.rego")
    info.type, info.linkname = kind, "/etc/passwd"
    return archive((info, b""), ("policy.rego", POLICY.encode()))


PACKED = archive(("policy.rego", POLICY.encode()), ("data.json", os.urandom(3000).hex().encode()))
BOMB = gzip.compress(archive(("data.json", b'"' + b"a" * (200 << 20) + b'"'), mode="w"), 1)

HOSTILE = {
    "nothing": b"",
    "text": b"package p",
    "upwards": traversal("../x.rego"),
    "upwards within": traversal("a/../../x.rego"),
    "truncated gzip": PACKED[: len(PACKED) // 2],
    "damaged gzip": PACKED[:500] + bytes(16) + PACKED[516:],
    "truncated tar": gzip.decompress(PACKED)[:700],
    "duplicate keys": bundle(**{"data.json": '{"a": 1, "a": 2}'}).archive,
    "invalid utf-8 in data": Bundle.of_files({"data.json": b'{"a": "\xff"}'}).archive,
    "invalid utf-8 in a policy": Bundle.of_files({"policy.rego": b'package p\nx := "\xff"'}).archive,
    "deep data": bundle(**{"data.json": '{"a":' * 10_000 + "1" + "}" * 10_000}).archive,
    "data is a list": bundle(**{"data.json": "[]"}).archive,
    "data twice": bundle(**{"data.json": '{"a": 1}', "data.yaml": "a: 2"}).archive,
    "laughs": bundle(
        **{"data.yaml": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))}
    ).archive,
    "manifest is no json": Bundle.of_files({".manifest": "{", "policy.rego": POLICY}).archive,
    "outside the roots": Bundle.of_files({".manifest": '{"roots": ["q"]}', "policy.rego": POLICY}).archive,
    "signed": bundle(**{".signatures.json": "{}"}).archive,
    "v0 policy": bundle("package p\nx { true }").archive,
    "http": bundle('package p\nx := http.send({"url": "http://x", "method": "get"})').archive,
}


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_a_hostile_bundle_is_refused(host: PolicyHost, case: str) -> None:
    """Each is refused with a problem and a cure, and what is current goes on."""
    with pytest.raises(BundleRefused) as caught:
        host.activate(HOSTILE[case])
    for problem in caught.value.problems:
        assert problem.code
        assert problem.message
        assert problem.cure
    assert ("r1", 1) == (host.describe().revision, host.decide("p/ok", {}).result)


def test_an_archive_bomb_is_refused(host: PolicyHost) -> None:
    """200 MiB in a few KB are refused, by their size or because they fill the memory."""
    with pytest.raises((BundleRefused, MemoryExhausted)):
        host.activate(BOMB)
    assert ("r1", 1) == (host.describe().revision, host.decide("p/ok", {}).result)


def test_an_archive_bomb_is_refused_by_its_size(opened: Opener) -> None:
    """Where the limit on the unpacked size comes first, that is the problem."""
    with pytest.raises(BundleRefused) as caught:
        opened(BOMB, unpacked=16 << 20)
    assert ["bundle_too_large"] == [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("case", ["absolute", "symbolic link", "hard link", "device"])
def test_a_strange_member_does_no_harm(host: PolicyHost, case: str) -> None:
    """A member that is no plain file within the bundle is refused or left out, never followed."""
    source = {
        "absolute": traversal("/etc/x.rego"),
        "symbolic link": link(tarfile.SYMTYPE),
        "hard link": link(tarfile.LNKTYPE),
        "device": link(tarfile.CHRTYPE),
    }[case]
    try:
        described = host.activate(source)
    except BundleRefused:
        assert "r1" == host.describe().revision
    else:
        assert "link.rego" not in described.modules
    assert 1 == host.decide("p/ok", {}).result

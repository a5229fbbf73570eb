"""Watching a bundle on disk."""

import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Opener, archive, bundle
from sark_policy import Activated, BundleRefused, BundleUnreadable, PolicyHost, Refused, Watch, WatchFailed

pytest.importorskip("watchfiles")

Told = tuple[PolicyHost, Path, "queue.Queue[Activated | Refused]"]


def policy(number: int) -> str:
    """Make a policy."""
    return f"package p\n\nok := {number}\n"


def manifest(number: int) -> str:
    """Make a manifest."""
    return f'{{"revision": "r{number}"}}'


@pytest.fixture
def watched(opened: Opener, tmp_path: Path) -> Iterator[Told]:
    """A host that watches a folder."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / ".manifest").write_text(manifest(1))
    (folder / "policy.rego").write_text(policy(1))
    host = opened(folder)
    told: queue.Queue[Activated | Refused] = queue.Queue()
    with host.watch(folder, told.put):
        yield host, folder, told


def test_a_change_goes_live(watched: Told) -> None:
    """What is written goes live and is told."""
    host, folder, told = watched
    (folder / ".manifest").write_text(manifest(2))
    (folder / "policy.rego").write_text(policy(2))
    assert Activated("r2") == told.get(timeout=30)
    assert 2 == host.decide("p/ok", {}).result


def test_what_is_refused_changes_nothing(watched: Told) -> None:
    """A damaged bundle is told, and what comes after it goes live."""
    host, folder, told = watched
    (folder / "policy.rego").write_text("package p\nok := ")
    refused = told.get(timeout=30)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, BundleRefused)
    assert 1 == host.decide("p/ok", {}).result
    (folder / ".manifest").write_text(manifest(3))
    (folder / "policy.rego").write_text(policy(3))
    assert Activated("r3") == told.get(timeout=30)


def test_what_does_not_count_is_no_change(watched: Told) -> None:
    """A file that does not belong to the bundle, or the same contents again, are nothing new."""
    host, folder, told = watched
    (folder / "notes.txt").write_text("x")
    (folder / "policy.rego").write_text(policy(1))
    with pytest.raises(queue.Empty):
        told.get(timeout=1.5)
    assert 1 == host.stats().activations


def test_an_archive_replaced_by_renaming(opened: Opener, tmp_path: Path) -> None:
    """Publishing by renaming goes live; so does what was published just as the watch began."""
    path = tmp_path / "bundle.tar.gz"

    def publish(number: int) -> None:
        packed = archive((".manifest", manifest(number).encode()), ("policy.rego", policy(number).encode()))
        (tmp_path / "new").write_bytes(packed)
        os.replace(tmp_path / "new", path)

    publish(1)
    host = opened(path)
    told: queue.Queue[Activated | Refused] = queue.Queue()
    with host.watch(path, told.put):
        publish(2)
        assert Activated("r2") == told.get(timeout=30)
        publish(3)
        assert Activated("r3") == told.get(timeout=30)
        path.unlink()
        gone = told.get(timeout=30)
        assert isinstance(gone, Refused)
        assert isinstance(gone.error, BundleUnreadable)
    assert 3 == host.decide("p/ok", {}).result


def test_a_mounted_config_map(opened: Opener, tmp_path: Path) -> None:
    """Kubernetes swaps a link; that goes live as one change."""
    for number in (1, 2):
        version = tmp_path / f"..{number}"
        version.mkdir()
        (version / "policy.rego").write_text(policy(number))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "policy.rego").symlink_to("..data/policy.rego")
    host = opened(tmp_path)
    told: queue.Queue[Activated | Refused] = queue.Queue()
    with host.watch(tmp_path, told.put):
        (tmp_path / "..tmp").symlink_to("..2")
        os.replace(tmp_path / "..tmp", tmp_path / "..data")
        assert isinstance(told.get(timeout=30), Activated)
    assert 2 == host.decide("p/ok", {}).result


def test_who_is_told_may_raise(watched: Told, opened: Opener, tmp_path: Path) -> None:
    """The watch goes on."""
    _, folder, _ = watched
    other = opened(folder)
    seen: queue.Queue[object] = queue.Queue()

    def told(event: object) -> None:
        seen.put(event)
        raise ValueError

    with other.watch(folder, told):
        for number in (2, 3):
            (folder / ".manifest").write_text(manifest(number))
            assert Activated(f"r{number}") == seen.get(timeout=30)


def test_close_ends_the_watch(watched: Told) -> None:
    """After `close` nothing goes live; closing twice does nothing."""
    host, folder, _ = watched
    watch = host.watch(folder)
    assert isinstance(watch, Watch)
    watch.close()
    watch.close()
    assert not any(thread.is_alive() for thread in watch._threads)


def test_the_watch_ends_with_its_host(opened: Opener, tmp_path: Path) -> None:
    """A closed host is watched no longer."""
    (tmp_path / "policy.rego").write_text(policy(1))
    host = opened(tmp_path)
    watch = host.watch(tmp_path)
    host.close()
    (tmp_path / "policy.rego").write_text(policy(2))
    for thread in watch._threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in watch._threads)


def test_a_folder_that_is_not_there(host: PolicyHost, tmp_path: Path) -> None:
    """It cannot be watched."""
    with pytest.raises(WatchFailed):
        host.watch(tmp_path / "nothing" / "bundle.tar.gz")


def test_without_the_extra(tmp_path: Path) -> None:
    """Where watchfiles is missing, the error says what to install."""
    (tmp_path / "watchfiles.py").write_text("raise ImportError")
    script = """
from conftest import bundle
from sark_policy import *
try:
    PolicyHost.open(bundle()).watch(".")
except WatchFailed as error:
    print(error.reason)
"""
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "install `sark-policy[watch]`" == done.stdout.strip()


def test_bundle_helper_is_a_bundle() -> None:
    """The helper's bundle is the one that the folder above has."""
    assert bundle() == bundle()

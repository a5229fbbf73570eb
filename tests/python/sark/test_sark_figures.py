"""The figures of the engine and the cache: read at a scrape, and noted by each worker."""

from pathlib import Path
from typing import Any

import pytest

from conftest import Opener, bundle
from sark_policy import Cache, PolicyHost
from sark_policy.sark import metrics
from scraping import SHOW, Grown, at, now, said, samples, started


class Runtime:
    """What is observed: an engine and a cache."""

    def __init__(self, host: PolicyHost, cache: Cache) -> None:
        self.host = host
        self.opened = True
        self.engine = self
        self.cache = Held(cache)

    @property
    def revision(self) -> str:
        """Name what decides."""
        return self.host.describe().revision

    def digest(self, revision: str) -> str:
        """Return what stands for the bundle of a revision."""
        return f"digest-of-{revision}"


class Held:
    """A handle on a cache."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache


@pytest.fixture
def observed(opened: Opener) -> Any:
    """A runtime with a real engine and a real cache, observed for as long as a test takes."""
    with Cache.open(entries=2) as cache:
        runtime = Runtime(opened(), cache)
        metrics.observe(runtime)
        yield runtime
        metrics.unobserve(runtime)


def test_the_engine_is_observed(observed: Runtime) -> None:
    """Generation, revision, activations, rollbacks, memory and the caches are read at a scrape."""
    grown = Grown()
    assert 1 == at(grown.before, "sark_policy_workers", revision="r1", digest="digest-of-r1")
    observed.host.decide("p/allow", {"roles": ["admin"]})
    observed.host.decide("p/allow", {"roles": ["admin"]})
    observed.host.activate(bundle(revision="r2"))
    for n in range(3):
        observed.cache.cache.set(str(n), "value")
    assert 1 == grown.by("sark_policy_engine_activations_total")
    assert 2 == at(now(), "sark_policy_engine_generation_max") == at(now(), "sark_policy_engine_generation_min")
    assert 1 == at(now(), "sark_policy_workers", revision="r2", digest="digest-of-r2")
    assert ("sark_policy_workers", frozenset({("revision", "r1"), ("digest", "digest-of-r1")})) not in now()
    observed.host.rollback()
    assert 1 == grown.by("sark_policy_engine_rollbacks_total")
    assert 1 == at(now(), "sark_policy_workers", revision="r1", digest="digest-of-r1")
    assert 1 << 16 < at(now(), "sark_policy_engine_memory_bytes")
    assert 1 << 20 < at(now(), "sark_policy_workers_resident_bytes")
    assert 2 == at(now(), "sark_policy_cache_entries")
    assert 12 <= at(now(), "sark_policy_cache_size_bytes")
    assert 1 == grown.by("sark_policy_cache_evictions_total")


def test_a_trap_is_observed(opened: Opener) -> None:
    """A call that took too long counts as a trap and as a deadline."""
    policy = "package p\n\nslow := count([1 | numbers.range(1, 100000)[_]; numbers.range(1, 100000)[_]])\n"
    with Cache.open() as cache:
        runtime = Runtime(opened(bundle(policy), deadline=0.02), cache)
        metrics.observe(runtime)
        grown = Grown()
        with pytest.raises(Exception, match="deadline"):
            runtime.host.decide("p/slow", {})
        assert 1 == grown.by("sark_policy_engine_traps_total") == grown.by("sark_policy_engine_deadlines_total")
        metrics.unobserve(runtime)


def test_nothing_is_shown_of_a_runtime_that_stopped(opened: Opener) -> None:
    """Levels of what is no longer there are 0; what was counted stays."""
    with Cache.open() as cache:
        runtime = Runtime(opened(), cache)
        metrics.observe(runtime)
        cache.set("key", "value")
        activations = at(now(), "sark_policy_engine_activations_total")
        metrics.unobserve(runtime)
    found = now()
    assert activations == at(found, "sark_policy_engine_activations_total") > 0
    assert 0 == at(found, "sark_policy_cache_entries") == at(found, "sark_policy_engine_memory_bytes")
    assert ("sark_policy_workers", frozenset({("revision", "r1"), ("digest", "digest-of-r1")})) not in found


def test_a_closed_engine_does_no_harm(opened: Opener) -> None:
    """A scrape while the engine or the cache goes down answers all the same."""
    cache = Cache.open()
    runtime = Runtime(opened(), cache)
    metrics.observe(runtime)
    runtime.host.close()
    cache.close()
    assert 1 == at(now(), "sark_policy_workers", revision="none", digest="none")
    metrics.unobserve(runtime)


def test_workers_note_their_engines(tmp_path: Path) -> None:
    """A scrape reaches one worker, and shows the engines of all."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    (tmp_path / "p.rego").write_text("package p\n\nallow := true\n")
    (tmp_path / ".manifest").write_text('{"revision": "r1"}')
    script = """
import sys, time
from sark_policy import Cache, PolicyHost
from sark_policy.sark import metrics
from sark_policy.sark.metrics import figures
figures.EVERY = 0.01
class Runtime:
    revision = "r1"
    def digest(self, revision): return "digest-of-r1"
runtime, runtime.opened = Runtime(), True
runtime.engine, runtime.host = runtime, PolicyHost.open(sys.argv[1], deadline=10.0)
runtime.cache, runtime.cache.cache = Runtime(), Cache.open(deadline=10.0)
metrics.observe(runtime)
for n in range(5):
    runtime.cache.cache.set(str(n), "value")
while "sark_policy_cache_entries 10.0" not in (text := metrics.exposition()[0].decode()):
    time.sleep(0.01)
print("done", flush=True)
sys.stdin.read()
"""
    workers = [started(folder, script, str(tmp_path)) for _ in range(2)]
    assert ["done\n", "done\n"] == [worker.stdout.readline() for worker in workers if worker.stdout]
    found = samples(said(started(folder, SHOW)))
    assert 2 == at(found, "sark_policy_workers", revision="r1", digest="digest-of-r1")
    assert 2 == at(found, "sark_policy_engine_activations_total")
    for worker in workers:
        said(worker)

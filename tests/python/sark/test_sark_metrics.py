"""The metrics: their names, what counts under which, many workers, other registries, and the comparison."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from conftest import Opener, bundle
from sark_policy import Cache, PolicyHost
from sark_policy.sark import metrics, tally
from sark_policy.sark.answer import Failure
from sark_policy.sark.comparison import quantile
from sark_policy.sark.families import FAMILIES
from sark_policy.sark.tallies import ASKED, DECISION_BUCKETS
from sark_policy.sark.tally import OTHER, Count, Label, Tally

GATEWAY = """
opa_evaluation_duration_seconds histogram implementation
opa_evaluation_total counter implementation result
opa_evaluation_errors_total counter implementation error_type
cache_operation_duration_seconds histogram implementation operation
cache_operations_total counter implementation operation result
feature_flag_assignments_total counter feature implementation
feature_flag_rollout_percentage gauge feature
implementation_fallback_total counter feature error_type
sark_policy_evaluations_total counter action sensitivity_level result
sark_policy_evaluation_duration_seconds histogram action sensitivity_level cache_status
sark_policy_evaluation_errors_total counter error_type
sark_opa_request_duration_seconds histogram policy
sark_policy_cache_hits_total counter sensitivity_level
sark_policy_cache_misses_total counter sensitivity_level
sark_policy_cache_stale_hits_total counter sensitivity_level
sark_policy_cache_revalidations_total counter status
sark_policy_cache_latency_seconds histogram operation
sark_policy_cache_entries gauge
sark_policy_cache_size_bytes gauge
sark_batch_policy_evaluations_total counter
sark_batch_evaluation_size histogram
sark_batch_evaluation_duration_seconds histogram
sark_policy_allows_total counter action sensitivity_level
sark_policy_denials_total counter action sensitivity_level
sark_redis_connection_errors_total counter
"""
"""What the gateway's dashboards and alerts use: names, types, labels."""

COUNT = """
import sys
from sark_policy.sark import metrics, tally
from sark_policy.sark.answer import Failure
for _ in range(int(sys.argv[1])):
    metrics.evaluated("rust", "tool:invoke", "high", True, "miss", 0.0004)
    metrics.evaluation_failed("python", Failure.TIMEOUT)
metrics.circuit("python", "open")
metrics.rollout("rust_opa", int(sys.argv[2]))
"""

SHOW = """
from sark_policy.sark import metrics, tally
print(metrics.exposition()[0].decode())
"""

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Read an exposition, as Prometheus does."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def now() -> Samples:
    """Read what is exposed now."""
    return samples(metrics.exposition()[0].decode())


def at(found: Samples, name: str, **labels: str) -> float:
    """Return a figure, 0 if there is none."""
    return found.get((name, frozenset(labels.items())), 0.0)


class Grown:
    """What has grown since."""

    def __init__(self) -> None:
        self.before = now()

    def by(self, name: str, **labels: str) -> float:
        """Return by how much."""
        return at(now(), name, **labels) - at(self.before, name, **labels)


@pytest.mark.parametrize("line", GATEWAY.strip().splitlines(), ids=lambda line: line.split()[0])
def test_the_gateways_name_is_exposed(line: str) -> None:
    """Dashboards and alerts that exist find each metric by its name, type and labels."""
    name, kind, *labels = line.split()
    found = [(family.kind, list(family.labels)) for family in FAMILIES if family.name == name]
    assert [(kind, labels)] == found


def test_a_rollout_percentage_is_a_gauge() -> None:
    """The old one was a histogram, so the dashboard's panel was empty."""
    metrics.rollout("rust_opa", 25)
    assert 25 == at(now(), "feature_flag_rollout_percentage", feature="rust_opa")
    metrics.rollout("rust_opa", 0)
    assert 0 == now()[("feature_flag_rollout_percentage", frozenset({("feature", "rust_opa")}))]


def test_a_set_is_not_a_hit() -> None:
    """The old path counted what was stored as found."""
    grown = Grown()
    metrics.cache_operation("rust", "set", "stored", 1e-5)
    assert 1 == grown.by("cache_operations_total", implementation="rust", operation="set", result="stored")
    assert 0 == grown.by("cache_operations_total", implementation="rust", operation="set", result="hit")
    assert 1 == grown.by("cache_operation_duration_seconds_count", implementation="rust", operation="set")
    assert 1 == grown.by("sark_policy_cache_latency_seconds_bucket", operation="set", le="1e-05")


def test_a_decision_counts_under_every_name() -> None:
    """One call fills the metrics of the rollout and those of the policies."""
    grown = Grown()
    metrics.evaluated("rust", "tool:invoke", "high", True, "miss", 0.0004)
    request = {"action": "tool:invoke", "sensitivity_level": "high"}
    assert 1 == grown.by("opa_evaluation_total", implementation="rust", result="allow")
    assert 1 == grown.by("sark_policy_evaluations_total", **request, result="allow")
    assert 1 == grown.by("sark_policy_allows_total", **request)
    assert 0 == grown.by("sark_policy_denials_total", **request)
    duration = "sark_policy_evaluation_duration_seconds"
    assert 0 == grown.by(f"{duration}_bucket", **request, cache_status="miss", le="0.00025")
    assert 1 == grown.by(f"{duration}_bucket", **request, cache_status="miss", le="0.0005")
    assert 1 == grown.by(f"{duration}_bucket", **request, cache_status="miss", le="+Inf")
    assert 0.0004 == pytest.approx(grown.by(f"{duration}_sum", **request, cache_status="miss"))


def test_a_decision_from_the_cache_is_no_evaluation() -> None:
    """What compares the two engines leaves out what neither of them was asked."""
    grown = Grown()
    metrics.evaluated("rust", "tool:invoke", "high", False, "hit", 0.00001)
    assert 0 == grown.by("opa_evaluation_total", implementation="rust", result="deny")
    assert 1 == grown.by("sark_policy_denials_total", action="tool:invoke", sensitivity_level="high")


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure.TIMEOUT, "timeout"),
        (Failure.CONNECTION, "connection"),
        (Failure.OPEN, "connection"),
        (Failure.EVALUATION, "evaluation"),
        (Failure.TRAP, "evaluation"),
        (Failure.INPUT, "evaluation"),
    ],
)
def test_a_failure_has_the_gateways_kind_and_its_own(failure: Failure, kind: str) -> None:
    """Existing alerts know three kinds, and `opa_connection`; ours tell them all apart."""
    grown = Grown()
    metrics.evaluation_failed("python", failure)
    metrics.fell_back("rust_opa", failure)
    assert 1 == grown.by("opa_evaluation_errors_total", implementation="python", error_type=kind)
    assert 1 == grown.by("sark_policy_evaluation_errors_total", error_type=f"opa_{failure.value}")
    assert 1 == grown.by("implementation_fallback_total", feature="rust_opa", error_type=failure.value)


def test_requests_to_opa_are_those_over_http() -> None:
    """A request in-process is none to OPA."""
    grown = Grown()
    metrics.asked("python", "mcp/gateway/result", 0.003)
    metrics.asked("rust", "mcp/gateway/result", 0.00003)
    assert 1 == grown.by("sark_opa_request_duration_seconds_count", policy="mcp/gateway/result")
    for side in ("rust", "python"):
        assert 1 == grown.by("opa_evaluation_duration_seconds_count", implementation=side)


def test_the_rest_counts() -> None:
    """Each other function has its metric."""
    grown = Grown()
    metrics.cache_served("hit", "critical")
    metrics.cache_served("miss", "critical")
    metrics.cache_served("stale", "critical")
    metrics.cache_batch("get", 100)
    metrics.revalidated(True)
    metrics.revalidated(False)
    metrics.assigned("rust_cache", "python")
    metrics.batch(100, 0.002)
    metrics.shadow("dropped", 3)
    metrics.store_failed()
    metrics.undecided("connection", 2)
    metrics.circuit("python", "half_open")
    for kind in ("hits", "misses", "stale_hits"):
        assert 1 == grown.by(f"sark_policy_cache_{kind}_total", sensitivity_level="critical")
    assert 100 == grown.by("sark_policy_cache_batch_size_sum", operation="get")
    assert 1 == grown.by("sark_policy_cache_batch_operations_total", operation="get")
    assert 1 == grown.by("sark_policy_cache_revalidations_total", status="success")
    assert 1 == grown.by("sark_policy_cache_revalidations_total", status="failure")
    assert 1 == grown.by("feature_flag_assignments_total", feature="rust_cache", implementation="python")
    assert 1 == grown.by("sark_batch_policy_evaluations_total")
    assert 100 == grown.by("sark_batch_evaluation_size_sum")
    assert 1 == grown.by("sark_batch_evaluation_duration_seconds_bucket", le="0.0025")
    assert 3 == grown.by("sark_policy_shadow_total", kind="dropped")
    assert 1 == grown.by("sark_redis_connection_errors_total")
    assert 2 == grown.by("sark_policy_undecided_total", cause="connection")
    assert 1 == grown.by("sark_policy_circuit_changes_total", implementation="python", state="half_open")
    assert 1 == at(now(), "sark_policy_circuits", implementation="python", state="half_open")
    metrics.circuit("python", "closed")
    assert 0 == at(now(), "sark_policy_circuits", implementation="python", state="half_open")
    assert 1 == at(now(), "sark_policy_circuits", implementation="python", state="closed")


def test_callers_cannot_make_series() -> None:
    """Ten thousand actions, levels and entry points are a handful of series; the rest is `other`."""
    for n in range(10_000):
        metrics.evaluated("rust", f"action-{n}", f"level-{n}", True, "miss", 0.0001)
        metrics.asked("python", f"path/{n}", 0.001)
    found = now()
    assert 60 >= len({labels for name, labels in found if name == "sark_policy_evaluations_total"})
    assert 33 >= len({labels for name, labels in found if name == "sark_opa_request_duration_seconds_count"})
    request = {"action": OTHER, "sensitivity_level": OTHER}
    assert 9_900 <= at(found, "sark_policy_evaluations_total", **request, result="allow")


@pytest.mark.parametrize("word", ["\udc80", "a\nb", 'a"b', "", "x" * 1000, "ünï", None, 7, ["list"]])
def test_a_label_that_is_none_does_no_harm(word: Any) -> None:
    """Whatever a caller says, counting does not raise and the exposition stays readable."""
    metrics.evaluated("rust", word, word, True, "miss", 0.0001)
    metrics.asked(word, word, 0.0001)
    metrics.cache_served(word, word)
    metrics.rollout(word, 5)
    assert now()


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), None])
def test_a_duration_that_is_none_does_no_harm(seconds: Any) -> None:
    """A clock that went backwards must not deny a request."""
    metrics.asked("rust", "mcp/gateway/result", seconds)
    assert at(now(), "opa_evaluation_duration_seconds_sum", implementation="rust") >= 0


def test_combinations_of_labels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few values of many labels are many series; beyond a limit the callers' words count as `other`."""
    monkeypatch.setattr(tally, "MOST", 10)
    count = Count("test_of_combinations", Label("known", ("a", "b")), Label("free", (), room=20))
    for known in ("a", "b"):
        for n in range(20):
            count.add((known, str(n)))
    (metric,) = count._counter.collect()
    counted = [sample for sample in metric.samples if sample.name.endswith("_total")]
    found = {(sample.labels["known"], sample.labels["free"]): sample.value for sample in counted}
    assert 12 == len(found)
    assert 10 == found[("a", OTHER)]
    assert 20 == found[("b", OTHER)]


def test_labels_have_room_for_the_first_ones() -> None:
    """A label takes what it knows, then as many others as it has room for."""
    label = Label("x", ("a",), room=2)
    assert ["a", "b", "c", OTHER, "b"] == [label.of(value) for value in ("a", "b", "c", "d", "b")]


def test_errors_are_there_before_the_first() -> None:
    """A rate over a series that begins with its first error would never see it."""
    found = samples(subprocess.check_output([sys.executable, "-c", SHOW], text=True, env=alone()))
    for side in ("rust", "python"):
        for kind in ("timeout", "connection", "evaluation"):
            series = frozenset({("implementation", side), ("error_type", kind)})
            assert 0 == found[("opa_evaluation_errors_total", series)]
    assert 0 == found[("sark_policy_evaluation_errors_total", frozenset({("error_type", "opa_connection")}))]
    assert 0 == found[("implementation_fallback_total", frozenset({("feature", "rust_opa"), ("error_type", "trap")}))]
    assert 0 == found[("sark_policy_cache_revalidations_total", frozenset({("status", "failure")}))]


def alone(**variables: str) -> dict[str, str]:
    """Return the environment of a process that counts by itself, or in the folder that it is told."""
    kept = {name: value for name, value in os.environ.items() if name.lower() != "prometheus_multiproc_dir"}
    return {**kept, **variables}


def started(folder: Path, script: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a worker that counts in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=alone(PROMETHEUS_MULTIPROC_DIR=str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: "subprocess.Popen[str]") -> str:
    """Return what a worker printed until it ended."""
    out, _ = process.communicate(timeout=60)
    assert 0 == process.returncode
    return out


def test_workers_count_together(tmp_path: Path) -> None:
    """Any worker's exposition shows the figures of all, of those that ended too; levels only of the living."""
    waits = f"{COUNT}\nprint('counted', flush=True)\nsys.stdin.read()\n"
    workers = [started(tmp_path, waits, str(times), "50") for times in (10, 20)]
    assert ["counted\n", "counted\n"] == [worker.stdout.readline() for worker in workers if worker.stdout]
    ended = started(tmp_path, COUNT, "30", "75")
    assert "" == said(ended)
    found = samples(said(started(tmp_path, SHOW)))
    assert 60 == at(found, "opa_evaluation_total", implementation="rust", result="allow")
    assert 60 == at(found, "opa_evaluation_errors_total", implementation="python", error_type="timeout")
    duration = {"action": "tool:invoke", "sensitivity_level": "high", "cache_status": "miss"}
    assert 60 == at(found, "sark_policy_evaluation_duration_seconds_bucket", **duration, le="0.0005")
    assert 2 == at(found, "sark_policy_circuits", implementation="python", state="open")
    assert 75 == at(found, "feature_flag_rollout_percentage", feature="rust_opa")
    for worker in workers:
        said(worker)
    found = samples(said(started(tmp_path, SHOW)))
    assert 60 == at(found, "opa_evaluation_total", implementation="rust", result="allow")
    assert 0 == at(found, "sark_policy_circuits", implementation="python", state="open")


def test_a_child_counts_by_itself(tmp_path: Path) -> None:
    """What a parent counted before it forks is not counted again by its child, nor is any of it lost."""
    forks = f"{COUNT}\nimport os\npid = os.fork()\nmetrics.store_failed()\nif pid:\n    os.waitpid(pid, 0)\n"
    said(started(tmp_path, forks, "10", "5"))
    found = samples(said(started(tmp_path, SHOW)))
    assert 10 == at(found, "opa_evaluation_total", implementation="rust", result="allow")
    assert 2 == at(found, "sark_redis_connection_errors_total")


def test_what_cannot_be_counted_is_lost(tmp_path: Path) -> None:
    """A folder that is gone costs the figures and one line of the log, not the decisions."""
    folder = tmp_path / "gone"
    script = f"from sark_policy.sark import metrics\nimport shutil; shutil.rmtree({str(folder)!r})\n"
    script += "for n in range(9): metrics.rollout('rust_opa', n); metrics.asked('rust', 'a/b', 0.1)\n"
    folder.mkdir()
    assert 1 == said(started(folder, script)).count("metrics_lost")


def test_own_metrics_stay_in_another_registry() -> None:
    """The gateway's own `/metrics` shows ours, without those that it has itself, and none twice."""
    other = CollectorRegistry()
    Counter("opa_evaluation", "Of the gateway.", ["implementation"], registry=other).labels("rust").inc(7)
    metrics.expose_in(other)
    metrics.expose_in(other)
    try:
        text = generate_latest(other).decode()
        assert 7 == at(samples(text), "opa_evaluation_total", implementation="rust")
        assert 1 == text.count("# TYPE opa_evaluation_total counter")
        assert 1 == text.count("# TYPE opa_evaluation_errors_total counter")
        # What comes later is the gateway's own too.
        Counter("opa_evaluation_errors", "Of the gateway.", registry=other)
        text = generate_latest(other).decode()
        assert 1 == text.count("# TYPE opa_evaluation_errors_total counter")
        assert 1 == text.count("# TYPE cache_operations_total counter")
    finally:
        metrics.unexpose_in(other)
    metrics.unexpose_in(other)
    assert "cache_operations_total" not in generate_latest(other).decode()


def test_metrics_that_nobody_writes_any_more_are_replaced() -> None:
    """With `instead`, the old path's metrics make room for ours, and come back afterwards."""
    other = CollectorRegistry()
    Counter("opa_evaluation", "Of the gateway.", ["implementation"], registry=other).labels("rust").inc(7)
    Counter("requests", "Of the gateway.", registry=other).inc()
    metrics.expose_in(other, instead=True)
    try:
        found = samples(generate_latest(other).decode())
        assert ("opa_evaluation_total", frozenset({("implementation", "rust")})) not in found
        assert ("opa_evaluation_total", frozenset({("implementation", "rust"), ("result", "deny")})) in found
        assert 1 == at(found, "requests_total")
    finally:
        metrics.unexpose_in(other)
    assert 7 == at(samples(generate_latest(other).decode()), "opa_evaluation_total", implementation="rust")


def test_ours_do_not_get_into_the_default_registry_by_themselves() -> None:
    """Importing us changes nobody's `/metrics`."""
    assert b"sark_policy" not in generate_latest(prometheus_client.REGISTRY)
    assert b"sark_policy" in metrics.exposition()[0]


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
from sark_policy.sark import figures, metrics
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


def test_the_comparison_has_real_figures(run: Callable[..., str]) -> None:
    """Counts, errors and quantiles are those of what happened, where the old route answered zeros."""
    script = """
import json
from sark_policy.sark import metrics, tally
from sark_policy.sark.answer import Failure
for n in range(1, 1001):
    metrics.asked("rust", "p", n / 1e6)
    metrics.asked("python", "p", n / 1e3)
for _ in range(250):
    metrics.evaluation_failed("python", Failure.CONNECTION)
for result in ("hit", "hit", "miss", "error"):
    metrics.cache_operation("rust", "get", result, 8e-6)
metrics.cache_operation("rust", "set", "stored", 1)
print(json.dumps(metrics.comparison()))
"""
    compared = json.loads(run(script))
    assert ["rust_opa", "python_opa", "rust_cache", "python_cache"] == list(compared)
    mine, theirs = compared["rust_opa"], compared["python_opa"]
    assert (1000, 0, 0) == (mine["count"], mine["errors"], mine["error_rate"])
    assert (1000, 250, 0.2) == (theirs["count"], theirs["errors"], theirs["error_rate"])
    for figures, unit in ((mine, 1e-3), (theirs, 1)):
        assert 0.5005 * unit == pytest.approx(figures["mean_seconds"])
        # Estimates are right to within a bucket.
        assert 0.5 * unit == pytest.approx(figures["p50_seconds"], rel=0.02)
        assert 0.95 * unit == pytest.approx(figures["p95_seconds"], rel=0.06)
        assert 0.99 * unit == pytest.approx(figures["p99_seconds"], rel=0.02)
    assert (3, 1, 0.25) == tuple(compared["rust_cache"][name] for name in ("count", "errors", "error_rate"))
    assert 8e-6 == pytest.approx(compared["rust_cache"]["mean_seconds"])
    assert None is compared["python_cache"]["p50_seconds"]


def test_a_quantile_above_all_buckets_is_the_highest_bound() -> None:
    """As Prometheus does; nothing is known beyond."""
    buckets = [0.0] * len(DECISION_BUCKETS) + [3.0]
    assert 5 == quantile(0.5, ASKED, buckets)
    assert None is quantile(0.5, ASKED, [0.0] * len(buckets))


def test_tallies_of_any_number() -> None:
    """Several things at once count as several, with what they add up to."""
    tally, count = Tally("test_of_many", (1, 2), Label("a", ("x",))), Count("test_of_count")
    tally.add(("x",), 1.5, 4)
    count.add((), 3)
    found = {
        (sample.name, sample.labels.get("upto")): sample.value
        for metric in (*tally._counter.collect(), *tally._sums.collect(), *count._counter.collect())
        for sample in metric.samples
    }
    assert 4 == found[(f"{tally.name}_total", "2.0")]
    assert 6 == found[(f"{tally.sum}_total", None)]
    assert 3 == found[(f"{count.name}_total", None)]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_has_no_complaint() -> None:
    """Prometheus' own linter reads the exposition and finds nothing to say."""
    metrics.evaluated("rust", "tool:invoke", "high", True, "miss", 0.0004)
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics.exposition()[0], capture_output=True, check=False
    )
    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)

"""The exposition: of many workers, of a forked one, in other registries, and to Prometheus' liking."""

import shutil
import subprocess
import sys
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from sark_policy.sark import metrics
from scraping import COUNT, SHOW, alone, at, said, samples, started


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


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_has_no_complaint() -> None:
    """Prometheus' own linter reads the exposition and finds nothing to say."""
    metrics.evaluated("rust", "tool:invoke", "high", True, "miss", 0.0004)
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics.exposition()[0], capture_output=True, check=False
    )
    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)

"""The comparison of the two paths and caches has the figures of what happened."""

import json
from collections.abc import Callable

import pytest

from sark_policy.sark.metrics.compare import quantile
from sark_policy.sark.metrics.tallies import ASKED, DECISION_BUCKETS


def test_the_comparison_has_real_figures(run: Callable[..., str]) -> None:
    """Counts, errors and quantiles are those of what happened, where the old route answered zeros."""
    script = """
import json
from sark_policy.sark import metrics
from sark_policy.sark.metrics import tally
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

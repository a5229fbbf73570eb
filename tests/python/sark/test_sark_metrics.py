"""The metrics: their names, and what counts under which."""

import pytest

from sark_policy.sark import metrics
from sark_policy.sark.answer import Failure
from sark_policy.sark.metrics.families import FAMILIES
from scraping import Grown, at, now

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

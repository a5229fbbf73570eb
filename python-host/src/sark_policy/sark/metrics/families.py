"""What is shown: the metrics by the gateway's names, each read out of what is counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from sark_policy.sark.answer import Side
from sark_policy.sark.metrics.tallies import (
    ASKED,
    ASSIGNED,
    BATCH_SECONDS,
    BATCH_SIZES,
    CACHE,
    CACHE_BATCHES,
    CACHE_EVENTS,
    CACHE_LEVEL,
    CAUSES,
    CIRCUIT,
    CIRCUIT_CHANGES,
    CIRCUITS,
    ENGINE,
    ENGINE_CACHE,
    ENGINE_LEVEL,
    ERRORS,
    EVALUATED,
    FAILED,
    FAILURES,
    FEATURES,
    FELL_BACK,
    GENERATION_LEAST,
    GENERATION_MOST,
    RESIDENT,
    REVALIDATED,
    ROLLOUT,
    SENSITIVITIES,
    SERVED,
    SHADOW,
    SHADOWS,
    SIDES,
    STORE_ERRORS,
    UNDECIDED,
    WORKERS,
)
from sark_policy.sark.metrics.tally import Count, Level, Tally

Labels = Mapping[str, str]
Read = Callable[[Labels], tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric, as it is shown."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    of: Count | Tally | Level
    """What it is read out of."""
    labels: tuple[str, ...] = ()
    read: Read | None = None
    """The values of the labels for what was counted under others; `None`: it is not part of this metric.
    Without it: those of the labels by the same names."""
    always: tuple[tuple[str, ...], ...] = ()
    """What is shown as 0 before anything happened, so that a rate sees the first time too."""

    def values(self, counted: Labels) -> tuple[str, ...] | None:
        """Return under which values something that was counted is shown."""
        if self.read is not None:
            return self.read(counted)
        return tuple(counted[label] for label in self.labels)


def _where(label: str, values: tuple[str, ...], *shown: str) -> Read:
    """Take only what has one of these values of a label, and show it by the labels `shown`."""
    return lambda counted: tuple(counted[name] for name in shown) if counted[label] in values else None


def _error(counted: Labels) -> tuple[str, ...]:
    """Name a failure by the gateway's three kinds: nobody there, or nobody asked, is a connection error."""
    failure = counted["failure"]
    kind = {"open": "connection", "trap": "evaluation", "input": "evaluation"}.get(failure, failure)
    return counted["implementation"], kind


def _cause(implementation: str, failure: str) -> str:
    return f"{'opa' if implementation == Side.HTTP else 'engine'}_{failure}"


def _error_type(counted: Labels) -> tuple[str, ...]:
    return (_cause(counted["implementation"], counted["failure"]),)


def _each(*values: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(product(*values))


_UNCACHED = ("miss", "off")
_LEVELS = _each(SENSITIVITIES)
_BY_REQUEST = ("action", "sensitivity_level")

FAMILIES: tuple[Family, ...] = (
    # The two paths beside one another.
    Family(
        "opa_evaluation_duration_seconds", "histogram",
        "How long a path took for an answer, one request to it.",
        ASKED, ("implementation",), always=_each(SIDES),
    ),
    Family(
        "opa_evaluation_total", "counter",
        "Decisions that were evaluated, not found in the cache.",
        EVALUATED, ("implementation", "result"),
        _where("cache_status", _UNCACHED, "implementation", "result"), _each(SIDES, ("allow", "deny")),
    ),
    Family(
        "opa_evaluation_errors_total", "counter",
        "Questions that a path gave no answer to.",
        FAILED, ("implementation", "error_type"), _error, _each(SIDES, ERRORS),
    ),
    Family(
        "feature_flag_assignments_total", "counter",
        "Requests that the flag of a feature sent to a side.",
        ASSIGNED, ("feature", "implementation"), always=_each(FEATURES, SIDES),
    ),
    Family(
        "feature_flag_rollout_percentage", "gauge",
        "Percentage of the users that a feature is rolled out to.",
        ROLLOUT, ("feature",),
    ),
    Family(
        "implementation_fallback_total", "counter",
        "Questions that the other path was asked, since the one of the flag had no answer.",
        FELL_BACK, ("feature", "error_type"),
        lambda counted: (counted["feature"], counted["failure"]), _each(FEATURES, FAILURES),
    ),
    Family(
        "sark_policy_circuits", "gauge",
        "Workers whose circuit of a path is in a state.",
        CIRCUIT, ("implementation", "state"), always=_each(SIDES, CIRCUITS),
    ),
    Family(
        "sark_policy_circuit_changes_total", "counter",
        "Times that a circuit went into a state.",
        CIRCUIT_CHANGES, ("implementation", "state"), always=_each(SIDES, CIRCUITS),
    ),
    Family(
        "sark_policy_shadow_total", "counter",
        "Questions that both paths were asked: compared, dropped, and differences by kind.",
        SHADOW, ("kind",), always=_each(SHADOWS),
    ),
    # Decisions, as the caller sees them.
    Family(
        "sark_policy_evaluations_total", "counter",
        "Decisions, those from the cache included.",
        EVALUATED, (*_BY_REQUEST, "result"), always=_each(("unknown",), ("default",), ("allow", "deny")),
    ),
    Family(
        "sark_policy_evaluation_duration_seconds", "histogram",
        "How long a decision took, the cache included.",
        EVALUATED, (*_BY_REQUEST, "cache_status"),
    ),
    Family(
        "sark_policy_evaluation_errors_total", "counter",
        "Questions that a path gave no answer to, by the path (`opa_…`, `engine_…`) and the kind.",
        FAILED, ("error_type",), _error_type,
        tuple((_cause(side, failure),) for side in SIDES for failure in FAILURES),
    ),
    Family(
        "sark_policy_undecided_total", "counter",
        "Requests that were denied since no path had an answer.",
        UNDECIDED, ("cause",), always=_each(CAUSES),
    ),
    Family(
        "sark_policy_allows_total", "counter",
        "Decisions that allowed.",
        EVALUATED, _BY_REQUEST, _where("result", ("allow",), *_BY_REQUEST), _each(("unknown",), ("default",)),
    ),
    Family(
        "sark_policy_denials_total", "counter",
        "Decisions that denied.",
        EVALUATED, _BY_REQUEST, _where("result", ("deny",), *_BY_REQUEST), _each(("unknown",), ("default",)),
    ),
    Family(
        "sark_opa_request_duration_seconds", "histogram",
        "How long OPA took for an answer over HTTP.",
        ASKED, ("policy",), _where("implementation", (Side.HTTP.value,), "policy"),
    ),
    Family(
        "sark_batch_policy_evaluations_total", "counter",
        "Batches of decisions.",
        BATCH_SIZES, always=((),),
    ),
    Family(
        "sark_batch_evaluation_size", "histogram",
        "Decisions of a batch.",
        BATCH_SIZES, always=((),),
    ),
    Family(
        "sark_batch_evaluation_duration_seconds", "histogram",
        "How long a batch took.",
        BATCH_SECONDS, always=((),),
    ),
    # The policy cache.
    Family(
        "cache_operations_total", "counter",
        "Operations of the policy cache. A set is `stored`, not a hit.",
        CACHE, ("implementation", "operation", "result"),
        always=(*_each(SIDES, ("get",), ("hit", "miss", "error")), *_each(SIDES, ("set",), ("stored", "error"))),
    ),
    Family(
        "cache_operation_duration_seconds", "histogram",
        "How long an operation of the policy cache took.",
        CACHE, ("implementation", "operation"), always=_each(SIDES, ("get", "set")),
    ),
    Family(
        "sark_policy_cache_latency_seconds", "histogram",
        "How long an operation of the policy cache took, of any implementation.",
        CACHE, ("operation",), always=_each(("get", "set")),
    ),
    Family(
        "sark_policy_cache_hits_total", "counter",
        "Decisions found in the cache, stale ones not included.",
        SERVED, ("sensitivity_level",), _where("kind", ("hit",), "sensitivity_level"), _LEVELS,
    ),
    Family(
        "sark_policy_cache_misses_total", "counter",
        "Decisions not found in the cache.",
        SERVED, ("sensitivity_level",), _where("kind", ("miss",), "sensitivity_level"), _LEVELS,
    ),
    Family(
        "sark_policy_cache_stale_hits_total", "counter",
        "Decisions served from the cache while they were asked anew.",
        SERVED, ("sensitivity_level",), _where("kind", ("stale",), "sensitivity_level"), _LEVELS,
    ),
    Family(
        "sark_policy_cache_revalidations_total", "counter",
        "Decisions asked anew before they expired.",
        REVALIDATED, ("status",), always=_each(("success", "failure")),
    ),
    Family(
        "sark_policy_cache_batch_operations_total", "counter",
        "Operations of the policy cache on many keys at once.",
        CACHE_BATCHES, ("operation",), always=_each(("get", "set")),
    ),
    Family(
        "sark_policy_cache_batch_size", "histogram",
        "Keys of such an operation.",
        CACHE_BATCHES, ("operation",), always=_each(("get", "set")),
    ),
    Family(
        "sark_policy_cache_entries", "gauge",
        "Decisions in the policy caches of all workers.",
        CACHE_LEVEL, (), _where("of", ("entries",)), ((),),
    ),
    Family(
        "sark_policy_cache_size_bytes", "gauge",
        "Bytes in the policy caches of all workers.",
        CACHE_LEVEL, (), _where("of", ("bytes",)), ((),),
    ),
    Family(
        "sark_policy_cache_evictions_total", "counter",
        "Decisions dropped from the policy cache to make room.",
        CACHE_EVENTS, (), _where("event", ("eviction",)), ((),),
    ),
    Family(
        "sark_policy_cache_expirations_total", "counter",
        "Decisions dropped from the policy cache because their time was over.",
        CACHE_EVENTS, (), _where("event", ("expiration",)), ((),),
    ),
    Family(
        "sark_redis_connection_errors_total", "counter",
        "Requests to the store of the flags that failed.",
        STORE_ERRORS, always=((),),
    ),
    # The engine in the workers.
    Family(
        "sark_policy_workers", "gauge",
        "Workers by the bundle that they decide by: its revision, and what it holds. `none`: the engine is not open.",
        WORKERS, ("revision", "digest"), always=(("none", "none"),),
    ),
    Family(
        "sark_policy_workers_resident_bytes", "gauge",
        "Resident memory of all workers.",
        RESIDENT, always=((),),
    ),
    Family(
        "sark_policy_engine_generation_min", "gauge",
        "The generation of the worker that is furthest behind.",
        GENERATION_LEAST, always=((),),
    ),
    Family(
        "sark_policy_engine_generation_max", "gauge",
        "The generation of the worker that is furthest ahead.",
        GENERATION_MOST, always=((),),
    ),
    *(
        Family(
            f"sark_policy_engine_{event}s_total", "counter", help,
            ENGINE, (), _where("event", (event,)), ((),),
        )
        for event, help in (
            ("activation", "Bundles that went live, the first of each worker included."),
            ("rollback", "Times that a worker went back to the previous bundle."),
            ("trap", "Calls that ended their instance of the engine: over time, over memory, or a fault."),
            ("deadline", "Those of the traps that had taken too long."),
        )
    ),
    *(
        Family(
            f"sark_policy_engine_cache_{plural}_total", "counter", help,
            ENGINE_CACHE, (), _where("event", (event,)), ((),),
        )
        for event, plural, help in (
            ("hit", "hits", "Questions that the engine itself had decided before."),
            ("miss", "misses", "Questions that the engine evaluated."),
            ("eviction", "evictions", "Decisions dropped from the engine's own cache to make room."),
            ("expiration", "expirations", "Decisions dropped from the engine's own cache, their time over."),
        )
    ),
    *(
        Family(
            f"sark_policy_engine_{name}", "gauge", help,
            ENGINE_LEVEL, (), _where("of", (of,)), ((),),
        )
        for of, name, help in (
            ("memory", "memory_bytes", "Linear memory of the engines of all workers."),
            ("entries", "cache_entries", "Decisions in the engines' own caches, of all workers."),
            ("bytes", "cache_size_bytes", "Bytes in the engines' own caches, of all workers."),
            ("shards", "shards", "Instances of the engines of all workers."),
        )
    ),
)  # fmt: skip

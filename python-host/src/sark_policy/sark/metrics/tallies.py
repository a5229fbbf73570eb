"""What the metrics are made of: everything that is counted, by the labels that anybody asks for."""

from sark_policy.sark.answer import Failure, Side
from sark_policy.sark.metrics.tally import Count, Label, Level, Tally

SIDES = tuple(side.value for side in Side)
FAILURES = tuple(failure.value for failure in Failure)
CAUSES = (*FAILURES, "no_path", "unexpected")
ERRORS = ("timeout", "connection", "evaluation")
"""The gateway's three kinds of errors."""
CIRCUITS = ("closed", "half_open", "open")
SENSITIVITIES = ("critical", "confidential", "internal", "public", "high", "medium", "low", "default")
FEATURES = ("rust_opa", "rust_cache")
SHADOWS = (
    "compared",
    "dropped",
    "allowed_denied",
    "denied_allowed",
    "reason",
    "filtered_parameters",
    "result",
    "undefined",
    "failed",
)
DIFFERENCES = tuple(kind for kind in SHADOWS if kind not in ("compared", "dropped"))

MICROSECONDS = (1e-05, 2.5e-05, 5e-05, 0.0001, 0.00025, 0.0005)
DECISION_BUCKETS = (*MICROSECONDS, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""Seconds: the gateway's own, and finer ones for what takes no network."""
CACHE_BUCKETS = (5e-06, *MICROSECONDS, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)
SIZE_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

_side = Label("implementation", SIDES)
_feature = Label("feature", FEATURES, room=8)
_failure = Label("failure", FAILURES)
_sensitivity = Label("sensitivity_level", SENSITIVITIES)
_action = Label(
    "action",
    (
        "gateway:tool:invoke",
        "gateway:server:list",
        "gateway:tool:discover",
        "gateway:server:info",
        "a2a:invoke",
        "a2a:delegate",
        "tool:invoke",
        "server:register",
        "unknown",
    ),
    room=16,
)
_operation = Label("operation", ("get", "set", "delete"), room=4)

# --- What is counted

EVALUATED = Tally(
    "evaluated",
    DECISION_BUCKETS,
    _side,
    _action,
    _sensitivity,
    Label("result", ("allow", "deny")),
    Label("cache_status", ("hit", "miss", "stale", "off")),
)
UNDECIDED = Count("undecided", Label("cause", CAUSES))
FAILED = Count("failed", _side, _failure)
ASKED = Tally("asked", DECISION_BUCKETS, _side, Label("policy", (), room=32))
CACHE = Tally(
    "cache", CACHE_BUCKETS, _side, _operation, Label("result", ("hit", "miss", "error", "stored", "deleted"), room=8)
)
CACHE_BATCHES = Tally("cache_batches", SIZE_BUCKETS, _operation)
SERVED = Count("served", Label("kind", ("hit", "miss", "stale")), _sensitivity)
REVALIDATED = Count("revalidated", Label("status", ("success", "failure")))
ASSIGNED = Count("assigned", _feature, _side)
ROLLOUT = Level("rollout", "mostrecent", _feature)
FELL_BACK = Count("fell_back", _feature, _failure)
CIRCUIT = Level("circuit", "livesum", _side, Label("state", CIRCUITS))
CIRCUIT_CHANGES = Count("circuit_changes", _side, Label("state", CIRCUITS))
BATCH_SIZES = Tally("batch_sizes", SIZE_BUCKETS)
BATCH_SECONDS = Tally("batch_seconds", DECISION_BUCKETS)
SHADOW = Count("shadow", Label("kind", SHADOWS, room=8))
STORE_ERRORS = Count("store_errors")
WORKERS = Level("workers", "livesum", Label("revision", ("none",), room=500), Label("digest", ("none",), room=500))
RESIDENT = Level("resident", "livesum")
ENGINE = Count("engine", Label("event", ("activation", "rollback", "trap", "deadline")))
ENGINE_CACHE = Count("engine_cache", Label("event", ("hit", "miss", "eviction", "expiration")))
CACHE_EVENTS = Count("cache_events", Label("event", ("eviction", "expiration")))
GENERATION_LEAST = Level("generation_least", "livemin")
GENERATION_MOST = Level("generation_most", "livemax")
ENGINE_LEVEL = Level("engine_level", "livesum", Label("of", ("memory", "entries", "bytes", "shards")))
CACHE_LEVEL = Level("cache_level", "livesum", Label("of", ("entries", "bytes")))

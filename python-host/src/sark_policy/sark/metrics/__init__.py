"""The metrics: one function for each thing that happens. They cost a microsecond or two, and never raise.

>>> from sark_policy.sark import metrics
>>> metrics.evaluated("rust", "tool:invoke", "high", allow=True, cache_status="miss", seconds=0.00004)
>>> body, content_type = metrics.exposition()

`implementation` is a `Side`'s value: `rust` is in-process, `python` is OPA over HTTP. Durations are in
seconds. Labels that callers choose are bounded: what is too many, or no fit label, counts as `other`.

Under several workers set `PROMETHEUS_MULTIPROC_DIR` to an empty folder, of this gateway alone, before
prometheus_client is imported for the first time.
"""

from sark_policy.sark.metrics.compare import Figures, comparison
from sark_policy.sark.metrics.events import (
    CacheStatus,
    asked,
    assigned,
    batch,
    cache_batch,
    cache_operation,
    cache_served,
    circuit,
    evaluated,
    evaluation_failed,
    fell_back,
    revalidated,
    rollout,
    shadow,
    store_failed,
    undecided,
)
from sark_policy.sark.metrics.expose import expose_in, exposition, registry, unexpose_in
from sark_policy.sark.metrics.figures import observe, unobserve

__all__ = [
    "CacheStatus",
    "Figures",
    "asked",
    "assigned",
    "batch",
    "cache_batch",
    "cache_operation",
    "cache_served",
    "circuit",
    "comparison",
    "evaluated",
    "evaluation_failed",
    "expose_in",
    "exposition",
    "fell_back",
    "observe",
    "registry",
    "revalidated",
    "rollout",
    "shadow",
    "store_failed",
    "undecided",
    "unexpose_in",
    "unobserve",
]

"""The comparison of the two paths, and of the two caches, by what was measured."""

from typing import TypedDict

from sark_policy.sark.answer import Side
from sark_policy.sark.metrics.expose import Counted, counted
from sark_policy.sark.metrics.tallies import ASKED, CACHE, FAILED
from sark_policy.sark.metrics.tally import Tally


class Figures(TypedDict):
    """The figures of one implementation, of all workers since they started."""

    count: int
    """Answers of a path; look-ups of a cache."""
    errors: int
    """Questions without an answer; look-ups that failed."""
    error_rate: float
    """Share of `errors` in all, 0 to 1."""
    mean_seconds: float | None
    """`None`, here and below: there was nothing to measure."""
    p50_seconds: float | None
    """Estimated from the histogram's buckets, as Prometheus' `histogram_quantile` does."""
    p95_seconds: float | None
    p99_seconds: float | None


def comparison() -> dict[str, Figures]:
    """Return the figures of `rust_opa`, `python_opa`, `rust_cache` and `python_cache`. Reads files; blocks."""
    found = counted()
    return {
        **{f"{side}_opa": _path(found, side) for side in Side},
        **{f"{side}_cache": _cache(found, side) for side in Side},
    }


def _path(found: Counted, side: Side) -> Figures:
    errors = sum(
        value for labels, value in found.get(f"{FAILED.name}_total", ()) if labels["implementation"] == side.value
    )
    return _figures(found, ASKED, errors, 0, implementation=side.value)


def _cache(found: Counted, side: Side) -> Figures:
    errors = sum(
        value
        for labels, value in found.get(f"{CACHE.name}_total", ())
        if (labels["implementation"], labels["operation"], labels["result"]) == (side.value, "get", "error")
    )
    return _figures(found, CACHE, errors, errors, implementation=side.value, operation="get")


def _figures(found: Counted, tally: Tally, errors: float, among: float, **labels: str) -> Figures:
    """Make figures of a tally's share; `among` of the errors are in the tally too."""
    wanted = labels.items()
    buckets = dict.fromkeys(tally.uppers, 0.0)
    for held, value in found.get(f"{tally.name}_total", ()):
        if wanted <= held.items():
            buckets[held["upto"]] += value
    seconds = sum(value for held, value in found.get(f"{tally.sum}_total", ()) if wanted <= held.items())
    measured = sum(buckets.values())
    count = measured - among
    return Figures(
        count=int(count),
        errors=int(errors),
        error_rate=errors / (count + errors) if count + errors else 0.0,
        mean_seconds=seconds / measured if measured else None,
        p50_seconds=quantile(0.50, tally, list(buckets.values())),
        p95_seconds=quantile(0.95, tally, list(buckets.values())),
        p99_seconds=quantile(0.99, tally, list(buckets.values())),
    )


def quantile(share: float, tally: Tally, buckets: list[float]) -> float | None:
    """Estimate a quantile: linear within its bucket; the highest finite bound where it lies above all."""
    total = sum(buckets)
    if not total:
        return None
    rank = share * total
    below = lower = 0.0
    for upper, held in zip(tally.bounds, buckets, strict=True):
        if below + held >= rank and held:
            if upper == float("inf"):
                break
            return lower + (upper - lower) * (rank - below) / held
        below += held
        if upper != float("inf"):
            lower = upper
    return lower

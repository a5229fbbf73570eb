"""What happened to the policy cache: counts since the start, or since they were reset."""

import threading
from typing import Any


class CacheFigures:
    """The figures of a cache, of all handles on it together. Safe to share between threads."""

    def __init__(self) -> None:
        self.renew()
        self.reset()

    def renew(self) -> None:
        """Go on in a child of a fork, where nobody else can hold the lock."""
        self._lock = threading.Lock()

    def reset(self, evictions: int = 0) -> None:
        """Begin anew. `evictions` is how many the cache has counted so far."""
        with self._lock:
            self.hits = 0
            """Look-ups that found a decision which is not stale."""
            self.stale_hits = 0
            """Look-ups that found one whose time is almost over, so that it was asked anew."""
            self.misses = 0
            """Look-ups that found none."""
            self.revalidations = 0
            """Stale decisions that were asked anew, and replaced."""
            self.revalidation_failures = 0
            """Those that could not be, and end in their time."""
            self.batch_operations = 0
            """Batches of look-ups, or of decisions to keep."""
            self.errors = 0
            """Operations that failed. They count as nothing else."""
            self._evictions = evictions
            self._cache_seconds = 0.0
            self._lookups = 0
            self._opa_ms = 0.0
            self._opa_requests = 0

    @property
    def total_requests(self) -> int:
        """All look-ups but those that failed."""
        return self.hits + self.stale_hits + self.misses

    def count(self, name: str) -> None:
        """Count one more."""
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)

    def looked_up(self, hits: int, stale_hits: int, misses: int, seconds: float) -> None:
        """Count one operation that looked up this many decisions."""
        with self._lock:
            self.hits += hits
            self.stale_hits += stale_hits
            self.misses += misses
            self._cache_seconds += seconds
            self._lookups += 1

    def asked_opa(self, milliseconds: float) -> None:
        """Count a question that was decided by a policy."""
        with self._lock:
            self._opa_ms += milliseconds
            self._opa_requests += 1

    def shown(self, evictions: int) -> dict[str, Any]:
        """Return the figures by the gateway's names: rates in percent, latencies in milliseconds."""
        with self._lock:
            total = self.total_requests
            return {
                "hits": self.hits,
                "misses": self.misses,
                "stale_hits": self.stale_hits,
                "revalidations": self.revalidations,
                "revalidation_failures": self.revalidation_failures,
                "batch_operations": self.batch_operations,
                "errors": self.errors,
                # The component counts anew after a trap.
                "evictions": max(evictions - self._evictions, 0),
                "total_requests": total,
                "hit_rate": _percent(self.hits, total),
                "effective_hit_rate": _percent(self.hits + self.stale_hits, total),
                "miss_rate": _percent(self.misses, total),
                "avg_cache_latency_ms": _average(self._cache_seconds * 1e3, self._lookups),
                "avg_opa_latency_ms": _average(self._opa_ms, self._opa_requests),
            }


def _percent(part: int, total: int) -> float:
    return round(100 * part / total, 2) if total else 0.0


def _average(total: float, count: int) -> float:
    return round(total / count, 4) if count else 0.0

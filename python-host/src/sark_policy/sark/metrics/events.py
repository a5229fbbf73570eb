"""The events that are counted: one function for each. They cost a microsecond or two, and never raise."""

from typing import Literal

from sark_policy.sark.answer import Failure
from sark_policy.sark.metrics.tallies import (
    ASKED,
    ASSIGNED,
    BATCH_SECONDS,
    BATCH_SIZES,
    CACHE,
    CACHE_BATCHES,
    CIRCUIT,
    CIRCUIT_CHANGES,
    CIRCUITS,
    EVALUATED,
    FAILED,
    FELL_BACK,
    REVALIDATED,
    ROLLOUT,
    SERVED,
    SHADOW,
    STORE_ERRORS,
    UNDECIDED,
)

CacheStatus = Literal["hit", "miss", "stale", "off"]


def evaluated(
    implementation: str,
    action: str,
    sensitivity: str,
    allow: bool,
    cache_status: CacheStatus,
    seconds: float,
    times: int = 1,
) -> None:
    """Count a decision that a caller got, from the cache or from a path; `seconds` is what the caller waited.

    Args:
        implementation: Whose decision it is.
        action: What was asked for.
        sensitivity: How sensitive that is.
        allow: What was decided.
        cache_status: Where it came from; `off`: no cache was asked.
        seconds: In a batch, one decision's share of the whole.
        times: How many such decisions there were.
    """
    result = "allow" if allow else "deny"
    EVALUATED.add((implementation, action, sensitivity, result, cache_status), seconds, times)


def undecided(cause: str, times: int = 1) -> None:
    """Count a request that is denied since no path had an answer.

    Args:
        cause: The last path's `Failure`; `no_path`: there is none; `unexpected`: an error that nobody foresaw.
        times: How many such requests there were.
    """
    UNDECIDED.add((cause,), times)


def evaluation_failed(implementation: str, failure: Failure) -> None:
    """Count a question that a path gave no answer to."""
    FAILED.add((implementation, failure))


def asked(implementation: str, path: str, seconds: float) -> None:
    """Count one request to a path that it answered; `path` is the entry point."""
    ASKED.add((implementation, path), seconds)


def cache_operation(implementation: str, operation: str, result: str, seconds: float) -> None:
    """Count an operation of the policy cache: `get` (`hit`, `miss`, `error`), `set` (`stored`, `error`), `delete`."""
    CACHE.add((implementation, operation, result), seconds)


def cache_batch(operation: Literal["get", "set"], size: int) -> None:
    """Count an operation of the policy cache on `size` keys at once."""
    CACHE_BATCHES.add((operation,), size)


def cache_served(kind: CacheStatus, sensitivity: str) -> None:
    """Count what the policy cache had for a question: `hit`, `miss` or `stale`."""
    SERVED.add((kind, sensitivity))


def revalidated(ok: bool) -> None:
    """Count a cached decision that was asked anew before it expired."""
    REVALIDATED.add(("success" if ok else "failure",))


def assigned(feature: str, implementation: str) -> None:
    """Count a request that a feature's flag sent to a side."""
    ASSIGNED.add((feature, implementation))


def rollout(feature: str, percentage: int) -> None:
    """Note a feature's percentage. Call it at the start too, not only at a change."""
    ROLLOUT.set((feature,), percentage)


def fell_back(feature: str, failure: Failure) -> None:
    """Count a question that went to the other path, since the flagged one failed."""
    FELL_BACK.add((feature, failure))


def circuit(implementation: str, state: Literal["closed", "half_open", "open"]) -> None:
    """Note the state that a path's circuit went into. Call it at the start too: `closed`."""
    CIRCUIT_CHANGES.add((implementation, state))
    for each in CIRCUITS:
        CIRCUIT.set((implementation, each), each == state)


def batch(size: int, seconds: float) -> None:
    """Count a batch of `size` decisions."""
    BATCH_SIZES.add((), size)
    BATCH_SECONDS.add((), seconds)


def shadow(kind: str, times: int = 1) -> None:
    """Count questions that both paths were asked: `compared`, `dropped`, or the kind of a difference."""
    SHADOW.add((kind,), times)


def store_failed() -> None:
    """Count a request to the store of the flags that failed."""
    STORE_ERRORS.add(())

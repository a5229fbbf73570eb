"""The figures of the engine and the cache of this process: read when somebody looks, and every few seconds.

A scrape reaches one worker, and must show the engines of all of them. So where workers count together, each
notes its own figures every `EVERY` seconds, on a thread that ends with what it observes.
"""

import os
import threading
import weakref
from typing import Any

from sark_policy import SarkPolicyError
from sark_policy._process import PATIENCE
from sark_policy.sark.metrics.tallies import (
    CACHE_EVENTS,
    CACHE_LEVEL,
    ENGINE,
    ENGINE_CACHE,
    ENGINE_LEVEL,
    GENERATION_LEAST,
    GENERATION_MOST,
    RESIDENT,
    WORKERS,
)
from sark_policy.sark.metrics.tally import Count, several

EVERY = 5.0
"""How often a worker notes its figures, in seconds."""

NONE = ("none", "none")
"""The bundle of a worker whose engine is not open."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_lock = threading.Lock()
_observed: "weakref.ref[Any] | None" = None
_stop = threading.Event()
_seen: dict[tuple[str, str], int] = {}
_bundle: tuple[str, str] | None = None


def observe(runtime: Any) -> None:
    """Show the figures of this runtime's `engine` and `cache` from now on. The last one observed counts."""
    global _observed, _stop
    with _lock:
        _stop.set()
        _stop = threading.Event()
        _observed = weakref.ref(runtime)
        _seen.clear()
    if several():
        _start()


def unobserve(runtime: Any) -> None:
    """Observe it no longer. What was counted stays."""
    global _observed
    with _lock:
        if _observed is not None and _observed() is runtime:
            _stop.set()
            _observed = None
            _gone()


def refresh() -> None:
    """Note the figures as they are now."""
    with _lock:
        runtime = _observed() if _observed is not None else None
        if runtime is None:
            return
        RESIDENT.set((), _resident())
        _engine(runtime.engine)
        _cache(runtime.cache)


def _start() -> None:
    stop, observed = _stop, _observed

    def work() -> None:
        while observed is not None and observed() is not None:
            refresh()
            if stop.wait(EVERY):
                return

    threading.Thread(target=work, name="sark-policy-figures", daemon=True).start()


def _engine(engine: Any) -> None:
    statistics = None
    if engine is not None and engine.opened:
        try:
            statistics = engine.host.stats()
        except SarkPolicyError:
            statistics = None  # it was closed just now, or its instance is busy: the next time then
    if statistics is None:
        _decides_by(NONE)
        return
    # Two bundles may bear one revision.
    _decides_by((statistics.revision, (engine.digest(engine.revision) or "none")[:12]))
    GENERATION_LEAST.set((), statistics.generation)
    GENERATION_MOST.set((), statistics.generation)
    ENGINE_LEVEL.set(("memory",), statistics.memory)
    ENGINE_LEVEL.set(("shards",), statistics.shards)
    ENGINE_LEVEL.set(("entries",), statistics.cache.entries)
    ENGINE_LEVEL.set(("bytes",), statistics.cache.bytes)
    for event in ("activation", "rollback", "trap", "deadline"):
        _since(ENGINE, event, getattr(statistics, f"{event}s"))
    for event, name in (("hit", "hits"), ("miss", "misses"), ("eviction", "evictions"), ("expiration", "expirations")):
        _since(ENGINE_CACHE, event, getattr(statistics.cache, name))


def _cache(cache: Any) -> None:
    held = getattr(cache, "cache", None)
    if held is None:
        return
    try:
        statistics = held.stats()
    except SarkPolicyError:
        return
    CACHE_LEVEL.set(("entries",), statistics.entries)
    CACHE_LEVEL.set(("bytes",), statistics.bytes)
    _since(CACHE_EVENTS, "eviction", statistics.evictions)
    _since(CACHE_EVENTS, "expiration", statistics.expirations)


def _since(count: Count, event: str, total: int) -> None:
    """Count what happened since the last time. A total that is smaller than it was began anew."""
    before = _seen.get((count.name, event), 0)
    _seen[(count.name, event)] = total
    new = total - before if total >= before else total
    count.add((event,), new)


def _decides_by(bundle: tuple[str, str] | None) -> None:
    global _bundle
    if _bundle is not None and _bundle != bundle:
        WORKERS.set(_bundle, 0)
    if bundle is not None:
        WORKERS.set(bundle, 1)
    _bundle = bundle


def _gone() -> None:
    _decides_by(None)
    for of in ("memory", "shards", "entries", "bytes"):
        ENGINE_LEVEL.set((of,), 0)
    for of in ("entries", "bytes"):
        CACHE_LEVEL.set((of,), 0)


def _resident() -> int:
    """Return this process' resident memory in bytes, 0 where there is no /proc."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


# A child must not inherit a lock of prometheus_client's that the thread above holds. So that holds still
# while the process forks.
_held = False


def _before_fork() -> None:
    global _held
    _held = _lock.acquire(timeout=PATIENCE)


def _after_fork_in_parent() -> None:
    if _held:
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock, _stop, _bundle
    _lock = threading.Lock()
    _stop = threading.Event()
    # What is in `_seen` the parent counted: a child goes on from there.
    _bundle = None
    if _observed is not None and several():
        _start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)

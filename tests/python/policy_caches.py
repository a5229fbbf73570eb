"""Policy caches for tests: of the real component, each of its own, and a clock that is moved by hand."""

import asyncio
from collections.abc import Iterator
from typing import Any, Protocol

import pytest

import sark_policy._cache
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.cache import store as cache_store

USER, ACTION, RESOURCE = "kim", "tool:invoke", "tool:ledger"
ALLOW = {"allow": True, "reason": "an owner", "filtered_parameters": None, "audit_id": None}
DENY = {"allow": False, "reason": "no owner", "filtered_parameters": None, "audit_id": None}


class Clock:
    """What time it is for the cache, in seconds since the epoch."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Opener(Protocol):
    """Opens a cache that is closed after the test."""

    def __call__(self, max_size: int = 1_000, **arguments: Any) -> RustPolicyCache:
        """Open one of its own."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is moved."""
    clock = Clock()
    monkeypatch.setattr(sark_policy._cache, "_now", lambda: round(clock.now * 1e9))
    monkeypatch.setattr(cache_store, "_now", lambda: clock.now)
    return clock


@pytest.fixture
def open_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Caches with a deadline that a busy machine does not miss."""
    monkeypatch.setattr(cache_store, "DEADLINE", 10.0)
    caches: list[RustPolicyCache] = []

    def open_cache(max_size: int = 1_000, **arguments: Any) -> RustPolicyCache:
        cache = RustPolicyCache(max_size, **arguments)
        caches.append(cache)
        return cache

    yield open_cache
    for cache in caches:
        asyncio.run(cache.close())


@pytest.fixture
def policy_cache(open_cache: Opener) -> RustPolicyCache:
    """A small cache."""
    return open_cache()

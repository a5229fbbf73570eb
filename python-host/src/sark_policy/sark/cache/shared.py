"""What a process has one of: the policy cache's functions by the gateway's names."""

import functools
from typing import Any

from sark_policy import Cache, SarkPolicyError
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.cache.handle import MAX_BYTES, MAX_SIZE, refusing
from sark_policy.sark.cache.policy_cache import RustPolicyCache

RUST_AVAILABLE: bool
"""What `is_rust_cache_available` returns."""


class PolicyCache(RustPolicyCache):
    """The same, made as the gateway's cache over Redis is."""

    def __init__(
        self,
        redis_client: Any = None,
        ttl_seconds: float | None = None,
        enabled: bool = True,
        stale_while_revalidate: bool = True,
        use_optimized_ttl: bool = True,
    ) -> None:
        """Make a handle on the process's cache. `redis_client` is not used."""
        super().__init__(
            ttl_seconds=ttl_seconds,
            enabled=enabled,
            use_optimized_ttl=use_optimized_ttl,
            stale_while_revalidate=stale_while_revalidate,
        )


_handle: dict[str, RustPolicyCache] = {}
"""The handle of everybody, once somebody asked. Setting a default in a dict is atomic."""


def get_rust_policy_cache(
    max_size: int | None = None, ttl_seconds: float | None = None, enabled: bool = True
) -> RustPolicyCache:
    """Return the one handle that everybody shares; the arguments of the first caller count.

    Raises:
        RuntimeError: This machine cannot run the sandbox.
        ValueError: A limit is out of range.
    """
    if not _handle:
        with refusing():
            if enabled:
                cache_store.shared(MAX_SIZE if max_size is None else max_size, MAX_BYTES)
            handle = RustPolicyCache(None, ttl_seconds, enabled)
        handle.last()
        _handle.setdefault("", handle)
    return _handle[""]


def get_policy_cache(ttl_seconds: float | None = None, enabled: bool = True) -> RustPolicyCache:
    """Return the same, by the gateway's other name."""
    return get_rust_policy_cache(ttl_seconds=ttl_seconds, enabled=enabled)


def forget_policy_cache() -> None:
    """End the process's cache. Handles on it serve nothing any more; who makes another one begins anew."""
    _handle.clear()
    cache_store.forget()


@functools.cache
def is_rust_cache_available() -> bool:
    """Whether this machine can run the cache: one is opened, asked, and closed, the first time."""
    try:
        with Cache.open(entries=1, bytes=1024) as cache:
            cache.set("a", "b")
            return cache.get("a") == "b"
    except SarkPolicyError:
        return False


def __getattr__(name: str) -> Any:
    if name == "RUST_AVAILABLE":
        return is_rust_cache_available()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

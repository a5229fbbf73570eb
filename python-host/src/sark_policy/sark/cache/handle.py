"""A handle on a policy cache: what it is set up with, what it shares, what it drops, and how it ends.

What bounds its life: it is open until `close`, which ends the revalidations that it began. The process's cache
goes on; one with limits of its own ends with its handle.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import uuid4

from sark_policy import BadSetting, Cache, SandboxUnavailable
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.cache.figures import CacheFigures
from sark_policy.sark.cache.keys import key_of, part
from sark_policy.sark.cache.pattern import Pattern, cover
from sark_policy.sark.cache.store import Store, drop_heads
from sark_policy.sark.log import logger

MAX_SIZE = 10_000
"""Most decisions of the process's cache, if nobody says otherwise."""
MAX_BYTES = 32 << 20
"""Most bytes of it, questions and decisions together."""
TTL = 300
"""How long a decision is served, if nobody says otherwise, in seconds."""

KINDS = ("", "tool:", "server:")
"""What a resource begins with in questions: nothing, or its kind."""
WALKS = 16
"""Most times that all keys are walked for one pattern. If that is not enough, the keys are named one by one."""
STEPS = 500
"""Most decisions of a batch, or expired ones to sweep, before other tasks have their turn."""

log = logger("cache")


@contextmanager
def refusing() -> Iterator[None]:
    """Say why a cache cannot be opened as the gateway expects it, which then takes another one.

    Raises:
        RuntimeError: This machine cannot run the sandbox.
        ValueError: A limit is out of range.
    """
    try:
        yield
    except SandboxUnavailable as error:
        raise RuntimeError(f"Rust extensions not available: {error}") from error
    except BadSetting as error:
        raise ValueError(str(error)) from error


class CacheHandle:
    """Everything that can be done with a cache but to keep and to serve."""

    def __init__(
        self,
        max_size: int | None = None,
        ttl_seconds: float | None = None,
        enabled: bool = True,
        use_optimized_ttl: bool = True,
        *,
        stale_while_revalidate: bool = True,
        max_bytes: int | None = None,
    ) -> None:
        """Make a handle on the process's cache, or on one of its own if other limits are asked for.

        Args:
            max_size: Most decisions; `None`: as many as the process's cache holds.
            ttl_seconds: How long a decision is served where nothing else says so; `None`: 300 s.
            enabled: Whether anything is kept and served. A handle that never was has no cache.
            use_optimized_ttl: Whether the sensitivity decides how long.
            stale_while_revalidate: Whether stale decisions are asked anew, if there is a callback to ask.
            max_bytes: Most bytes; `None`: as many as the process's cache holds.

        Raises:
            RuntimeError: This machine cannot run the sandbox.
            ValueError: A limit is out of range.
        """
        if ttl_seconds is not None and not 0 <= ttl_seconds <= cache_store.LONGEST:
            raise ValueError(f"ttl_seconds: give a number of seconds from 0, not `{ttl_seconds!r}`")
        self.ttl_seconds = TTL if ttl_seconds is None else ttl_seconds
        self.enabled = enabled
        self.use_optimized_ttl = use_optimized_ttl
        self.stale_while_revalidate = stale_while_revalidate
        self._asked = (max_size, max_bytes)
        self._store: Store | None = None
        self._unused = CacheFigures()
        self._closed = False
        self._lasting = False
        if enabled:
            self._open()

    def __bool__(self) -> bool:
        """Be true, also when empty: the gateway replaces a cache that is not."""
        return True

    @property
    def max_size(self) -> int:
        """Most decisions."""
        return self._store.entries if self._store is not None else self._asked[0] or MAX_SIZE

    @property
    def max_bytes(self) -> int:
        """Most bytes, questions and decisions together."""
        return self._store.bytes if self._store is not None else self._asked[1] or MAX_BYTES

    @property
    def cache(self) -> Cache | None:
        """The component's cache; `None` if the handle never was enabled."""
        return None if self._store is None else self._store.cache

    @property
    def metrics(self) -> CacheFigures:
        """The figures, which all handles on one cache share."""
        return self._unused if self._store is None else self._store.figures

    @property
    def closed(self) -> bool:
        """Whether the handle was closed."""
        return self._closed

    def get_metrics(self) -> dict[str, Any]:
        """Return the figures by the gateway's names: rates in percent, latencies in milliseconds."""
        return self.metrics.shown(0 if self._store is None else self._store.evictions())

    def reset_metrics(self) -> None:
        """Let the figures begin anew."""
        self.metrics.reset(0 if self._store is None else self._store.evictions())

    def record_opa_latency(self, latency_ms: float) -> None:
        """Count a question that a policy decided, and how many milliseconds that took."""
        self.metrics.asked_opa(latency_ms)

    async def size(self) -> int:
        """Return how many decisions are held, those that expired but were not swept yet included."""
        try:
            store = self._live()
            return 0 if store is None else store.cache.length()
        except Exception as error:
            self._failed("size", error)
            return 0

    async def get_cache_size(self) -> int:
        """Return what `size` does."""
        return await self.size()

    async def health_check(self) -> bool:
        """Whether something can be kept, found and dropped. A disabled cache is healthy, a closed one is not."""
        key = f"health {uuid4().hex}"
        try:
            store = self._live()
            if store is None:
                return not self.enabled and not self._closed
            store.cache.set(key, key, 10)
            return store.cache.get(key) == key and store.cache.delete(key)
        except Exception as error:
            self._failed("health", error)
            return False

    # --- What is dropped
    #
    # Also by a disabled handle: it may be enabled again. If the component fails to drop something, nothing
    # of before is served again.

    async def delete(self, user_id: str, action: str, resource: str, context: Any = None) -> bool:
        """Drop the decision for exactly this question; False if there was none."""
        try:
            key = key_of(user_id, action, resource, context)
            return bool(self._drop(lambda cache: cache.delete(key)))
        except Exception as error:
            self._failed("delete", error)
            return False

    async def invalidate(
        self, user_id: str | None = None, action: str | None = None, resource: str | None = None
    ) -> int:
        """Drop exactly the decisions that this names, and return how many there were; no argument is all of them.

        A resource `x` is what questions name `x`, `tool:x` or `server:x`.
        """
        try:
            named = [None if each is None else part(each) for each in (user_id, action)]
            beginnings = [named] if resource is None else [[*named, kind + part(resource)] for kind in KINDS]
            dropped = self._drop(lambda cache: sum(map(cache.delete_matching, beginnings)))
        except Exception as error:
            self._failed("invalidate", error)
            return 0
        log.info("cache_invalidated", count=dropped)
        return dropped

    async def invalidate_pattern(self, pattern: str) -> int:
        """Drop the decisions whose `policy:decision:{user}:{action}:{resource}:{context digest}` the glob matches.

        Only the pattern's own `*`, `?` and `[…]` are special, never those in ids: see `Pattern`. The digest is
        `none` without a context. Returns how many there were.
        """
        dropped = 0
        try:
            wanted, store = Pattern(pattern), self._kept()
            hit, missed = wanted.split(store.heads()) if store is not None else (set(), set())
            beginnings = list(islice(cover(hit, missed), WALKS + 1))
            if len(beginnings) <= WALKS:
                dropped = self._drop(lambda cache: sum(map(cache.delete_matching, beginnings)))
            else:
                dropped = self._drop(lambda cache: drop_heads(cache, hit))
        except Exception as error:
            self._failed("invalidate", error)
        log.info("cache_invalidated", count=dropped)
        return dropped

    async def clear_all(self) -> bool:
        """Drop everything; whether that was done."""
        try:
            dropped = self._drop(Cache.clear)
        except Exception as error:
            self._failed("clear", error)
            return False
        log.info("cache_cleared_all", count=dropped)
        return self._kept() is not None

    async def clear(self) -> bool:
        """Do what `clear_all` does."""
        return await self.clear_all()

    async def cleanup_expired(self) -> int:
        """Drop what is expired, and return how many there were. Nothing expired is served in any case."""
        dropped = 0
        try:
            store = self._kept()
            if store is None:
                return 0
            while (swept := store.cache.sweep(STEPS)) == STEPS:
                dropped += swept
                await asyncio.sleep(0)
            dropped += swept
        except Exception as error:
            self._failed("cleanup", error)
        return dropped

    # --- Its end, and its beginning

    async def revalidating(self) -> None:
        """Wait for the revalidations that are under way on this event loop."""
        if self._store is not None:
            await self._store.revalidations.wait()

    async def close(self) -> None:
        """End the handle: it keeps and serves nothing any more. Twice does nothing.

        The handle that `get_rust_policy_cache` gives to everybody is not ended by one of them.
        """
        if self._closed or self._store is None:
            self._closed = not self._lasting
            return
        self._closed = not self._lasting
        await self._store.revalidations.cancel(self)
        if self._store is not cache_store.opened():
            self._store.close()

    def last(self) -> None:
        """Be everybody's handle, which no `close` of one of them ends."""
        self._lasting = True

    def _drop(self, work: Callable[[Cache], int]) -> int:
        store = self._kept()
        return 0 if store is None else store.drop(work)

    def _kept(self) -> Store | None:
        """Return the store, if there may be something in it."""
        return None if self._closed or self._store is None or self._store.closed else self._store

    def _live(self) -> Store | None:
        """Return the store, if something may be kept and served."""
        if self._closed or not self.enabled:
            return None
        if self._store is None:
            self._open()
        return self._kept()

    def _open(self) -> None:
        opened = cache_store.opened()
        entries, bytes = (MAX_SIZE, MAX_BYTES) if opened is None else (opened.entries, opened.bytes)
        max_size, max_bytes = self._asked
        max_size = entries if max_size is None else max_size
        max_bytes = bytes if max_bytes is None else max_bytes
        with refusing():
            if (max_size, max_bytes) == (entries, bytes):
                self._store = cache_store.shared(max_size, max_bytes)
            else:
                self._store = Store(max_size, max_bytes)

    def _failed(self, operation: str, error: Exception) -> None:
        """Count and log what went wrong, but no key and no value: the error's message may quote them."""
        self.metrics.count("errors")
        log.warning("rust_cache_error", operation=operation, error=type(error).__name__)

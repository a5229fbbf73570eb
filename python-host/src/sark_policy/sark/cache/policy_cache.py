"""What the policy cache keeps and serves: each decision for the identical question alone, for its time."""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from sark_policy import SarkPolicyError
from sark_policy.sark.cache import handle as cache_handle
from sark_policy.sark.cache import pattern as cache_pattern
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.cache.entry import Entry
from sark_policy.sark.cache.handle import STEPS, CacheHandle, log
from sark_policy.sark.cache.keys import key_of, question_of, sound
from sark_policy.sark.cache.store import Store
from sark_policy.sark.settings import SarkSettings

Revalidate = Callable[[str, str, str, Any], Any]
"""Decides (user, action, resource, context) anew: returns, or awaits to, a decision, or `None`."""


class Served(StrEnum):
    """What a look-up had."""

    HIT = "hit"
    STALE = "stale"
    """A decision whose time is almost over; it is being asked anew."""
    MISS = "miss"
    ERROR = "error"
    OFF = "off"
    """The cache is disabled, or the handle closed."""


class Found(NamedTuple):
    """A look-up's answer."""

    decision: dict[str, Any] | None
    served: Served


class RustPolicyCache(CacheHandle):
    """A handle on a cache of decisions. Safe to share between threads, event loops, and forks."""

    KEY_PREFIX = cache_pattern.KEY_PREFIX
    DEFAULT_TTL_SECONDS = cache_handle.TTL
    OPTIMIZED_TTL = {  # noqa: RUF012  read by the gateway's code, by this name
        "critical": 60,
        "confidential": 120,
        "high": 120,
        "internal": 180,
        "medium": 180,
        "public": 300,
        "low": 300,
        "default": 120,
    }
    """Time to live by sensitivity, in seconds. Any other level has the handle's `ttl_seconds`."""
    REVALIDATED = frozenset({"critical", "confidential", "high"})
    """Levels whose stale decisions are asked anew."""
    STALE_THRESHOLD_RATIO = 0.3
    """A decision is stale when less than this share of its time is left."""

    _callback: Revalidate | None = None

    @classmethod
    def shared(cls, settings: SarkSettings) -> "RustPolicyCache":
        """Make a handle on the process's cache, which is opened with the settings' limits if it was not yet.

        Raises nothing: where the sandbox cannot run, the handle is disabled.
        """
        try:
            store = cache_store.shared(settings.cache_entries, settings.cache_bytes)
        except SarkPolicyError as error:
            log.error("rust_cache_unavailable", error=str(error))
            return cls(ttl_seconds=settings.cache_ttl, enabled=False)
        if (settings.cache_entries, settings.cache_bytes) != (store.entries, store.bytes):
            log.warning("rust_cache_limits_ignored", max_size=store.entries, max_bytes=store.bytes)
        return cls(ttl_seconds=settings.cache_ttl)

    # --- One decision

    async def get(
        self,
        user_id: str,
        action: str,
        resource: str,
        context: Any = None,
        sensitivity: str | None = None,
        **_: Any,
    ) -> dict[str, Any] | None:
        """Return the decision for exactly this question, a dict of the caller's own; `None` if there is none."""
        return (await self.find(user_id, action, resource, context, sensitivity)).decision

    async def find(
        self, user_id: str, action: str, resource: str, context: Any = None, sensitivity: str | None = None
    ) -> Found:
        """Return what `get` does, and whether it is fresh, stale, or why there is none."""
        began = time.perf_counter()
        try:
            store = self._live()
            if store is None:
                return Found(None, Served.OFF)
            key = key_of(user_id, action, resource, context)
            entry = store.read(store.cache.get(key))
            served = Served.MISS if entry is None else Served.HIT
            callback = self._callback
            if entry is not None and callback is not None and self._is_stale(store, entry, sensitivity):
                served = Served.STALE
                self._ask_anew(store, key, entry, callback, self._new_ttl(entry, sensitivity))
        except Exception as error:
            self._failed("get", error)
            return Found(None, Served.ERROR)
        seconds = time.perf_counter() - began
        store.figures.looked_up(served is Served.HIT, served is Served.STALE, entry is None, seconds)
        return Found(None if entry is None else entry.decision, served)

    async def set(
        self,
        user_id: str,
        action: str,
        resource: str,
        decision: Any,
        context: Any = None,
        ttl_seconds: float | None = None,
        sensitivity: str | None = None,
        ttl: float | None = None,
        **_: Any,
    ) -> bool:
        """Keep a decision, a mapping or a model; whether that was done.

        It is served for `ttl_seconds` or `ttl`, if either is given: with 0 it is expired at once. Else the
        sensitivity decides, and else the handle's `ttl_seconds`.
        """
        try:
            store = self._live()
            if store is None:
                return False
            key = key_of(user_id, action, resource, context)
            return store.keep(key, decision, self._lifetime(sensitivity, ttl_seconds, ttl))
        except Exception as error:
            self._failed("set", error)
            return False

    # --- Many decisions

    async def get_batch(self, requests: Iterable[Sequence[Any]]) -> list[dict[str, Any] | None]:
        """Return the decisions for many questions, each `(user, action, resource[, context])`, in their order."""
        asked = list(requests)
        self.metrics.count("batch_operations")
        found: list[dict[str, Any] | None] = []
        for start in range(0, len(asked), STEPS):
            if start:
                await asyncio.sleep(0)
            found += self._get_some(asked[start : start + STEPS])
        return found

    async def set_batch(self, items: Iterable[Sequence[Any]]) -> int:
        """Keep many decisions, each `(user, action, resource, decision[, context[, ttl[, sensitivity]]])`.

        Returns how many were kept. One that cannot be does not hinder the others.
        """
        asked = list(items)
        self.metrics.count("batch_operations")
        kept = 0
        for start in range(0, len(asked), STEPS):
            if start:
                await asyncio.sleep(0)
            kept += self._set_some(asked[start : start + STEPS])
        return kept

    async def preload_cache(self, entries: Iterable[Sequence[Any]]) -> int:
        """Keep decisions before anybody asks, each as in `set_batch`; return how many were kept."""
        return await self.set_batch(entries)

    # --- Stale decisions

    def set_revalidate_callback(self, callback: Revalidate | None) -> None:
        """Let `callback(user_id, action, resource, context)` decide stale questions anew, in the background.

        It gets the whole context that the key holds, as plain JSON. What it returns is kept for the level's
        time to live; if it raises, or returns `None`, the stale decision ends in its own time.
        """
        self._callback = callback

    def _is_stale(self, store: Store, entry: Entry, sensitivity: Any) -> bool:
        if not self.stale_while_revalidate or _level(sensitivity) not in self.REVALIDATED:
            return False
        return store.remaining(entry) < self.STALE_THRESHOLD_RATIO * self._new_ttl(entry, sensitivity)

    def _new_ttl(self, entry: Entry, sensitivity: Any) -> float:
        """Return the level's time to live, or what the decision was given if that was less."""
        return min(self._lifetime(sensitivity, None, None), entry.ttl)

    def _ask_anew(self, store: Store, key: str, entry: Entry, callback: Revalidate, ttl: float) -> None:
        drops = store.drops()

        async def work() -> None:
            try:
                # Once it is over, somebody else asks, and knows better.
                async with asyncio.timeout(store.remaining(entry)):
                    asked = callback(*question_of(key))
                    decision = await asked if inspect.isawaitable(asked) else asked
                kept = decision is not None and store.keep_unless_dropped(drops, key, decision, ttl)
            except Exception as error:
                kept = False
                log.warning("cache_revalidation_failed", error=type(error).__name__)
            store.figures.count("revalidations" if kept else "revalidation_failures")

        with suppress(RuntimeError):  # no event loop runs: it is served, and ends in its time
            store.revalidations.begin(key, work, self)

    # --- What the methods have in common

    def _get_some(self, asked: list[Sequence[Any]]) -> list[dict[str, Any] | None]:
        began = time.perf_counter()
        found: list[dict[str, Any] | None] = [None] * len(asked)
        try:
            store = self._live()
            if store is None:
                return found
            keys: dict[int, str] = {}
            for place, question in enumerate(asked):
                try:
                    keys[place] = sound(_key(question))
                except Exception as error:
                    self._failed("get", error)
            for place, text in zip(keys, store.cache.get_batch(keys.values()), strict=True):
                entry = store.read(text)
                found[place] = None if entry is None else entry.decision
        except Exception as error:
            self._failed("get", error)
            return [None] * len(asked)
        hits = sum(decision is not None for decision in found)
        store.figures.looked_up(hits, 0, len(keys) - hits, time.perf_counter() - began)
        return found

    def _set_some(self, asked: list[Sequence[Any]]) -> int:
        try:
            store = self._live()
            if store is None:
                return 0
            items: list[tuple[str, Any, float]] = []
            for user_id, action, resource, decision, *rest in asked:
                try:
                    context, ttl, sensitivity = (*rest, None, None, None)[:3]
                    key = sound(key_of(user_id, action, resource, context))
                    items.append((key, decision, self._lifetime(sensitivity, ttl, None)))
                except Exception as error:
                    self._failed("set", error)
            kept, errors = store.keep_batch(items)
        except Exception as error:
            self._failed("set", error)
            return 0
        for each in errors:
            self._failed("set", each)
        return kept

    def _lifetime(self, sensitivity: Any, *given: float | None) -> float:
        for ttl in given:
            if ttl is not None:
                return ttl
        level = _level(sensitivity) if self.use_optimized_ttl else None
        return self.ttl_seconds if level is None else self.OPTIMIZED_TTL.get(level, self.ttl_seconds)


def _key(question: Sequence[Any]) -> str:
    user_id, action, resource, *context = question
    return key_of(user_id, action, resource, context[0] if context else None)


def _level(sensitivity: Any) -> str | None:
    if isinstance(sensitivity, Enum):
        sensitivity = sensitivity.value
    return sensitivity.lower() if isinstance(sensitivity, str) else None

"""Kept decisions: what a policy cache, ours or the gateway's, holds for exactly one question.

What is asked for is part of the key as a whole: entry point, origin and input. A cache that fails costs a look-up,
never a decision.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from sark_policy._exceptions import InputNotSerializable
from sark_policy.sark import metrics
from sark_policy.sark.answer import Side
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.cache.keys import canonical
from sark_policy.sark.log import logger
from sark_policy.sark.metrics import CacheStatus
from sark_policy.sark.models import AuthorizationDecision
from sark_policy.sark.question import Question

TTL = {"critical": 60, "high": 120, "confidential": 120, "medium": 180, "internal": 180, "low": 300, "public": 300}
"""How long a decision is kept by sensitivity, in seconds."""
TTL_OTHERWISE = 120

PATIENCE = 0.25
"""How long an operation of a cache that is not ours may take, in seconds: some try for long to reach their store."""
REST = 1.0
"""How long such a cache is left alone after that, in seconds."""

SEAL = "question"
"""Where a decision in the gateway's cache says what it is for: that cache tells questions apart by 64 bits."""

_log = logger("client")
_resting: dict[int, float] = {}
"""Until when caches are left alone, by `time.monotonic()`."""


class Origin(NamedTuple):
    """Who decides."""

    side: Side
    source: str | None
    """Which bundle in this process, by its digest, or which server, by its address."""


class Kept:
    """The decisions that a policy cache holds."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache
        self._ours = isinstance(cache, RustPolicyCache)
        # Ours never waits for anybody.
        self._patience = None if self._ours else PATIENCE
        self._label = Side.IN_PROCESS if self._ours or "Rust" in type(cache).__name__ else Side.HTTP

    @classmethod
    def of(cls, cache: Any, *, batches: bool = False) -> "Kept | None":
        """Return what a cache holds; `None` without one, and for one that is disabled or cannot do batches."""
        if cache is None or not getattr(cache, "enabled", True):
            return None
        if not isinstance(cache, RustPolicyCache) and time.monotonic() < _resting.get(id(cache), 0):
            return None
        if batches and not (hasattr(cache, "get_batch") and hasattr(cache, "set_batch")):
            return None
        return cls(cache)

    async def find(self, question: Question, origin: Origin) -> tuple[AuthorizationDecision | None, CacheStatus]:
        """Return the decision for a question, and what the cache had: ours tells a stale one from a fresh one."""
        began = time.perf_counter()
        user, action, resource, context = _key(question, origin)
        stale = False
        try:
            if self._ours:
                entry, served = await self._cache.find(user, action, resource, context, question.sensitivity)
                failed, stale = served == "error", served == "stale"
            else:
                async with asyncio.timeout(PATIENCE):
                    entry = await self._cache.get(
                        user, action, resource, context=context, sensitivity=question.sensitivity
                    )
                failed = False
        except Exception as error:
            entry, failed = None, True
            self._lost("get", error)
        found = self._read(entry, context)
        status: CacheStatus = "miss" if found is None else "stale" if stale else "hit"
        seen = "error" if failed else "miss" if found is None else "hit"
        metrics.cache_operation(self._label, "get", seen, time.perf_counter() - began)
        if not failed:
            metrics.cache_served(status, question.sensitivity)
        return found, status

    async def keep(self, question: Question, origin: Origin, decision: AuthorizationDecision) -> None:
        """Keep the decision for a question, for as long as its sensitivity says."""
        began = time.perf_counter()
        user, action, resource, context = _key(question, origin)
        ttl = time_to_live(question.sensitivity)
        try:
            kept = self._write(decision, context)
            async with asyncio.timeout(self._patience):
                stored = await self._cache.set(user, action, resource, kept, context=context, ttl_seconds=ttl)
        except Exception as error:
            stored = False
            self._lost("set", error)
        metrics.cache_operation(self._label, "set", "stored" if stored else "error", time.perf_counter() - began)

    async def find_batch(self, questions: Sequence[Question], origin: Origin) -> list[AuthorizationDecision | None]:
        """Return the decision for each question, in their order."""
        keys = [_key(question, origin) for question in questions]
        try:
            async with asyncio.timeout(self._patience):
                entries = list(await self._cache.get_batch(keys))
            decisions = [self._read(entry, key[3]) for entry, key in zip(entries, keys, strict=True)]
        except Exception as error:
            self._lost("get", error)
            return [None] * len(keys)
        metrics.cache_batch("get", len(keys))
        for question, decision in zip(questions, decisions, strict=True):
            metrics.cache_served("miss" if decision is None else "hit", question.sensitivity)
        return decisions

    async def keep_batch(self, decided: Sequence[tuple[Question, Origin, AuthorizationDecision]]) -> None:
        """Keep many decisions."""
        if not decided:
            return
        items = []
        try:
            for question, origin, decision in decided:
                user, action, resource, context = _key(question, origin)
                kept = self._write(decision, context)
                items.append((user, action, resource, kept, context, time_to_live(question.sensitivity)))
            async with asyncio.timeout(self._patience):
                await self._cache.set_batch(items)
            metrics.cache_batch("set", len(items))
        except Exception as error:
            self._lost("set", error)

    def evaluated(self, seconds: float) -> None:
        """Tell the cache how long a question took that it did not hold."""
        record = getattr(self._cache, "record_opa_latency", None)
        if callable(record):
            record(seconds * 1e3)

    def _write(self, decision: AuthorizationDecision, context: Mapping[str, Any]) -> dict[str, Any]:
        return decision.model_dump() if self._ours else sealed(decision, context)

    def _read(self, entry: Any, context: Mapping[str, Any]) -> AuthorizationDecision | None:
        """Return a decision that was kept for this question; anything else is none."""
        if entry is None:
            return None
        try:
            if not self._ours and entry[SEAL] != _seal(context):
                return None
            return AuthorizationDecision(**entry)
        except (TypeError, KeyError, ValidationError, InputNotSerializable):
            return None

    def _lost(self, operation: str, error: Exception) -> None:
        if isinstance(error, TimeoutError):
            _resting.clear()  # of caches that are gone by now
            _resting[id(self._cache)] = time.monotonic() + REST
        _log.warning("policy_cache_error", operation=operation, error=type(error).__name__)


def time_to_live(sensitivity: str) -> int:
    """Return how long a decision of this sensitivity is kept, in seconds."""
    return TTL.get(sensitivity, TTL_OTHERWISE)


def sealed(decision: AuthorizationDecision, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision as the gateway's cache is to keep it: with the whole question's digest."""
    return decision.model_dump() | {SEAL: _seal(context)}


def asked_of(context: Any, user_id: str, resource: str) -> tuple[Question, Origin] | None:
    """Return the question and the origin in a key's context; `None` if it is none of ours."""
    try:
        question = Question.of(json.loads(context["input"]), context["path"], user_id=user_id, resource=resource)
        return question, Origin(Side(context["side"]), context["source"])
    except (TypeError, KeyError, ValueError, InputNotSerializable):
        return None


def _key(question: Question, origin: Origin) -> tuple[str, str, str, dict[str, Any]]:
    # The input as it was written when it was asked: its document may be the caller's own, who goes on to change it.
    context = {
        "path": question.path,
        "side": origin.side.value,
        "source": origin.source,
        "input": question.text,
    }
    return question.user_id, question.action, question.resource, context


def _seal(context: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(context)).hexdigest()

"""What the admin API shows, put together from a runtime's parts."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sark_policy._exceptions import SarkPolicyError
from sark_policy.sark import metrics
from sark_policy.sark.admin.recommendation import recommend
from sark_policy.sark.flags.state import FEATURES


async def overview(runtime: Any) -> dict[str, Any]:
    """Return everything at once, as one worker sees it: what the page shows."""
    words = await runtime.fleet.words()
    flags = runtime.flags
    state = flags.state
    return {
        "worker": runtime.fleet.worker,
        "at": datetime.now(UTC).isoformat(),
        "flags": {
            "rollout": dict(state.rollout),
            "users": {feature: sorted(state.users[feature]) for feature in FEATURES},
            "killed": state.killed,
            "version": state.version,
            "shared": flags.store is not None,
            "connected": flags.connected,
            "pending": flags.pending,
        },
        "paths": {
            "in_process": runtime.settings.enabled,
            "http": runtime.settings.opa_url is not None,
        },
        "comparison": await comparison_shown(runtime, words),
        "generations": await generations_shown(runtime),
        "shadow": shadow_shown(runtime, words),
        "differences": await runtime.fleet.differences(50),
        "cache": cache_shown(runtime),
        "engine": engine_shown(runtime),
        "workers": words,
        "audit": await runtime.fleet.events(50),
    }


async def comparison_shown(runtime: Any, words: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures of both paths and both caches, and what they recommend. Times are in seconds."""
    figures = await asyncio.to_thread(metrics.comparison)
    shadow = shadow_shown(runtime, words)
    recommendation = recommend(figures, runtime.flags.state, shadow["compared"], shadow["differences"])
    shown: dict[str, Any] = {name: _figures(each) for name, each in figures.items()}
    return {
        **shown,
        "recommendation": str(recommendation),
        "advice": recommendation.advice.value,
        "percentage": recommendation.percentage,
        "grounds": list(recommendation.grounds),
        "unit": "seconds",
    }


async def generations_shown(runtime: Any) -> dict[str, Any]:
    """Return this worker's generations, newest first, the order that stands, and what can be activated."""
    order = runtime.flags.state.bundle
    return {
        "worker": runtime.fleet.worker,
        "generations": [
            {**asdict(generation), "at": generation.at.isoformat()} for generation in runtime.engine.generations()
        ],
        "order": None if order is None else {**asdict(order), "at": order.at.isoformat()},
        "sources": await asyncio.to_thread(runtime.sources.names),
    }


def shadow_shown(runtime: Any, words: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how much the shadow compares, and what it has found in all workers that are alive."""
    differences: Counter[str] = Counter()
    compared = dropped = 0
    for word in words:
        said = word.get("shadow", {})
        compared += said.get("compared", 0)
        dropped += said.get("dropped", 0)
        differences.update(said.get("differences", {}))
    return {
        "share": runtime.shadow.share,
        "inputs": runtime.shadow.inputs,
        "compared": compared,
        "dropped": dropped,
        "differences": dict(differences),
    }


def cache_shown(runtime: Any) -> dict[str, Any]:
    """Return the figures of this worker's policy cache."""
    shown = {"worker": runtime.fleet.worker, **runtime.cache.get_metrics()}
    shown["limits"] = {"entries": runtime.cache.max_size, "bytes": runtime.cache.max_bytes}
    held = runtime.cache.cache
    try:
        statistics = None if held is None else held.stats()
    except SarkPolicyError:
        statistics = None  # busy, or closed just now
    if statistics is not None:
        shown |= {
            "entries": statistics.entries,
            "bytes": statistics.bytes,
            "expirations": statistics.expirations,
        }
    return shown


def engine_shown(runtime: Any) -> dict[str, Any] | None:
    """Return the figures of this worker's engine; `None`: it is not open."""
    if not runtime.engine.opened:
        return None
    try:
        statistics = runtime.engine.host.stats()
    except SarkPolicyError:
        return None
    return asdict(statistics)


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return an implementation's figures by short names."""
    times = {name: figures[f"{name}_seconds"] for name in ("mean", "p50", "p95", "p99")}
    return {"count": figures["count"], "errors": figures["errors"], "error_rate": figures["error_rate"], **times}

"""The policy cache: what the gateway's two caches offered, by their names."""

from collections.abc import Callable
from typing import Any

import pytest

from policy_caches import ACTION, ALLOW, DENY, RESOURCE, USER, Clock, Opener
from sark_policy import Cache
from sark_policy.sark import cache
from sark_policy.sark.cache import PolicyCache, RustPolicyCache, Served
from sark_policy.sark.models import AuthorizationDecision

pytestmark = pytest.mark.anyio


# --- Time to live (SARK.md, 1.5)


@pytest.mark.parametrize("given", [{"ttl_seconds": 0}, {"ttl": 0}])
async def test_a_time_to_live_of_0_is_not_300_seconds(policy_cache: RustPolicyCache, given: Any) -> None:
    """It is expired at once, and so is what was there before."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, **given)
    assert (None, 0) == (await policy_cache.get(USER, ACTION, RESOURCE), await policy_cache.size())


@pytest.mark.parametrize(
    ("sensitivity", "seconds"),
    [
        ("critical", 60), ("confidential", 120), ("internal", 180), ("public", 300), ("default", 120),
        ("low", 300), ("medium", 180), ("high", 120), ("HIGH", 120), ("unheard-of", 77), (None, 77),
    ],
)  # fmt: skip
async def test_each_level_has_its_time_to_live(
    open_cache: Opener, clock: Clock, sensitivity: str | None, seconds: int
) -> None:
    """The gateway's own levels are known as well; another level has the cache's own."""
    cache = open_cache(ttl_seconds=77)
    await cache.set(USER, ACTION, RESOURCE, ALLOW, sensitivity=sensitivity)
    clock.wait(seconds - 1)
    assert ALLOW == await cache.get(USER, ACTION, RESOURCE)
    clock.wait(1)
    assert await cache.get(USER, ACTION, RESOURCE) is None


async def test_an_explicit_time_to_live_wins(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """It counts whatever the level."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, ttl_seconds=200, sensitivity="critical")
    clock.wait(199)
    assert ALLOW == await policy_cache.get(USER, ACTION, RESOURCE)


async def test_without_optimized_times_all_levels_are_alike(open_cache: Opener, clock: Clock) -> None:
    """Each decision has the cache's own."""
    cache = open_cache(ttl_seconds=400, use_optimized_ttl=False)
    await cache.set(USER, ACTION, RESOURCE, ALLOW, sensitivity="critical")
    clock.wait(399)
    assert ALLOW == await cache.get(USER, ACTION, RESOURCE)


@pytest.mark.parametrize("ttl", [-1, float("nan"), float("inf"), "60", True])
async def test_a_senseless_time_to_live_keeps_nothing(policy_cache: RustPolicyCache, ttl: Any) -> None:
    """It is refused and counted, alone and in a batch."""
    assert not await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, ttl_seconds=ttl)
    assert 0 == await policy_cache.set_batch([(USER, ACTION, RESOURCE, ALLOW, None, ttl)])
    assert (0, 2) == (await policy_cache.size(), policy_cache.metrics.errors)


# --- What the gateway's in-process cache lacked (SARK.md, 1.8)


async def test_missing_record_opa_latency(policy_cache: RustPolicyCache) -> None:
    """Latencies are averaged."""
    for milliseconds in (1.0, 3.0):
        policy_cache.record_opa_latency(milliseconds)
    assert 2.0 == policy_cache.get_metrics()["avg_opa_latency_ms"]


async def test_missing_invalidate(policy_cache: RustPolicyCache) -> None:
    """It drops, and says how many."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert [1, 0] == [await policy_cache.invalidate(USER), await policy_cache.invalidate(USER)]


async def test_missing_invalidate_pattern(policy_cache: RustPolicyCache) -> None:
    """It drops, and says how many."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    pattern = f"policy:decision:{USER}:*"
    assert [1, 0] == [await policy_cache.invalidate_pattern(pattern), await policy_cache.invalidate_pattern(pattern)]


async def test_missing_get_batch(policy_cache: RustPolicyCache) -> None:
    """Decisions come in the order of the questions, and one that cannot be asked hinders no other."""
    await policy_cache.set("a", ACTION, RESOURCE, ALLOW, {"n": 1})
    await policy_cache.set("b", ACTION, RESOURCE, DENY)
    asked = [("b", ACTION, RESOURCE), ("\ud800", ACTION, RESOURCE), ("a", ACTION, RESOURCE, {"n": 1}), (1, 2)]
    assert [DENY, None, ALLOW, None] == await policy_cache.get_batch(asked)
    assert [] == await policy_cache.get_batch([])
    figures = policy_cache.get_metrics()
    assert (2, 0, 2, 2) == tuple(figures[name] for name in ("hits", "misses", "errors", "batch_operations"))


async def test_missing_set_batch(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """Each decision has its time to live, and one that cannot be kept hinders no other."""
    items = [
        ("a", ACTION, RESOURCE, ALLOW, {"n": 1}, 10),
        ("b", ACTION, RESOURCE, ALLOW, None, 20),
        ("c", ACTION, RESOURCE, "allow", None, 20),
        ("d", ACTION, RESOURCE, {"allow": object()}, None, 20),
        ("\ud800", ACTION, RESOURCE, ALLOW, None, 20),
        ("e", ACTION, RESOURCE, ALLOW, None, None, "critical"),
        ("f", ACTION, RESOURCE, AuthorizationDecision(**DENY)),
    ]
    assert 4 == await policy_cache.set_batch(items)
    clock.wait(15)
    asked = [(item[0], ACTION, RESOURCE, item[4] if len(item) > 4 else None) for item in items]
    assert [None, ALLOW, None, None, None, ALLOW, DENY] == await policy_cache.get_batch(asked)
    clock.wait(45)
    assert [None, None, None, None, None, None, DENY] == await policy_cache.get_batch(asked)
    assert 0 == await policy_cache.set_batch([])


async def test_batches_of_any_size(open_cache: Opener) -> None:
    """A batch of thousands is kept and found whole."""
    cache = open_cache(3_000)
    items = [(f"user-{n}", ACTION, RESOURCE, {"allow": True, "reason": str(n)}, {"n": n}, None) for n in range(2_345)]
    assert len(items) == await cache.set_batch(items)
    found = await cache.get_batch(
        [(user, action, resource, context) for user, action, resource, _, context, _ in items]
    )
    assert [decision for _, _, _, decision, _, _ in items] == found


async def test_missing_clear_all(policy_cache: RustPolicyCache) -> None:
    """It drops everything, and so does the other cache's name for it."""
    for drop in (policy_cache.clear_all, policy_cache.clear):
        await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
        assert (True, 0) == (await drop(), await policy_cache.size())


async def test_missing_get_cache_size(policy_cache: RustPolicyCache) -> None:
    """It counts decisions, and so does the other cache's name for it."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert (1, 1) == (await policy_cache.get_cache_size(), await policy_cache.size())


async def test_missing_preload_cache(policy_cache: RustPolicyCache) -> None:
    """Decisions can be there before anybody asks."""
    assert 2 == await policy_cache.preload_cache([(user, ACTION, RESOURCE, ALLOW, {"n": 1}) for user in "ab"])
    assert ALLOW == await policy_cache.get("b", ACTION, RESOURCE, {"n": 1})


async def test_missing_set_revalidate_callback(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """Who is to be asked anew is asked; test_sark_cache_stale has the rest."""
    asked = []

    async def callback(*question: Any) -> Any:
        asked.append(question)
        return DENY

    policy_cache.set_revalidate_callback(callback)
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, {"n": 1}, sensitivity="critical")
    clock.wait(50)
    await policy_cache.get(USER, ACTION, RESOURCE, {"n": 1}, sensitivity="critical")
    await policy_cache.revalidating()
    assert [(USER, ACTION, RESOURCE, {"n": 1})] == asked


async def test_missing_close(policy_cache: RustPolicyCache) -> None:
    """It can be closed, twice too, and then keeps and serves nothing."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    await policy_cache.close()
    await policy_cache.close()
    assert (None, Served.OFF) == await policy_cache.find(USER, ACTION, RESOURCE)
    assert not await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert [None] == await policy_cache.get_batch([(USER, ACTION, RESOURCE)])
    assert 0 == await policy_cache.set_batch([(USER, ACTION, RESOURCE, ALLOW)])
    assert not await policy_cache.delete(USER, ACTION, RESOURCE)
    assert (0, 0) == (await policy_cache.invalidate(), await policy_cache.invalidate_pattern("*"))
    assert (False, 0, 0) == (
        await policy_cache.clear_all(),
        await policy_cache.cleanup_expired(),
        await policy_cache.size(),
    )
    assert not await policy_cache.health_check()
    assert 0 == policy_cache.get_metrics()["errors"]


async def test_get_and_set_take_each_others_arguments(policy_cache: RustPolicyCache) -> None:
    """Whatever the gateway's caches take by name is taken."""
    assert await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, sensitivity="high", ttl=5, tenant="t")
    found = await policy_cache.get(USER, ACTION, RESOURCE, sensitivity="high", ttl=5, ttl_seconds=5, tenant="t")
    assert ALLOW == found


async def test_delete_hits_one_question(policy_cache: RustPolicyCache) -> None:
    """The same of another context stays."""
    await policy_cache.set_batch([(USER, ACTION, RESOURCE, ALLOW, {"n": n}) for n in range(2)])
    found = [await policy_cache.delete(USER, ACTION, RESOURCE, {"n": 0}) for _ in range(2)]
    assert ([True, False], 1) == (found, await policy_cache.size())


async def test_cleanup_expired(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """Only what is expired goes, however much that is."""
    await policy_cache.set_batch([(f"user-{n}", ACTION, RESOURCE, ALLOW, None, 10) for n in range(999)])
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    clock.wait(10)
    assert [999, 0, 1] == [
        await policy_cache.cleanup_expired(),
        await policy_cache.cleanup_expired(),
        await policy_cache.size(),
    ]


async def test_metrics_of_both_caches(open_cache: Opener) -> None:
    """Every figure by its name, and anew after a reset."""
    cache = open_cache(2)
    await cache.set_batch([(user, ACTION, RESOURCE, ALLOW) for user in "abc"])
    for user in "abcx":
        await cache.get(user, ACTION, RESOURCE)
    figures = cache.get_metrics()
    assert figures.pop("avg_cache_latency_ms") > 0
    zeros = ("stale_hits", "revalidations", "revalidation_failures", "errors", "avg_opa_latency_ms")
    expected = {
        "hits": 2, "misses": 2, "total_requests": 4, "hit_rate": 50.0, "effective_hit_rate": 50.0, "miss_rate": 50.0,
        "batch_operations": 1, "evictions": 1,
    }  # fmt: skip
    assert expected | dict.fromkeys(zeros, 0) == figures
    assert (2, 2, 4) == (cache.metrics.hits, cache.metrics.misses, cache.metrics.total_requests)
    cache.reset_metrics()
    assert {0} == set(cache.get_metrics().values())


async def test_attributes_of_both_caches(open_cache: Opener) -> None:
    """Limits, settings and the cache below are there by their names."""
    cache = open_cache(123, ttl_seconds=45, use_optimized_ttl=False)
    assert (123, 45, True, False) == (cache.max_size, cache.ttl_seconds, cache.enabled, cache.use_optimized_ttl)
    assert isinstance(cache.cache, Cache)
    assert ("policy:decision", 300, 0.3) == (cache.KEY_PREFIX, cache.DEFAULT_TTL_SECONDS, cache.STALE_THRESHOLD_RATIO)
    assert (60, 120) == (cache.OPTIMIZED_TTL["critical"], cache.OPTIMIZED_TTL["default"])


@pytest.mark.parametrize("limits", [{"max_size": 0}, {"max_size": -1}, {"max_bytes": 0}, {"ttl_seconds": -1}])
async def test_senseless_limits_are_refused(limits: dict[str, Any]) -> None:
    """A limit out of range is a `ValueError`, as it was."""
    with pytest.raises(ValueError, match=r"entries|bytes|ttl_seconds"):
        RustPolicyCache(**limits)


async def test_a_disabled_cache_keeps_nothing() -> None:
    """It opens nothing, is healthy, and can be enabled."""
    disabled = RustPolicyCache(max_size=5, enabled=False)
    assert not await disabled.set(USER, ACTION, RESOURCE, ALLOW)
    assert (None, None, True) == (
        await disabled.get(USER, ACTION, RESOURCE),
        disabled.cache,
        await disabled.health_check(),
    )
    disabled.enabled = True
    assert await disabled.set(USER, ACTION, RESOURCE, ALLOW)
    disabled.enabled = False
    assert (None, 1) == (await disabled.get(USER, ACTION, RESOURCE), await disabled.invalidate(USER))
    await disabled.close()


async def test_health_check(policy_cache: RustPolicyCache) -> None:
    """Something is kept, found and dropped, and counts as no look-up."""
    assert await policy_cache.health_check()
    assert (0, 0) == (await policy_cache.size(), policy_cache.metrics.total_requests)


def test_availability_is_a_real_probe(run: Callable[..., str]) -> None:
    """It is True where a cache works; where no sandbox can run it is False, and the constructor says why."""
    script = """
from sark_policy.sark import cache
print(cache.is_rust_cache_available(), cache.RUST_AVAILABLE)
try:
    cache.RustPolicyCache()
except RuntimeError as error:
    print(str(error).startswith("Rust extensions not available: "))
from sark_policy.sark.settings import SarkSettings
print(cache.RustPolicyCache.shared(SarkSettings()).enabled, cache.get_rust_policy_cache(enabled=False).enabled)
"""
    broken = "import sys; sys.modules['wasmtime'] = None" + script
    sound = script.replace("RustPolicyCache()\nexcept", "RustPolicyCache()\n    print(True)\nexcept")
    assert ["True True", "True", "True False"] == run(sound).splitlines()
    found = run(f"import logging; logging.disable(); {broken}")
    assert ["False False", "True", "False False"] == found.splitlines()


def test_the_module_has_the_gateways_names() -> None:
    """Each can be imported from where the gateway expects it."""
    assert all(hasattr(cache, name) for name in cache.__all__)
    assert issubclass(PolicyCache, RustPolicyCache)
    assert "Rust" in RustPolicyCache.__name__

"""Stale while revalidate: a decision whose time is almost over is served, and asked anew in the background."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from policy_caches import ACTION, ALLOW, DENY, RESOURCE, USER, Clock, Opener
from sark_policy.sark.cache import RustPolicyCache, Served, revalidation
from sark_policy.sark.models import AuthorizationDecision

pytestmark = pytest.mark.anyio

CONTEXT: dict[str, Any] = {
    "path": "mcp/gateway/result",
    "revision": "r1",
    "input": {
        "user": {"id": USER, "roles": ["admin"]},
        "tool": {"name": "ledger", "parameters": {"q": [1, 2**70, 0.5]}},
    },
}


class Asker:
    """Decides anew, and tells what it was asked."""

    def __init__(self, answer: Any = DENY) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, *question: Any) -> Any:
        """Answer once it may go."""
        self.asked.append(question)
        await self.go.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def keep(cache: RustPolicyCache, sensitivity: str = "critical", **times: Any) -> None:
    """Keep an allow."""
    assert await cache.set(USER, ACTION, RESOURCE, ALLOW, CONTEXT, sensitivity=sensitivity, **times)


async def ask(cache: RustPolicyCache, sensitivity: str | None = "critical") -> tuple[Any, Served]:
    """Look it up."""
    return await cache.find(USER, ACTION, RESOURCE, CONTEXT, sensitivity)


@pytest.mark.parametrize(("sensitivity", "ttl"), [("critical", 60), ("confidential", 120), ("high", 120)])
async def test_the_threshold_is_a_share_of_the_levels_time(
    policy_cache: RustPolicyCache, clock: Clock, sensitivity: str, ttl: int
) -> None:
    """With 30 % left a decision is fresh, with less it is stale, and then has the level's time again."""
    policy_cache.set_revalidate_callback(asker := Asker())
    await keep(policy_cache, sensitivity)
    clock.wait(0.7 * ttl)
    assert (ALLOW, Served.HIT) == await ask(policy_cache, sensitivity)
    clock.wait(0.1)
    assert (ALLOW, Served.STALE) == await ask(policy_cache, sensitivity)
    await policy_cache.revalidating()
    assert [(USER, ACTION, RESOURCE, CONTEXT)] == asker.asked
    clock.wait(0.7 * ttl)
    assert (DENY, Served.HIT) == await ask(policy_cache, sensitivity)
    clock.wait(0.3 * ttl)
    assert (None, Served.MISS) == await ask(policy_cache, sensitivity)
    figures = policy_cache.get_metrics()
    expected = {
        "hits": 2,
        "stale_hits": 1,
        "misses": 1,
        "revalidations": 1,
        "hit_rate": 50.0,
        "effective_hit_rate": 75.0,
    }
    assert expected == {name: figures[name] for name in expected}


async def test_the_full_original_input_is_asked(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """Roles and parameters are there, as they were when it was asked, whatever the caller did to its dicts since."""
    policy_cache.set_revalidate_callback(asker := Asker())
    context: dict[str, Any] = {"id": UUID(int=1), "input": {"roles": ["admin"], "parameters": {"q": 2**70}}}
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, context, sensitivity="high")
    clock.wait(100)
    await policy_cache.get(USER, ACTION, RESOURCE, context, sensitivity="high")
    context["input"]["parameters"].clear()
    context["input"]["roles"].clear()
    await policy_cache.revalidating()
    expected = {"id": str(UUID(int=1)), "input": {"roles": ["admin"], "parameters": {"q": 2**70}}}
    assert [(USER, ACTION, RESOURCE, expected)] == asker.asked


@pytest.mark.parametrize("sensitivity", ["internal", "public", "low", "medium", "default", "unheard-of", None])
async def test_other_levels_are_not_asked_anew(
    policy_cache: RustPolicyCache, clock: Clock, sensitivity: str | None
) -> None:
    """They end in their time."""
    policy_cache.set_revalidate_callback(asker := Asker())
    await keep(policy_cache, ttl_seconds=100)
    clock.wait(99)
    assert (ALLOW, Served.HIT) == await ask(policy_cache, sensitivity)
    await policy_cache.revalidating()
    assert [] == asker.asked


async def test_without_a_callback_or_by_setting_nothing_is_stale(open_cache: Opener, clock: Clock) -> None:
    """There is nobody to ask, or nobody is to be asked."""
    off = open_cache(stale_while_revalidate=False)
    off.set_revalidate_callback(asker := Asker())
    for cache in (open_cache(), off):
        await keep(cache)
        clock.wait(59)
        assert (ALLOW, Served.HIT) == await ask(cache)
    assert [] == asker.asked


async def test_a_batch_asks_nobody(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """It serves what is there."""
    policy_cache.set_revalidate_callback(asker := Asker())
    await keep(policy_cache)
    clock.wait(59)
    assert [ALLOW] == await policy_cache.get_batch([(USER, ACTION, RESOURCE, CONTEXT)])
    await policy_cache.revalidating()
    assert [] == asker.asked


async def test_single_flight(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """Many look-ups of one stale decision ask once; another decision has its own flight."""
    policy_cache.set_revalidate_callback(asker := Asker())
    asker.go.clear()
    await keep(policy_cache)
    await policy_cache.set("lee", ACTION, RESOURCE, ALLOW, CONTEXT, sensitivity="critical")
    clock.wait(50)
    for _ in range(20):
        assert (ALLOW, Served.STALE) == await ask(policy_cache)
        await policy_cache.get("lee", ACTION, RESOURCE, CONTEXT, sensitivity="critical")
        await asyncio.sleep(0)
    asker.go.set()
    await policy_cache.revalidating()
    assert [USER, "lee"] == [question[0] for question in asker.asked]
    assert (DENY, Served.HIT) == await ask(policy_cache)


async def test_single_flight_over_handles(open_cache: Opener, clock: Clock, run: Callable[..., str]) -> None:
    """Handles on one cache ask once together."""
    script = """
import asyncio, sark_policy._cache
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.cache import RustPolicyCache
now = 1.8e9
cache_store.DEADLINE = 10.0
cache_store._now = lambda: now
sark_policy._cache._now = lambda: round(now * 1e9)
asked = []
async def callback(*question):
    asked.append(question)
    await asyncio.sleep(0.01)
    return {"allow": False}
async def main():
    global now
    handles = [RustPolicyCache() for _ in range(5)]
    for handle in handles:
        handle.set_revalidate_callback(callback)
    await handles[0].set("u", "a", "r", {"allow": True}, sensitivity="high")
    now += 100
    print({(await handle.get("u", "a", "r", sensitivity="high"))["allow"] for handle in handles})
    await handles[1].revalidating()
    print(len(asked), {(await handle.get("u", "a", "r", sensitivity="high"))["allow"] for handle in handles})
asyncio.run(main())
"""
    assert ["{True}", "1 {False}"] == run(script).splitlines()


@pytest.mark.parametrize(
    "answer",
    [RuntimeError("OPA is away"), None, "allow", {"allow": object()}, 7, TimeoutError()],
    ids=["an error", "nothing", "a text", "what is not JSON", "a number", "a timeout"],
)
async def test_a_stale_allow_is_never_extended_on_error(
    policy_cache: RustPolicyCache, clock: Clock, answer: Any
) -> None:
    """It is not served past its own time, and each failure is counted."""
    policy_cache.set_revalidate_callback(asker := Asker(answer))
    await keep(policy_cache)
    clock.wait(50)
    assert (ALLOW, Served.STALE) == await ask(policy_cache)
    await policy_cache.revalidating()
    clock.wait(10)
    assert (None, Served.MISS) == await ask(policy_cache)
    assert (1, 0, 1) == (
        policy_cache.metrics.revalidation_failures, policy_cache.metrics.revalidations, len(asker.asked)
    )  # fmt: skip


async def test_after_a_failure_it_is_asked_again(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """The next look-up tries anew."""
    policy_cache.set_revalidate_callback(asker := Asker(RuntimeError()))
    await keep(policy_cache)
    clock.wait(50)
    await ask(policy_cache)
    await policy_cache.revalidating()
    asker.answer = DENY
    assert (ALLOW, Served.STALE) == await ask(policy_cache)
    await policy_cache.revalidating()
    assert (DENY, Served.HIT) == await ask(policy_cache)


@pytest.mark.parametrize("answer", [AuthorizationDecision(**DENY), dict(DENY)], ids=["a model", "a dict"])
async def test_what_a_callback_may_return(policy_cache: RustPolicyCache, clock: Clock, answer: Any) -> None:
    """A decision in any form, from a coroutine or a function."""
    for callback in (Asker(answer), lambda *_: answer):
        policy_cache.set_revalidate_callback(callback)
        await keep(policy_cache)
        clock.wait(50)
        await ask(policy_cache)
        await policy_cache.revalidating()
        assert (DENY, Served.HIT) == await ask(policy_cache)


async def test_an_invalidation_meanwhile_wins(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """What was asked before an invalidation is not kept after it."""
    drops: list[Callable[[], Awaitable[Any]]] = [
        policy_cache.invalidate,
        policy_cache.clear_all,
        partial(policy_cache.invalidate_pattern, "*"),
        partial(policy_cache.delete, USER, ACTION, RESOURCE, CONTEXT),
    ]
    for drop in drops:
        policy_cache.set_revalidate_callback(asker := Asker(ALLOW))
        asker.go.clear()
        await keep(policy_cache)
        clock.wait(50)
        await ask(policy_cache)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert 1 == len(asker.asked)
        await drop()
        asker.go.set()
        await policy_cache.revalidating()
        assert (None, Served.MISS) == await ask(policy_cache)


async def test_a_shorter_time_to_live_is_not_made_longer(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """What the policy wanted to be kept for 10 seconds is stale at 3, and kept for 10 again."""
    policy_cache.set_revalidate_callback(Asker())
    await keep(policy_cache, ttl_seconds=10)
    clock.wait(7)
    assert (ALLOW, Served.HIT) == await ask(policy_cache)
    clock.wait(0.1)
    assert (ALLOW, Served.STALE) == await ask(policy_cache)
    await policy_cache.revalidating()
    clock.wait(9.9)
    assert DENY == (await ask(policy_cache))[0]
    await policy_cache.revalidating()
    clock.wait(10)
    assert (None, Served.MISS) == await ask(policy_cache)


async def test_a_longer_time_to_live_becomes_the_levels(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """It is stale when the level's share is left, and kept for the level's time then."""
    policy_cache.set_revalidate_callback(Asker())
    await keep(policy_cache, ttl_seconds=300)
    clock.wait(282)
    assert (ALLOW, Served.HIT) == await ask(policy_cache)
    clock.wait(0.1)
    assert (ALLOW, Served.STALE) == await ask(policy_cache)
    await policy_cache.revalidating()
    clock.wait(60)
    assert (None, Served.MISS) == await ask(policy_cache)


async def test_an_answer_after_the_stale_decisions_time_is_too_late(policy_cache: RustPolicyCache) -> None:
    """It is ended when the decision is, and keeps nothing."""
    policy_cache.set_revalidate_callback(asker := Asker())
    asker.go.clear()
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, CONTEXT, ttl_seconds=0.2)
    while (await ask(policy_cache))[1] is Served.HIT:
        await asyncio.sleep(0.01)
    await policy_cache.revalidating()
    asker.go.set()
    assert (None, Served.MISS) == await ask(policy_cache)
    assert (1, 0) == (policy_cache.metrics.revalidation_failures, policy_cache.metrics.revalidations)


async def test_close_ends_what_its_handle_began(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """Nothing is left behind, and nothing was kept."""
    policy_cache.set_revalidate_callback(asker := Asker())
    asker.go.clear()
    await keep(policy_cache)
    clock.wait(50)
    await ask(policy_cache)
    await asyncio.sleep(0)
    before = {task for task in asyncio.all_tasks() if task.get_name() == "sark-policy-revalidate"}
    await policy_cache.close()
    assert [True] == [task.cancelled() for task in before]
    assert 0 == policy_cache.metrics.revalidation_failures


async def test_a_callback_may_close_the_cache(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """The revalidation that does so ends by that."""

    async def callback(*_: Any) -> Any:
        await policy_cache.close()
        return DENY

    policy_cache.set_revalidate_callback(callback)
    await keep(policy_cache)
    clock.wait(50)
    await ask(policy_cache)
    await policy_cache.revalidating()
    assert policy_cache.closed


async def test_as_many_at_once_as_the_limit_obeyed(
    policy_cache: RustPolicyCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many stale decisions as the limit are asked anew at once."""
    assert 3 == await self_limited(policy_cache, clock, monkeypatch, most=3, stale=3)


async def test_as_many_at_once_as_the_limit_violated(
    policy_cache: RustPolicyCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more is served, but not asked anew this time."""
    assert 3 == await self_limited(policy_cache, clock, monkeypatch, most=3, stale=4)


async def self_limited(
    cache: RustPolicyCache, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, most: int, stale: int
) -> int:
    """Return how many of `stale` decisions are asked anew at once."""
    monkeypatch.setattr(revalidation, "MOST", most)
    cache.set_revalidate_callback(asker := Asker())
    asker.go.clear()
    for n in range(stale):
        await cache.set(f"user-{n}", ACTION, RESOURCE, ALLOW, sensitivity="critical")
    clock.wait(50)
    for n in range(stale):
        assert ALLOW == await cache.get(f"user-{n}", ACTION, RESOURCE, sensitivity="critical")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    count = len(asker.asked)
    asker.go.set()
    await cache.revalidating()
    return count


def test_each_event_loop_asks_by_itself(open_cache: Opener, clock: Clock) -> None:
    """A loop that is closed in the middle leaves nothing that hinders the next one."""
    cache = open_cache()
    asked = []

    async def callback(*_: Any) -> Any:
        asked.append(threading.get_ident())
        await asyncio.sleep(0.01)
        return DENY

    async def look(wait: bool) -> tuple[Any, Served]:
        found = await ask(cache)
        if wait:
            await cache.revalidating()
        else:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return found

    cache.set_revalidate_callback(callback)
    asyncio.run(keep(cache))
    clock.wait(50)
    assert (ALLOW, Served.STALE) == asyncio.run(look(wait=False))
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(look(wait=True))))
    thread.start()
    thread.join()
    assert ([(ALLOW, Served.STALE)], 2) == (found, len(asked))
    assert (DENY, Served.HIT) == asyncio.run(ask(cache))


def test_an_event_loop_that_is_closed_in_the_middle_hinders_nobody(open_cache: Opener, clock: Clock) -> None:
    """What will never end there is asked anew on another loop."""
    cache = open_cache()
    cache.set_revalidate_callback(asker := Asker())
    asker.go.clear()

    async def look() -> None:
        assert (ALLOW, Served.STALE) == await ask(cache)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(keep(cache))
    clock.wait(50)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(look())
    left: list[Any] = [*asyncio.all_tasks(loop)]
    loop.close()
    for task in left:
        task._log_destroy_pending = False  # it is meant to be
    asker.go = asyncio.Event()

    async def main() -> tuple[Any, Served]:
        await look()
        asker.go.set()
        await cache.revalidating()
        return await ask(cache)

    assert ((DENY, Served.HIT), 2, 1) == (asyncio.run(main()), len(asker.asked), len(left))


def test_without_an_event_loop_it_is_served_all_the_same(open_cache: Opener, clock: Clock) -> None:
    """Whoever runs a coroutine by hand gets the decision."""
    cache = open_cache()
    cache.set_revalidate_callback(Asker())
    asyncio.run(keep(cache))
    clock.wait(50)
    look = cache.get(USER, ACTION, RESOURCE, CONTEXT, sensitivity="critical")
    with pytest.raises(StopIteration) as stopped:
        look.send(None)
    assert ALLOW == stopped.value.value


def test_on_an_eager_event_loop(open_cache: Opener, clock: Clock) -> None:
    """Tasks that begin at once may ask the cache themselves."""
    factory = getattr(asyncio, "eager_task_factory", None)
    if factory is None:
        pytest.skip("no eager tasks before Python 3.12")
    cache = open_cache()

    async def callback(*_: Any) -> Any:
        await ask(cache)
        return DENY

    async def main() -> tuple[Any, Served]:
        asyncio.get_running_loop().set_task_factory(factory)
        cache.set_revalidate_callback(callback)
        await keep(cache)
        clock.wait(50)
        await ask(cache)
        await cache.revalidating()
        return await ask(cache)

    assert (DENY, Served.HIT) == asyncio.run(main())

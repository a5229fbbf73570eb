"""The policy cache under threads, event loops, forks, and whatever texts anybody sends."""

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from policy_caches import ACTION, ALLOW, DENY, RESOURCE, USER, Clock, Opener
from sark_policy.sark.cache import RustPolicyCache, Served
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.cache.entry import Entry

pytestmark = pytest.mark.anyio

TEXTS = ["", " ", "ä😀", "a\nb", "a\0b", "\r\n", '"', "\\", "\u2028", "*?[]", "{}", "null", "x" * 10_000]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_any_text_anywhere(policy_cache: RustPolicyCache, text: str) -> None:
    """As an id, in a context, as a key of one, and in a decision."""
    decision = {"allow": True, "reason": text, "filtered_parameters": {text: text}}
    for asked in ((text, text, text, None), (USER, ACTION, RESOURCE, {text: text})):
        assert await policy_cache.set(asked[0], asked[1], asked[2], decision, asked[3])
        assert decision == await policy_cache.get(*asked)
        assert [decision] == await policy_cache.get_batch([asked])
    assert 1 == await policy_cache.invalidate(text, text, text)
    assert (0, 1) == (policy_cache.metrics.errors, await policy_cache.size())


@pytest.mark.parametrize(
    "asked",
    [("\ud800", ACTION, RESOURCE, None), (USER, "a\ud800", RESOURCE, None), (USER, ACTION, RESOURCE, {"x": "\udfff"})],
)
async def test_a_lone_surrogate_is_an_error_that_is_swallowed_and_counted(
    policy_cache: RustPolicyCache, asked: tuple[Any, ...]
) -> None:
    """It is no character: nothing is kept, and the cache goes on."""
    assert not await policy_cache.set(asked[0], asked[1], asked[2], ALLOW, asked[3])
    assert (None, Served.ERROR) == await policy_cache.find(*asked)
    assert ([None], 0) == (
        await policy_cache.get_batch([asked]),
        await policy_cache.set_batch([(*asked[:3], ALLOW, asked[3])]),
    )
    assert not await policy_cache.delete(*asked)
    assert (5, 0) == (policy_cache.metrics.errors, await policy_cache.size())
    assert await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)


@pytest.mark.parametrize("decision", [{"reason": "\ud800"}, {"x": object()}, {"x": float("nan")}, "allow", None, [1]])
async def test_what_cannot_be_kept_leaves_no_earlier_decision(policy_cache: RustPolicyCache, decision: Any) -> None:
    """The new decision is another one, so the old one is not served any more."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert not await policy_cache.set(USER, ACTION, RESOURCE, decision)
    assert await policy_cache.get(USER, ACTION, RESOURCE) is None
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert 0 == await policy_cache.set_batch([(USER, ACTION, RESOURCE, decision)])
    assert await policy_cache.get(USER, ACTION, RESOURCE) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "1", '{"decision":{"allow":true}}', ' {"decision":',
        '{"decision":true,"stored":1,"ttl":1,"epoch":0}', '{"decision":{},"stored":"1","ttl":1,"epoch":0}',
        '{"decision":{},"stored":1,"ttl":null,"epoch":0}', '{"decision":{},"stored":1,"ttl":1,"epoch":false}',
        '{"decision":{},"stored":1,"ttl":1,"epoch":7}', "[" * 100_000, " " + "[" * 100_000,
    ],
)  # fmt: skip
async def test_a_value_that_is_none_of_ours_is_a_miss(policy_cache: RustPolicyCache, text: str) -> None:
    """Whatever stands under a key, only a whole entry is served."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW)
    inner = policy_cache.cache
    assert inner is not None
    [head] = inner.heads(5)
    inner.set("\n".join(head), text, 100)
    assert (None, Served.MISS) == await policy_cache.find(USER, ACTION, RESOURCE)
    assert ([None], 0) == (await policy_cache.get_batch([(USER, ACTION, RESOURCE)]), policy_cache.metrics.errors)


async def test_errors_are_logged_without_keys_and_values(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """No id, no parameter and no decision gets into a log, whatever goes wrong."""

    def callback(*question: Any) -> Any:
        raise ValueError(f"secret {question}")

    policy_cache.set_revalidate_callback(callback)
    with capture_logs() as logs:
        await policy_cache.set("secret-id", "secret\ud800", RESOURCE, {"reason": "secret"}, {"secret": object()})
        await policy_cache.set("secret-id", ACTION, RESOURCE, {"secret": float("nan")}, {"secret": "secret"})
        await policy_cache.get(["secret"], ACTION, RESOURCE)  # type: ignore[arg-type]
        await policy_cache.set("secret-id", ACTION, RESOURCE, ALLOW, {"secret": 1}, sensitivity="high")
        clock.wait(100)
        await policy_cache.get("secret-id", ACTION, RESOURCE, {"secret": 1}, sensitivity="high")
        await policy_cache.revalidating()
        await policy_cache.invalidate("secret-id")
        await policy_cache.invalidate_pattern("*secret*")
        await policy_cache.clear_all()
    events = ["rust_cache_error"] * 3 + [
        "cache_revalidation_failed",
        "cache_invalidated",
        "cache_invalidated",
        "cache_cleared_all",
    ]
    assert events == [each["event"] for each in logs]
    assert "secret" not in repr(logs)
    assert ["set", "set", "get"] == [each["operation"] for each in logs[:3]]


async def test_a_busy_component_is_an_error_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers none, and goes on as soon as it can."""
    monkeypatch.setattr(cache_store, "DEADLINE", 0.02)
    cache = RustPolicyCache(max_size=44)
    await cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert cache.cache is not None
    lock: Any = cache.cache._shards[0]._lock
    await asyncio.to_thread(lock.acquire)
    assert (None, Served.ERROR) == await cache.find(USER, ACTION, RESOURCE)
    assert not await cache.set(USER, ACTION, RESOURCE, DENY)
    assert ([None], 0) == (
        await cache.get_batch([(USER, ACTION, RESOURCE)]),
        await cache.set_batch([(USER, ACTION, RESOURCE, DENY)]),
    )
    assert (0, 0, False) == (await cache.size(), await cache.cleanup_expired(), await cache.health_check())
    lock.release()
    assert (ALLOW, Served.HIT) == await cache.find(USER, ACTION, RESOURCE)
    assert 7 == cache.metrics.errors
    await cache.close()


def test_threads_with_event_loops_of_their_own(open_cache: Opener) -> None:
    """Each finds what it kept, the size stays within the limit, and every look-up is counted."""
    cache = open_cache(500)
    wrong: list[Any] = []
    rounds, threads = 150, 4

    async def work(number: int) -> None:
        for n in range(rounds):
            decision = {"allow": bool(n % 2), "reason": f"{number} {n}"}
            asked = f"user-{number}", ACTION, RESOURCE, {"n": n % 50}
            await cache.set(*asked[:3], decision, asked[3])
            if (found := await cache.get(*asked)) != decision:
                wrong.append((asked, found))
            if await cache.size() > 500:
                wrong.append("size")

    def run(number: int) -> None:
        asyncio.run(work(number))

    started = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    figures = cache.get_metrics()
    assert ([], rounds * threads, 0) == (wrong, figures["hits"], figures["errors"])


def test_one_event_loop_after_the_other(open_cache: Opener) -> None:
    """What one kept the next one finds."""
    cache = open_cache()
    assert asyncio.run(cache.set(USER, ACTION, RESOURCE, ALLOW))
    assert ALLOW == asyncio.run(cache.get(USER, ACTION, RESOURCE))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_fork(run: Callable[..., str]) -> None:
    """A child goes on with a copy of what was kept; what the parent was asking anew is no business of it."""
    script = """
import asyncio, os, warnings
warnings.simplefilter("ignore")
import sark_policy._cache
from forked import child
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.cache import RustPolicyCache, get_rust_policy_cache
now = 1.8e9
cache_store.DEADLINE = 10.0
cache_store._now = lambda: now
sark_policy._cache._now = lambda: round(now * 1e9)
cache = RustPolicyCache()
asked = []

async def callback(user, *_):
    asked.append(user)
    await asyncio.sleep(0.05)
    return {"allow": user}

async def work():
    found = (await cache.get("u", "a", "r", sensitivity="high"))["allow"]
    await cache.revalidating()
    anew = (await cache.get("u", "a", "r", sensitivity="high"))["allow"]
    await cache.set("child", "a", "r", {"allow": False})
    return found, anew, len(asked), await cache.invalidate("u"), await get_rust_policy_cache().size()

def alone():
    asyncio._set_running_loop(None)  # the parent's
    return asyncio.run(work())

async def main():
    global now
    cache.set_revalidate_callback(callback)
    await cache.set("u", "a", "r", {"allow": True}, sensitivity="high")
    now += 100
    await cache.get("u", "a", "r", sensitivity="high")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print(child(alone))
    print(child(alone))
    await cache.revalidating()
    print(await cache.get("u", "a", "r"), len(asked), await cache.size())
asyncio.run(main())
"""
    expected = "(True, 'u', 2, 1, 1)"
    assert [expected, expected, "{'allow': 'u'} 1 1"] == run(script).splitlines()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forks_while_threads_use_the_cache(run: Callable[..., str]) -> None:
    """No child waits for a lock that a thread of its parent held."""
    script = """
import asyncio, os, threading, warnings
warnings.simplefilter("ignore")
from sark_policy.sark.cache import store as cache_store
cache_store.DEADLINE = 10.0
from sark_policy.sark.cache import RustPolicyCache
cache = RustPolicyCache()
stop = threading.Event()
def load(number):
    async def work():
        while not stop.is_set():
            await cache.set(f"u{number}", "a", "r", {"allow": True})
            await cache.get(f"u{number}", "a", "r")
            await cache.invalidate(f"u{number}")
    asyncio.run(work())
threads = [threading.Thread(target=load, args=(number,)) for number in range(2)]
for thread in threads:
    thread.start()
async def work():
    await cache.set("x", "a", "r", {"allow": True})
    return await cache.get("x", "a", "r"), await cache.invalidate("x"), RustPolicyCache().get_metrics()["errors"]
codes = set()
for _ in range(20):
    pid = os.fork()
    if not pid:
        os._exit(0 if asyncio.run(work()) == ({"allow": True}, 1, 0) else 1)
    codes.add(os.waitpid(pid, 0)[1])
stop.set()
for thread in threads:
    thread.join()
print(codes)
"""
    assert "{0}" == run(script)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_while_a_thread_holds_every_lock(run: Callable[..., str]) -> None:
    """A child has locks of its own, whatever its parent's threads were in."""
    script = """
import asyncio, os, threading, warnings
warnings.simplefilter("ignore")
from sark_policy.sark.cache import store as cache_store
cache_store.DEADLINE = 10.0
from sark_policy.sark.cache import RustPolicyCache
cache = RustPolicyCache()
store = cache._store
locks = [store._lock, store.figures._lock, store.revalidations._lock, cache_store._lock]
held, go = threading.Event(), threading.Event()
def hold():
    for lock in locks:
        lock.acquire()
    held.set()
    go.wait()
    for lock in locks:
        lock.release()
thread = threading.Thread(target=hold)
thread.start()
held.wait()
async def work():
    await cache.set("u", "a", "r", {"allow": True})
    await cache.get("u", "a", "r")
    await cache.revalidating()
    await cache.close()
    return await RustPolicyCache().invalidate("u")
pid = os.fork()
if not pid:
    import signal
    signal.alarm(20)
    os._exit(0 if asyncio.run(work()) == 1 else 1)
print(os.waitpid(pid, 0)[1])
go.set()
thread.join()
"""
    assert "0" == run(script)


def test_constructing_and_closing_again_and_again(run: Callable[..., str]) -> None:
    """A handle for every request costs nothing that stays, and neither do caches that nobody closed."""
    script = """
import asyncio, gc
from sark_policy import _process
from sark_policy.sark.cache import RustPolicyCache
async def main():
    for n in range(2_000):
        handle = RustPolicyCache()
        await handle.set("u", "a", "r", {"allow": True})
        await handle.close()
    before = len(_process._members)
    for n in range(20):
        await RustPolicyCache(max_size=n + 1).set("u", "a", "r", {"allow": True})
    gc.collect()
    return await RustPolicyCache().size(), len(_process._members) - before
print(asyncio.run(main()))
"""
    assert "(1, 0)" == run(script)


def test_an_entry_reads_what_was_written() -> None:
    """An entry is its decision and its times."""
    found = Entry.read('{"decision":{"allow":true},"stored":1.5,"ttl":60,"epoch":3}')
    assert Entry({"allow": True}, 1.5, 60, 3) == found

"""Sweeping expired decisions in the background."""

import asyncio
import logging
import os
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from policy_caches import ACTION, ALLOW, RESOURCE, Clock
from sark_policy.sark import cleanup
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.cleanup import (
    CacheCleanupTask,
    get_cleanup_task,
    start_cache_cleanup,
    stop_cache_cleanup,
)

pytestmark = pytest.mark.anyio


class Sweeper:
    """Something else that can be swept, and tells how often it was."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sweeps = 0
        self.swept = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def cleanup_expired(self) -> int:
        """Drop two, or fail."""
        self.sweeps += 1
        self.swept.set()
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return 2


async def test_it_sweeps_a_real_cache(policy_cache: RustPolicyCache, clock: Clock) -> None:
    """What is expired goes by itself; the rest stays."""
    await policy_cache.set_batch([(f"user-{n}", ACTION, RESOURCE, ALLOW, None, 10 + 10 * (n % 2)) for n in range(10)])
    clock.wait(10)
    task = CacheCleanupTask(policy_cache, interval=0.01)
    await task.start()
    while await policy_cache.size() > 5:
        await asyncio.sleep(0.01)
    await task.stop()
    figures = task.get_metrics()
    assert (5, 5, 0) == (await policy_cache.size(), figures["total_entries_removed"], figures["errors"])


async def test_stop_returns_at_once() -> None:
    """It does not wait for the interval, which would be an hour."""
    task = CacheCleanupTask(Sweeper(), interval=3_600)
    await task.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await task.stop()
    assert (False, False) == (task.running, await task.health_check())


async def test_stop_before_the_task_had_a_turn() -> None:
    """A task that has not begun ends all the same."""
    task = CacheCleanupTask(sweeper := Sweeper(), interval=3_600)
    await task.start()
    await task.stop()
    assert (False, 0) == (task.running, sweeper.sweeps)


async def test_stop_waits_for_a_sweep_under_way() -> None:
    """What was begun is finished, and counted."""
    task = CacheCleanupTask(sweeper := Sweeper(), interval=0.001)
    sweeper.go.clear()
    await task.start()
    await sweeper.swept.wait()
    stopping = asyncio.create_task(task.stop())
    await asyncio.sleep(0)
    sweeper.go.set()
    await stopping
    assert (1, 2) == (sweeper.sweeps, task.get_metrics()["total_entries_removed"])


async def test_stop_ends_a_sweep_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some patience it is cancelled."""
    monkeypatch.setattr(cleanup, "PATIENCE", 0.05)
    task = CacheCleanupTask(sweeper := Sweeper(), interval=0.001)
    sweeper.go.clear()
    await task.start()
    await sweeper.swept.wait()
    await task.stop()
    assert (False, 0) == (task.running, task.get_metrics()["cleanups_run"])


async def test_starting_and_stopping_twice() -> None:
    """The second time does nothing, and it can be started again."""
    task = CacheCleanupTask(sweeper := Sweeper(), interval=0.01)
    for _ in range(2):
        sweeper.swept.clear()
        await task.start()
        await task.start()
        assert 1 == [each.get_name() for each in asyncio.all_tasks()].count("sark-policy-cleanup")
        await sweeper.swept.wait()
        await task.stop()
        await task.stop()
        assert 0 == [each.get_name() for each in asyncio.all_tasks()].count("sark-policy-cleanup")


async def test_a_disabled_task_does_not_start() -> None:
    """It is healthy, and sweeps only when told to."""
    task = CacheCleanupTask(Sweeper(), enabled=False)
    await task.start()
    assert (False, True, 2) == (task.running, await task.health_check(), await task.trigger_cleanup())


async def test_metrics() -> None:
    """Each figure by the gateway's name, and anew after a reset."""
    task = CacheCleanupTask(Sweeper())
    assert [2, 2] == [await task.trigger_cleanup() for _ in range(2)]
    figures = task.get_metrics()
    assert figures.pop("last_cleanup_duration_ms") >= 0
    expected = {
        "cleanups_run": 2, "total_entries_removed": 4, "last_cleanup_removed": 2, "avg_entries_per_cleanup": 2.0,
        "errors": 0,
    }  # fmt: skip
    assert expected == figures
    task.reset_metrics()
    assert {0} == set(task.get_metrics().values())


async def test_an_error_does_not_end_it() -> None:
    """It is counted, logged without its message, and the next sweep is tried."""
    task = CacheCleanupTask(sweeper := Sweeper(RuntimeError("secret")), interval=0.001)
    with capture_logs() as logs:
        await task.start()
        while sweeper.sweeps < 3:
            await asyncio.sleep(0.001)
        assert await task.health_check()
        await task.stop()
    assert task.get_metrics()["errors"] >= 3
    assert {"cache_cleanup_started", "cache_cleanup_error", "cache_cleanup_stopped"} == {each["event"] for each in logs}
    assert "secret" not in repr(logs)


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
async def test_a_senseless_interval_is_refused(interval: float) -> None:
    """It must be above 0."""
    with pytest.raises(ValueError, match="interval"):
        CacheCleanupTask(Sweeper(), interval)


async def test_the_one_task_of_the_process() -> None:
    """A second start takes the first one's place; a stop ends it."""
    assert get_cleanup_task() is None
    first = await start_cache_cleanup(Sweeper(), interval=3_600)
    assert first is get_cleanup_task()
    second = await start_cache_cleanup(Sweeper(), 3_600, True)
    assert (False, True, True) == (first.running, second.running, second is get_cleanup_task())
    await stop_cache_cleanup()
    await stop_cache_cleanup()
    assert (False, True) == (second.running, get_cleanup_task() is None)


def test_a_task_whose_loop_is_gone_can_be_started_again() -> None:
    """Another event loop takes over."""
    task = CacheCleanupTask(Sweeper(), interval=3_600)

    async def start() -> bool:
        await task.start()
        return task.running

    assert (True, False, True) == (asyncio.run(start()), task.running, asyncio.run(start()))


def test_stop_from_another_event_loop() -> None:
    """The task ends on its own loop."""

    async def main() -> bool:
        task = CacheCleanupTask(Sweeper(), interval=3_600)
        await task.start()
        [running] = [each for each in asyncio.all_tasks() if each.get_name() == "sark-policy-cleanup"]
        await asyncio.to_thread(lambda: asyncio.run(task.stop()))
        await running
        return task.running

    assert not asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_fork_a_child_starts_its_own(run: Callable[..., str]) -> None:
    """What its parent started does not run in it."""
    script = """
import asyncio, os, warnings
warnings.simplefilter("ignore")
from sark_policy.sark.cleanup import CacheCleanupTask
class Sweeper:
    swept = 0
    async def cleanup_expired(self):
        self.swept += 1
        return 0
sweeper = Sweeper()
task = CacheCleanupTask(sweeper, interval=0.01)
async def work():
    before = task.running
    await task.start()
    while not sweeper.swept:
        await asyncio.sleep(0.01)
    await task.stop()
    return (before, task.running) == (False, False)
async def main():
    await task.start()
    pid = os.fork()
    if not pid:
        asyncio._set_running_loop(None)
        os._exit(0 if asyncio.run(work()) else 1)
    print(os.waitpid(pid, 0)[1], task.running)
    await task.stop()
asyncio.run(main())
"""
    assert "0 True" == run(script)


def test_logs_are_quiet_where_nothing_is_configured(run: Callable[..., str]) -> None:
    """What happens every minute does not fill anybody's terminal."""
    script = """
import asyncio
from sark_policy.sark.cleanup import CacheCleanupTask
class Sweeper:
    async def cleanup_expired(self):
        return 3
async def main():
    task = CacheCleanupTask(Sweeper())
    await task.start()
    await task.trigger_cleanup()
    await task.stop()
asyncio.run(main())
"""
    assert ("", logging.WARNING) == (run(script), logging.getLogger("sark_policy.cleanup").getEffectiveLevel())

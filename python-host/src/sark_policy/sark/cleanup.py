"""Sweeping expired decisions out of a cache from time to time. Without it they are not served either: they take room.

What bounds a task's life: it runs from `start` to `stop`, on the event loop that it was started on.
"""

import asyncio
import os
import time
from contextlib import suppress
from typing import Any, Protocol

from sark_policy.sark.log import logger

PATIENCE = 5.0
"""How long `stop` waits for a sweep that is under way before it ends it, in seconds."""

_log = logger("cleanup")


class Expiring(Protocol):
    """What can be swept."""

    async def cleanup_expired(self) -> int:
        """Drop what is expired, and return how many there were."""
        ...


class CacheCleanupTask:
    """Sweeps a cache every `interval` seconds, in the background."""

    def __init__(self, cache: Expiring, interval: float = 60, enabled: bool = True) -> None:
        """Prepare the task. A disabled one does not start.

        Raises:
            ValueError: The interval is not above 0.
        """
        if not interval > 0:
            raise ValueError(f"interval: give a number of seconds above 0, not `{interval!r}`")
        self.cache = cache
        self.interval = interval
        self.enabled = enabled
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._process = os.getpid()
        self.reset_metrics()

    @property
    def running(self) -> bool:
        """Whether it sweeps. A task that a parent of this process started, or whose loop is gone, does not."""
        task = self._task
        if task is None or self._process != os.getpid():
            return False
        return not task.done() and not task.get_loop().is_closed()

    async def start(self) -> None:
        """Sweep from now on; the first time after one interval. Starting twice does nothing."""
        if not self.enabled or self.running:
            return
        if self._process != os.getpid():
            _lost.append(self._task)
        self._process = os.getpid()
        self._stop = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run(self._stop), name="sark-policy-cleanup")
        _log.info("cache_cleanup_started", interval=self.interval)

    async def stop(self) -> None:
        """Sweep no more. It waits for a sweep that is under way, not for the interval. Stopping twice does nothing."""
        if not self.running:
            return
        task, self._task = self._task, None
        assert task is not None
        loop = task.get_loop()
        if loop is asyncio.get_running_loop():
            self._stop.set()
            await asyncio.wait([task], timeout=PATIENCE)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        else:
            with suppress(RuntimeError):  # it was closed meanwhile, and the task is over
                loop.call_soon_threadsafe(self._stop.set)
        _log.info("cache_cleanup_stopped", cleanups_run=self._runs)

    async def trigger_cleanup(self) -> int:
        """Sweep now, and return how many entries were dropped: 0 as well if it failed, which is counted."""
        began = time.perf_counter()
        try:
            removed = await self.cache.cleanup_expired()
        except Exception as error:
            self._errors += 1
            _log.error("cache_cleanup_error", error=type(error).__name__)
            return 0
        self._runs += 1
        self._total += removed
        self._last = removed
        self._last_ms = (time.perf_counter() - began) * 1e3
        if removed:
            _log.info("cache_cleanup_completed", removed=removed)
        return removed

    def get_metrics(self) -> dict[str, Any]:
        """Return what it did, by the gateway's names."""
        return {
            "cleanups_run": self._runs,
            "total_entries_removed": self._total,
            "last_cleanup_removed": self._last,
            "last_cleanup_duration_ms": round(self._last_ms, 3),
            "avg_entries_per_cleanup": round(self._total / self._runs, 2) if self._runs else 0.0,
            "errors": self._errors,
        }

    def reset_metrics(self) -> None:
        """Let the figures begin anew."""
        self._runs = self._total = self._last = self._errors = 0
        self._last_ms = 0.0

    async def health_check(self) -> bool:
        """Whether it does what it should: it sweeps, or is disabled."""
        return self.running or not self.enabled

    async def _run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self.interval):
                    await stop.wait()
                    return
            await self.trigger_cleanup()


_lost: list[asyncio.Task[None] | None] = []
"""Tasks of a parent's loop, which never end in its child, and must not complain of that."""
_current: CacheCleanupTask | None = None


async def start_cache_cleanup(cache: Expiring, interval: float = 60, enabled: bool = True) -> CacheCleanupTask:
    """Start the one task of this process, in place of an earlier one, and return it.

    Raises:
        ValueError: The interval is not above 0.
    """
    global _current
    task = CacheCleanupTask(cache, interval, enabled)
    earlier, _current = _current, task
    if earlier is not None:
        await earlier.stop()
    await task.start()
    return task


async def stop_cache_cleanup() -> None:
    """Stop the one task of this process, if there is one."""
    global _current
    task, _current = _current, None
    if task is not None:
        await task.stop()


def get_cleanup_task() -> CacheCleanupTask | None:
    """Return the one task of this process, if it was started."""
    return _current

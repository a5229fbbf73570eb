"""Sweeps expired decisions."""

import asyncio
from typing import Any


class CacheCleanupTask:
    """Sweeps a cache every `interval` seconds."""

    def __init__(self, cache: Any, interval: float = 60, enabled: bool = True) -> None:
        self.cache = cache
        self.interval = interval
        self.enabled = enabled
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.interval)
            await self.cache.cleanup_expired()

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()


_task: CacheCleanupTask | None = None


async def start_cache_cleanup(cache: Any, interval: float = 60, enabled: bool = True) -> CacheCleanupTask:
    """Begin to sweep a cache."""
    global _task
    _task = CacheCleanupTask(cache, interval, enabled)
    await _task.start()
    return _task


async def stop_cache_cleanup() -> None:
    """End it."""
    if _task is not None:
        await _task.stop()


def get_cleanup_task() -> CacheCleanupTask | None:
    """Return the task."""
    return _task

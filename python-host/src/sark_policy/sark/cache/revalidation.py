"""Asking stale decisions anew, in the background.

What bounds a revalidation's life: the time that the stale decision is still served for, its event loop, and
the handle that began it.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

Work = Callable[[], Coroutine[Any, Any, None]]

MOST = 64
"""Most revalidations under way. A stale decision beyond that is served, and asked anew the next time."""

_lost: list[Any] = []
"""Tasks of a parent's loops, which never end in its child, and must not complain of that."""


class Revalidations:
    """What is being asked anew: for each key, once. Safe to share between threads and event loops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By key; strong references, since a loop holds weak ones.
        self._tasks: dict[str, tuple[asyncio.Task[None], object]] = {}

    def renew(self) -> None:
        """Go on in a child of a fork: what its parent asks is no business of it."""
        _lost.append(self._tasks)
        self._tasks = {}
        self._lock = threading.Lock()

    def begin(self, key: str, work: Work, owner: object) -> bool:
        """Do `work`, which raises nothing, unless it is being done for this key already; whether it was begun.

        Raises:
            RuntimeError: No event loop is running.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            if key in self._tasks or len(self._tasks) >= MOST:
                self._sweep()
                if key in self._tasks or len(self._tasks) >= MOST:
                    return False
            task = loop.create_task(_later(work), name="sark-policy-revalidate")
            self._tasks[key] = task, owner
        task.add_done_callback(lambda done: self._end(key, done))
        return True

    async def wait(self) -> None:
        """Wait for all that are under way on this loop."""
        loop = asyncio.get_running_loop()
        while tasks := [task for task in self._of(None) if task.get_loop() is loop]:
            await asyncio.wait(tasks)

    async def cancel(self, owner: object) -> None:
        """End those that a handle began, on whichever loop."""
        loop = asyncio.get_running_loop()
        here = []
        for task in self._of(owner):
            its = task.get_loop()
            if its is loop:
                task.cancel()
                here.append(task)
            else:
                with suppress(RuntimeError):  # it was closed meanwhile, and the task is over
                    its.call_soon_threadsafe(task.cancel)
        if here:
            await asyncio.wait(here)

    def _of(self, owner: object | None) -> list[asyncio.Task[None]]:
        with self._lock:
            self._sweep()
            return [task for task, whose in self._tasks.values() if owner is None or whose is owner]

    def _end(self, key: str, task: asyncio.Task[None]) -> None:
        with self._lock:
            if self._tasks.get(key, (None,))[0] is task:
                del self._tasks[key]

    def _sweep(self) -> None:
        """Forget tasks that will never end, since their loop is closed."""
        for key, (task, _) in [*self._tasks.items()]:
            if task.done() or task.get_loop().is_closed():
                del self._tasks[key]


async def _later(work: Work) -> None:
    # An eager loop would else begin it inside of `begin`, which holds the lock.
    await asyncio.sleep(0)
    await work()

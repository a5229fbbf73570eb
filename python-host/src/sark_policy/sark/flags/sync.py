"""A worker's connection to the store of the flags: what it does to know what the others decided.

What bounds a change's way: one atomic step writes it to the store and tells every worker, which reads it at
once; a worker that did not hear reads it within `REREAD` seconds.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sark_policy.sark import metrics
from sark_policy.sark.flags.memory import FlagMemory
from sark_policy.sark.flags.state import Change, FlagState
from sark_policy.sark.flags.store import FlagStore, StoreUnavailable
from sark_policy.sark.log import logger

REREAD = 0.5
"""How often every worker reads the store again, in seconds: half of what a change may take."""

_log = logger("flags")


class FlagSync:
    """Keeps a memory and a store in step, on the event loop that `start` runs on."""

    def __init__(self, memory: FlagMemory, store: FlagStore) -> None:
        self.store = store
        self.connected: bool | None = None
        self._memory = memory
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        # One round trip at a time, so that answers arrive in their order.
        self._turn = asyncio.Lock()
        self._unreadable: frozenset[str] = frozenset()

    async def start(self) -> None:
        """Read the store, and follow it from now on. Starting twice does nothing."""
        if self._tasks and self._loop is asyncio.get_running_loop():
            return
        self._loop, self._wake, self._turn = asyncio.get_running_loop(), asyncio.Event(), asyncio.Lock()
        await self._reread()
        following = [self._follow(), self._hear()] if self.store.listens else [self._follow()]
        self._tasks = [asyncio.create_task(task) for task in following]

    async def stop(self) -> None:
        """Stop following. Stopping twice does nothing."""
        tasks, self._tasks, self._loop = self._tasks, [], None
        # Until Python 3.12 `asyncio.wait_for`, by which clients send, may swallow a cancellation: so again.
        while waiting := [task for task in tasks if not task.done()]:
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting, timeout=0.1)

    def wake(self) -> None:
        """Have the store told soon of what is pending; from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed just now
                loop.call_soon_threadsafe(self._wake.set)

    async def commit(self, change: Change) -> FlagState:
        """Make a change in the store and here; return the state before it.

        Raises:
            StoreUnavailable: The store did not take it.
        """
        async with self._attempt():
            await self._push()
            return await self._exchange(change)

    async def push(self) -> None:
        """Tell the store of what is pending.

        Raises:
            StoreUnavailable: The store did not take it.
        """
        async with self._attempt():
            await self._push()

    @contextlib.asynccontextmanager
    async def _attempt(self) -> AsyncIterator[None]:
        """Take the turn, and note whether the store is there."""
        async with self._turn:
            try:
                yield
            except StoreUnavailable as error:
                metrics.store_failed()
                if self.connected is not False:
                    _log.warning("flag_store_unavailable", reason=str(error))
                self.connected = False
                raise
            if self.connected is False:
                _log.info("flag_store_back", version=self._memory.known.version)
            self.connected = True

    async def _push(self) -> None:
        while self._memory.pending:
            change = self._memory.pending[0]
            await self._exchange(change, told=change)

    async def _exchange(self, change: Change | None, told: Change | None = None) -> FlagState:
        """Read the store, and make a change in the same step; return the state before it."""
        known = self._memory.known
        synced = await self.store.sync(known, restore=change is not None, change=change)
        if change is None and synced.before.version < known.version:
            _log.warning("flag_state_restored", version=known.version, found=synced.before.version)
            synced = await self.store.sync(known, restore=True)
        before = synced.before.state(self._memory.initial, known)
        self._memory.learn(before if change is None else change.on(before, synced.version), told)
        for name in synced.before.unreadable - self._unreadable:
            _log.warning("flag_unreadable", name=name)
        self._unreadable = synced.before.unreadable
        return before

    async def _reread(self) -> None:
        # An outage is noted, and over at some later time.
        with contextlib.suppress(StoreUnavailable):
            async with self._attempt():
                await self._push()
                await self._exchange(None)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REREAD):
                    await self._wake.wait()
            self._wake.clear()
            await self._reread()

    async def _hear(self) -> None:
        while True:
            with contextlib.suppress(StoreUnavailable):
                async with contextlib.aclosing(self.store.changes()) as changes:
                    async for _ in changes:
                        self._wake.set()
            await asyncio.sleep(REREAD)

"""All workers as one: what each says of itself, and what all of them have found and changed.

Through the store of the flags. Where there is none, a worker knows of itself alone.
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterable
from typing import Any

from sark_policy.sark.audit import MOST, AuditTrail, Event
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.flags import FeatureFlagManager, StoreUnavailable
from sark_policy.sark.flags import keys as flag_keys
from sark_policy.sark.flags.state import FlagState
from sark_policy.sark.fleet.orders import Orders
from sark_policy.sark.log import logger
from sark_policy.sark.paths.breaker import Guarded
from sark_policy.sark.paths.difference import Difference
from sark_policy.sark.paths.router import Router
from sark_policy.sark.paths.shadow import Shadow

EVERY = 1.0
"""How often a worker says how it is, in seconds."""

AT_ONCE = 100
"""Most differences that a worker tells of at a time. The oldest of more stay its own."""

_log = logger("fleet")


class Fleet:
    """This worker among the others: it says how it is, and follows the orders that all follow."""

    def __init__(
        self,
        engine: Engine,
        shadow: Shadow,
        router: Router,
        flags: FeatureFlagManager,
        audit: AuditTrail,
        orders: Orders,
    ) -> None:
        self._engine = engine
        self._shadow = shadow
        self._router = router
        self._flags = flags
        self._audit = audit
        self._orders = orders
        self._told = 0
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._unlisten: Callable[[], None] = _nothing

    @property
    def worker(self) -> str:
        """What this worker is called: its host and process."""
        return f"{socket.gethostname()}:{os.getpid()}"

    async def start(self) -> None:
        """Follow the orders that stand, and go on so from now on. Starting twice does nothing."""
        loop = asyncio.get_running_loop()
        if self._task is not None and self._task.get_loop() is loop:
            return
        self._wake = wake = asyncio.Event()

        def heard(state: FlagState) -> None:
            self._orders.follow_shadow(state)
            loop.call_soon_threadsafe(wake.set)

        self._unlisten()
        self._unlisten = self._flags.listen(heard)
        self._orders.follow_shadow(self._flags.state)
        await self._orders.follow_bundle()
        self._task = loop.create_task(self._run())

    async def stop(self) -> None:
        """Follow nothing any more. Stopping twice does nothing."""
        self._unlisten()
        self._unlisten = _nothing
        task, self._task = self._task, None
        while task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=0.1)

    @property
    def _kept(self) -> int:
        return self._shadow.differences.maxlen or 1

    def word(self) -> dict[str, Any]:
        """Return how this worker is."""
        state = self._flags.state
        return {
            "worker": self.worker,
            "version": state.version,
            "rollout": dict(state.rollout),
            "killed": state.killed,
            "pending": self._flags.pending,
            "revision": self._engine.revision,
            "circuits": {path.side.value: path.breaker.state for path in _guarded(self._router)},
            "shadow": {
                "compared": self._shadow.compared,
                "dropped": self._shadow.dropped,
                "differences": {kind.value: count for kind, count in self._shadow.counts.items()},
            },
        }

    async def words(self) -> list[dict[str, Any]]:
        """Return how each worker is that is alive, this one first."""
        words = {self.worker: self.word()}
        if self._flags.store is not None:
            with contextlib.suppress(StoreUnavailable):
                said = await self._flags.store.report("", "")
                words = {word["worker"]: word for word in _objects(said.values()) if "worker" in word} | words
        return sorted(words.values(), key=lambda word: word["worker"] != self.worker)

    async def note(self, event: Event) -> None:
        """Take down for all workers what this one's trail has taken down. The log has it in any case."""
        if self._flags.store is not None:
            with contextlib.suppress(StoreUnavailable):
                await self._flags.store.add(flag_keys.AUDIT, [json.dumps(event_shown(event))], MOST)

    async def events(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest changes of all workers, or of this one if the store is away; newest first."""
        shared = await self._newest(flag_keys.AUDIT, limit)
        return shared if shared is not None else [event_shown(event) for event in self._audit.events()[:limit]]

    async def differences(self, limit: int, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the newest differences of all workers, or of this one if the store is away; newest first."""
        await self._tell_differences()
        found = await self._newest(flag_keys.DIFFERENCES, self._kept if kind else limit)
        if found is None:
            found = [difference_shown(each) for each in reversed(self._shadow.differences)]
        # Each worker tells of its own once a second.
        found.sort(key=lambda each: str(each.get("at")), reverse=True)
        return [each for each in found if kind is None or each.get("kind") == kind][:limit]

    async def forget_differences(self) -> None:
        """Forget the differences of all workers that were told to all. The order to start over does the rest."""
        if self._flags.store is not None:
            with contextlib.suppress(StoreUnavailable):
                await self._flags.store.drop(flag_keys.DIFFERENCES)

    async def _run(self) -> None:
        while True:
            try:
                await self._turn()
            except Exception:
                # Whatever it is, the next turn is in a second.
                _log.exception("fleet_turn_failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._wake.wait()
            self._wake.clear()

    async def _turn(self) -> None:
        await self._orders.follow_bundle()
        with contextlib.suppress(StoreUnavailable):
            await self._orders.notice_watch()
            if self._flags.store is not None and self._flags.connected:
                await self._flags.store.report(self.worker, json.dumps(self.word()))
        await self._tell_differences()

    async def _tell_differences(self) -> None:
        """Tell all workers of the differences that this one has found since the last time."""
        found = self._shadow.counts.total()
        if found < self._told:
            self._told = 0  # it was cleared
        new = min(found - self._told, AT_ONCE, len(self._shadow.differences))
        store = self._flags.store
        if new <= 0 or store is None or not self._flags.connected:
            return
        told, self._told = self._told, found
        entries = [json.dumps(difference_shown(each)) for each in list(self._shadow.differences)[-new:]]
        try:
            await store.add(flag_keys.DIFFERENCES, entries, self._kept)
        except StoreUnavailable:
            self._told = told

    async def _newest(self, key: str, limit: int) -> list[dict[str, Any]] | None:
        if self._flags.store is None or self._flags.connected is False:
            return None
        try:
            return _objects(await self._flags.store.newest(key, limit))
        except StoreUnavailable:
            return None


def _nothing() -> None:
    """End nothing: there is no listener yet."""


def _guarded(router: Router) -> list[Guarded]:
    return [path for path in router.paths.values() if isinstance(path, Guarded)]


def _objects(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Read JSON objects, and pass over what is none: anybody may have written to the store."""
    objects = []
    for text in texts:
        with contextlib.suppress(ValueError):
            read = json.loads(text)
            if isinstance(read, dict):
                objects.append(read)
    return objects


def event_shown(event: Event) -> dict[str, Any]:
    """Return a change as JSON shows it."""
    return {
        "change": event.change.value,
        "by": event.by,
        "at": event.at.isoformat(),
        "what": event.what,
        "before": event.before,
        "after": event.after,
    }


def difference_shown(difference: Difference) -> dict[str, Any]:
    """Return a difference as JSON shows it."""
    return {
        "at": difference.at.isoformat(),
        "kind": difference.kind.value,
        "fields": list(difference.fields),
        "path": difference.path,
        "digest": difference.digest,
        "answered": difference.answered.value,
        "in_process": {"allow": difference.in_process_allow, "reason": difference.in_process_reason},
        "http": {"allow": difference.http_allow, "reason": difference.http_reason},
        "revision": difference.revision,
        "deterministic": difference.deterministic,
        "input": difference.input,
    }

"""Orders to every worker: which bundle decides, and how much the shadow compares.

The worker that takes an order carries it out first, so that what cannot be is refused there. The others
follow what the flags say. An order stands until the next one: a worker that starts later follows it too. A
bundle that changes on disk afterwards is newer than the order, and ends it.
"""

import asyncio
from datetime import UTC, datetime

from sark_policy._exceptions import NothingToRollBack, SarkPolicyError
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.engine.history import Generation
from sark_policy.sark.flags import FeatureFlagManager, StoreUnavailable
from sark_policy.sark.flags.state import BundleOrder, FlagState, ShadowOrder
from sark_policy.sark.fleet.sources import Sources, UnknownSource
from sark_policy.sark.log import logger
from sark_policy.sark.paths.shadow import Shadow

WATCH = "watch"
"""Who brings what changed on disk."""

_log = logger("orders")


class Orders:
    """Gives orders to all workers, and has this one follow them."""

    def __init__(self, engine: Engine, shadow: Shadow, flags: FeatureFlagManager, sources: Sources) -> None:
        self._engine = engine
        self._shadow = shadow
        self._flags = flags
        self._sources = sources
        self._done: BundleOrder | None = None
        self._cleared: datetime | None = None
        self._turn = asyncio.Lock()

    async def activate(self, source: str, by: str) -> tuple[str | None, Generation]:
        """Go over to a bundle, here and then everywhere; return the revision before, and what is current now.

        Raises:
            UnknownSource: It is none of those that may be activated.
            SarkPolicyError: It was refused. Nothing was changed.
            StoreUnavailable: The others cannot be told. Nothing was changed.
        """
        if self._flags.connected is False:
            raise StoreUnavailable("the store of the flags is unavailable: no other worker would follow")
        path = await asyncio.to_thread(self._sources.resolve, source)
        async with self._turn:
            before = self._engine.revision
            generation = await asyncio.to_thread(self._engine.activate, path, by)
            self._done = BundleOrder(str(path), generation.revision, by, generation.at)
            try:
                await self._flags.apply_bundle(self._done)
            except StoreUnavailable:
                await asyncio.to_thread(self._engine.rollback, by)
                raise
            return before, generation

    async def roll_back(self, by: str) -> tuple[str | None, str]:
        """Go back to the previous bundle, here at once and then everywhere; return both revisions.

        Raises:
            NothingToRollBack: There is no previous bundle.
            SarkPolicyError: There is no engine.
        """
        before = self._engine.revision
        previous = self._previous()
        if previous is None:
            raise NothingToRollBack
        # It takes no time, so it waits for nothing: not for the turn either.
        revision = self._engine.rollback(by)
        source = previous.source if await asyncio.to_thread(self._known, previous.source) else None
        self._done = BundleOrder(source, revision, by, datetime.now(UTC))
        await self._flags.apply_bundle(self._done, urgent=True)
        return before, revision

    @property
    def shadow(self) -> ShadowOrder:
        """What the shadow of this worker does now."""
        return ShadowOrder(self._shadow.share, self._shadow.inputs, self._cleared)

    async def set_shadow(self, order: ShadowOrder) -> ShadowOrder:
        """Have the shadow compare so much, everywhere; return what it was here.

        Raises:
            StoreUnavailable: The others cannot be told. Nothing was changed.
        """
        before = self.shadow
        await self._flags.apply_shadow(order)
        self.follow_shadow(self._flags.state)
        return before

    def follow_shadow(self, state: FlagState) -> None:
        """Do here what was ordered for the shadow."""
        if state.shadow is not None:
            self._shadow.share = state.shadow.share
            self._shadow.inputs = state.shadow.inputs
            if state.shadow.cleared != self._cleared:
                self._cleared = state.shadow.cleared
                self._shadow.clear()

    async def follow_bundle(self) -> None:
        """Do here what was ordered for the bundle. What cannot be done is logged, once."""
        async with self._turn:
            order = self._flags.state.bundle
            if order is None or order == self._done or not await self._opened():
                return
            self._done = order
            if order.by == WATCH or order.revision == self._engine.revision:
                return
            try:
                await self._go(order)
            except (SarkPolicyError, UnknownSource) as error:
                _log.error("bundle_order_failed", source=order.source, revision=order.revision, error=str(error))
                return
            if self._done is not order:
                self._done = None  # a rollback came in between: what stands now is followed the next time
                return
            if self._engine.revision != order.revision:
                _log.warning("bundle_order_unmet", ordered=order.revision, revision=self._engine.revision)

    async def notice_watch(self) -> None:
        """End an order that a newer bundle on disk has overtaken.

        Raises:
            StoreUnavailable: The others cannot be told; it is tried again.
        """
        order = self._flags.state.bundle
        if order is None or order.by == WATCH:
            return
        current = next((each for each in self._engine.generations() if each.state == "current"), None)
        if current is not None and current.by == WATCH and current.at > order.at:
            self._done = BundleOrder(None, current.revision, WATCH, current.at)
            await self._flags.apply_bundle(self._done)

    async def _go(self, order: BundleOrder) -> None:
        previous = self._previous()
        if previous is not None and previous.revision == order.revision:
            await asyncio.to_thread(self._engine.rollback, order.by)
        elif order.source is not None:
            path = await asyncio.to_thread(self._sources.resolve, order.source)
            await asyncio.to_thread(self._engine.activate, path, order.by)

    async def _opened(self) -> bool:
        if not self._engine.opened and self._engine.settings.enabled:
            try:
                await self._engine.ready()
            except SarkPolicyError:
                return False  # the engine has said so
        return self._engine.opened

    def _previous(self) -> Generation | None:
        return next((each for each in self._engine.generations() if each.state == "previous"), None)

    def _known(self, source: str) -> bool:
        try:
            self._sources.resolve(source)
        except UnknownSource:
            return False
        return True

"""The manager of the flags: what the gateway reads, and what operators change."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sark_policy.sark import metrics
from sark_policy.sark.answer import Side
from sark_policy.sark.flags.memory import FlagMemory, Listener
from sark_policy.sark.flags.state import (
    FEATURES,
    MOST_USERS,
    BundleOrder,
    Change,
    FlagState,
    ShadowOrder,
    check,
)
from sark_policy.sark.flags.store import FlagStore, StoreUnavailable
from sark_policy.sark.flags.sync import FlagSync
from sark_policy.sark.log import logger

_log = logger("flags")


class FeatureFlagManager:
    """The flags of this process. Reading them never waits, from any thread, started or not."""

    def __init__(self, redis_client: Any = None, *, rollout: Mapping[str, int] | None = None) -> None:
        """Make a manager of its own; `get_feature_flag_manager` returns the process's.

        Args:
            redis_client: `redis.asyncio.Redis`, or what has the same methods, such as valkey's. `None`: the
                flags are kept in memory, by this process for itself. The client stays the caller's to close.
            rollout: Percentages to begin with where nothing is stored yet.

        Raises:
            ValueError: A feature of `rollout` is unknown, or a percentage out of range.
        """
        self._memory = FlagMemory(FlagState.initial(rollout))
        self._memory.listen(_report)
        self._sync = None if redis_client is None else FlagSync(self._memory, FlagStore(redis_client))
        self._url: str | None = None
        self._process = os.getpid()

    @classmethod
    def connect(cls, url: str | None, *, rollout: Mapping[str, int] | None = None) -> "FeatureFlagManager":
        """Make a manager for the store at `redis://[user:password@]host:port/db`; `None`: for memory alone."""
        manager = cls(None if url is None else _client(url), rollout=rollout)
        manager._url = url
        return manager

    async def start(self) -> None:
        """Read the store and follow it from now on. A store that is away is no error. Starting twice does nothing."""
        _report(self.state)
        if self._url is not None and self._process != os.getpid():
            # A forked child must not talk on its parent's connections, nor end the tasks of its parent's loop.
            _lost.append(self._sync)
            self._sync = FlagSync(self._memory, FlagStore(_client(self._url)))
        self._process = os.getpid()
        if self._sync is not None:
            await self._sync.start()

    async def stop(self) -> None:
        """Stop following the store; what is known stays in force. Stopping twice does nothing."""
        if self._sync is not None:
            await self._sync.stop()
            if self._url is not None:
                await self._sync.store.close()

    def share(self, redis_client: Any) -> None:
        """Keep the flags in a store from the next `start` on. What was set in memory before is dropped."""
        self._memory.learn(self._memory.initial)
        self._sync, self._url = FlagSync(self._memory, FlagStore(redis_client)), None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener of every new state from now on; return what ends that."""
        return self._memory.listen(listener)

    # --- Reading: memory only

    def should_use_rust(self, feature: str, user_id: str) -> bool:
        """Return whether a user has a feature, and count the assignment. An unknown feature: nobody has it."""
        chosen = self._memory.state.has(feature, user_id)
        if feature in FEATURES:
            metrics.assigned(feature, Side.IN_PROCESS if chosen else Side.HTTP)
        return chosen

    def get_rollout_pct(self, feature: str) -> int:
        """Return a feature's percentage; 0 for an unknown one."""
        return self.state.rollout.get(feature, 0)

    def get_all_rollouts(self) -> dict[str, int]:
        """Return the percentage of every feature."""
        return dict(self.state.rollout)

    @property
    def rollout_pct(self) -> dict[str, int]:
        """The percentage of every feature; a copy."""
        return self.get_all_rollouts()

    def users(self, feature: str) -> frozenset[str]:
        """Return the users that have a feature whatever its percentage is."""
        return self.state.users.get(feature, frozenset())

    @property
    def killed(self) -> bool:
        """Whether the kill switch is on: nobody has any feature."""
        return self.state.killed

    @property
    def state(self) -> FlagState:
        """All that is in force in this worker."""
        return self._memory.state

    @property
    def pending(self) -> int:
        """Changes that hold here and that the store was not told of yet."""
        return len(self._memory.pending)

    @property
    def store(self) -> FlagStore | None:
        """Where the flags are kept; `None`: in this process's memory."""
        return None if self._sync is None else self._sync.store

    @property
    def connected(self) -> bool | None:
        """Whether the store answered when it was last asked. `None`: it was not asked yet, or there is none."""
        return None if self._sync is None else self._sync.connected

    # --- Changing without waiting: it holds here at once, and is on its way to the store

    def set_rollout_pct(self, feature: str, pct: int) -> None:
        """Set a percentage.

        Raises:
            ValueError: The feature is unknown, or the percentage not within 0 to 100.
            StoreUnavailable: The store is known to be away. Nothing was changed.
        """
        check(feature, pct)
        if self.connected is False:
            raise StoreUnavailable(f"the store of the flags is unavailable: `{feature}` stays as it is")
        self._now(Change(rollout={feature: pct}))

    def rollback(self, feature: str) -> None:
        """Take a feature from everybody, those on its allow-list included.

        Raises:
            ValueError: The feature is unknown.
        """
        check(feature)
        self._now(Change.back(feature))

    def rollback_all(self) -> None:
        """Take every feature from everybody."""
        self._now(Change.back(*FEATURES))

    # --- Changing and waiting for the store

    async def apply_rollout(self, feature: str, pct: int) -> int:
        """Set a percentage for all workers, and return what it was.

        Raises:
            ValueError: The feature is unknown, or the percentage not within 0 to 100.
            StoreUnavailable: The store did not take it. Nothing was changed.
        """
        check(feature, pct)
        before = await self._commit(Change(rollout={feature: pct}))
        return before.rollout[feature]

    async def apply_users(self, feature: str, users: Iterable[str]) -> frozenset[str]:
        """Set a feature's allow-list for all workers, and return what it was.

        Raises:
            ValueError: The feature is unknown, or the users are more than `MOST_USERS`.
            StoreUnavailable: The store did not take it. Nothing was changed.
        """
        check(feature)
        listed = frozenset(users)
        if len(listed) > MOST_USERS:
            raise ValueError(f"the allow-list of `{feature}` would have {len(listed)} users: {MOST_USERS} at most")
        before = await self._commit(Change(users={feature: listed}))
        return before.users[feature]

    async def apply_rollback(self, feature: str) -> FlagState:
        """Take a feature from everybody, and return the state before. It holds here at once, store or no store.

        Raises:
            ValueError: The feature is unknown.
        """
        check(feature)
        return await self._back(Change.back(feature))

    async def apply_rollback_all(self) -> FlagState:
        """Take every feature from everybody, and return the state before. It holds here at once."""
        return await self._back(Change.back(*FEATURES))

    async def apply_kill(self, enabled: bool) -> bool:
        """Turn the kill switch, and return what it was. On holds here at once; off needs the store.

        Raises:
            StoreUnavailable: It was to be turned off, and the store did not take it. Nothing was changed.
        """
        change = Change(killed=enabled)
        return (await (self._back(change) if enabled else self._commit(change))).killed

    async def apply_shadow(self, order: ShadowOrder) -> FlagState:
        """Order every worker how much its shadow is to compare; return the state before.

        Raises:
            StoreUnavailable: The store did not take it. Nothing was changed.
        """
        return await self._commit(Change(shadow=order))

    async def apply_bundle(self, order: BundleOrder, *, urgent: bool = False) -> FlagState:
        """Order every worker to go over to a bundle; return the state before.

        Args:
            order: The bundle.
            urgent: Whether this is a way back, which the others hear of whenever the store is there.

        Raises:
            StoreUnavailable: It is not urgent, and the store did not take it. Nothing was changed.
        """
        change = Change(bundle=order)
        return await (self._back(change) if urgent else self._commit(change))

    def _now(self, change: Change) -> FlagState:
        if self._sync is None:
            return self._memory.make(change)
        before = self._memory.defer(change)
        self._sync.wake()
        return before

    async def _commit(self, change: Change) -> FlagState:
        return self._memory.make(change) if self._sync is None else await self._sync.commit(change)

    async def _back(self, change: Change) -> FlagState:
        """Make a change here, and see to the store then. Where that is known to be away, nobody waits for it."""
        before = self._now(change)
        if self._sync is not None and self.connected is not False:
            try:
                await self._sync.push()
            except StoreUnavailable as error:
                _log.warning("flag_change_pending", reason=str(error))
        return before


def _report(state: FlagState) -> None:
    for feature, percentage in state.rollout.items():
        metrics.rollout(feature, percentage)


def _client(url: str) -> Any:
    """Return a client that gives up soon: nothing here waits long for it."""
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    # One more try takes the place of a connection that the server has closed meanwhile.
    return Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 1))


_shared: FeatureFlagManager | None = None
_lost: list[FlagSync | None] = []


def get_feature_flag_manager(redis_client: Any = None) -> FeatureFlagManager:
    """Return the manager of this process, and make it at the first call.

    Args:
        redis_client: Where to share the flags, for a manager that has no store yet; then `await manager.start()`.
    """
    global _shared
    if _shared is None:
        _shared = FeatureFlagManager(redis_client)
    elif redis_client is not None and _shared.store is None:
        _shared.share(redis_client)
    return _shared


def use_feature_flag_manager(manager: FeatureFlagManager | None) -> None:
    """Make a manager the process's own, or let the next call make one."""
    global _shared
    _shared = manager

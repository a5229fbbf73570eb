"""The runtime: what a process has one of. Clients are handles on it.

What bounds its life: it is made when somebody first asks (`Runtime.shared`), or by the application, which
then starts and stops it. After a fork the child goes on with its own copy.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sark_policy
from sark_policy._exceptions import SarkPolicyError
from sark_policy.sark import metrics
from sark_policy.sark.answer import Side
from sark_policy.sark.audit import AuditTrail
from sark_policy.sark.breaker import Guarded
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.cleanup import CacheCleanupTask
from sark_policy.sark.client import guarded
from sark_policy.sark.decider import Decider
from sark_policy.sark.engine import Engine
from sark_policy.sark.flags import FEATURES, FeatureFlagManager
from sark_policy.sark.fleet import Fleet
from sark_policy.sark.http_path import HttpPath
from sark_policy.sark.in_process import InProcess
from sark_policy.sark.log import logger
from sark_policy.sark.orders import Orders
from sark_policy.sark.router import Router
from sark_policy.sark.settings import SarkSettings
from sark_policy.sark.shadow import Shadow
from sark_policy.sark.sources import Sources

if TYPE_CHECKING:
    from sark_policy.sark.routed_client import RoutedOPAClient

_log = logger("runtime")
_lock = threading.Lock()
_shared: "Runtime | None" = None


def no_cache() -> None:
    """Return the gateway's own policy cache where there is none."""


class Runtime:
    """One engine, one cache, one set of flags, and the router between the paths."""

    def __init__(
        self,
        settings: SarkSettings | None = None,
        *,
        flags: FeatureFlagManager | None = None,
        legacy_cache: Callable[[], Any] = no_cache,
    ) -> None:
        """Put the parts together. Nothing is opened or connected yet.

        Args:
            settings: The settings; `None` reads the environment.
            flags: The flags; `None` connects to `SarkSettings.flags_url`, or keeps them in memory.
            legacy_cache: The gateway's own cache, for users whom the flags do not give ours.
        """
        self.settings = settings = settings or SarkSettings()
        self.legacy_cache = legacy_cache
        self.engine = Engine.shared(settings)
        self.cache = RustPolicyCache(max_size=settings.cache_entries, ttl_seconds=settings.cache_ttl)
        self.shadow = Shadow(settings.shadow_share, settings.shadow_keep, settings.shadow_inputs)
        paths: dict[Side, Guarded] = {}
        if settings.enabled:
            paths[Side.IN_PROCESS] = guarded(InProcess(self.engine), settings)
        if settings.opa_url is not None:
            http = HttpPath(settings.opa_url, timeout=settings.opa_timeout, connections=settings.opa_connections)
            paths[Side.HTTP] = guarded(http, settings)
        self.fallback: dict[Side, Side | None] = {
            Side.IN_PROCESS: Side.HTTP if settings.fallback_to_http else None,
            Side.HTTP: Side.IN_PROCESS if settings.fallback_to_in_process else None,
        }
        self.router = Router(paths, fallback=self.fallback, shadow=self.shadow)
        self.decider = Decider(self.router, self.engine)
        self.strict_decider = Decider(Router(paths, fallback={}, shadow=self.shadow), self.engine)
        """Decides by one path alone."""
        self._others: dict[str, HttpPath] = {}
        self.flags = flags or FeatureFlagManager.connect(_url(settings), rollout=_rollout(settings))
        self.audit = AuditTrail()
        self.sources = Sources(settings)
        self.orders = Orders(self.engine, self.shadow, self.flags, self.sources)
        self.fleet = Fleet(self.engine, self.shadow, self.router, self.flags, self.audit, self.orders)
        self.cleanup = CacheCleanupTask(self.cache, interval=settings.cleanup_interval)
        self._started = False
        self._starting: asyncio.Task[None] | None = None

    @classmethod
    def shared(cls) -> "Runtime":
        """Return the process's runtime, made of the environment's settings if nobody has configured one."""
        global _shared
        with _lock:
            if _shared is None:
                _shared = cls()
            return _shared

    @classmethod
    def use(cls, runtime: "Runtime | None") -> None:
        """Let this be the process's runtime; `None`: it is made anew when somebody asks."""
        global _shared
        with _lock:
            _shared = runtime

    def client(self) -> "RoutedOPAClient":
        """Return a client that goes by the flags."""
        from sark_policy.sark.routed_client import RoutedOPAClient

        return RoutedOPAClient(runtime=self)

    def http_path(self, url: str) -> HttpPath:
        """Return the path to an OPA server other than the settings', made once."""
        path = self._others.get(url)
        if path is None:
            settings = self.settings
            path = HttpPath(url, timeout=settings.opa_timeout, connections=settings.opa_connections)
            path = self._others.setdefault(url, path)
        return path

    def side(self, user_id: str) -> Side:
        """Return the side that the flags give to a user. Where there is no OPA server, there is one side."""
        self._ensure_started()
        if not self.settings.enabled:
            return Side.HTTP
        if self.settings.opa_url is None or self.flags.should_use_rust("rust_opa", user_id):
            return Side.IN_PROCESS
        return Side.HTTP

    def uses_our_cache(self, user_id: str) -> bool:
        """Return whether the flags give our cache to a user."""
        return self.settings.enabled and self.flags.should_use_rust("rust_cache", user_id)

    async def start(self) -> None:
        """Open the bundle, follow it and the flags, and sweep the cache. Starting twice does nothing.

        A bundle that cannot be opened is logged, and tried again when it is asked: until then the other
        path answers, or everything is denied.
        """
        if self._started:
            return
        self._started = True
        metrics.observe(self)
        await self.flags.start()
        if self.settings.enabled:
            try:
                await self.engine.ready()
                await self.fleet.start()
                if self.settings.watch:
                    await asyncio.to_thread(self.engine.watch)
            except SarkPolicyError as error:
                _log.error("policy_load_failed", bundle=str(self.settings.bundle), error=str(error))
        await self.fleet.start()
        await self.cleanup.start()
        _log.info(
            "sark_policy_started",
            revision=self.engine.revision,
            opa=self.settings.opa_url is not None,
            available=sark_policy.AVAILABLE,
        )

    def _ensure_started(self) -> None:
        """Start with the first decision, where the application has not."""
        if self._started or self._starting is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # nobody runs who could wait for it
        self._starting = loop.create_task(self.start())

    async def stop(self) -> None:
        """End what `start` began. The engine goes on: other handles may use it. Stopping twice does nothing."""
        if not self._started:
            return
        self._started = False
        await self.cleanup.stop()
        await self.fleet.stop()
        await self.flags.stop()
        await self.router.close()
        for path in self._others.values():
            await path.close()


def _url(settings: SarkSettings) -> str | None:
    return None if settings.flags_url is None else settings.flags_url.get_secret_value()


def _rollout(settings: SarkSettings) -> dict[str, int]:
    """Return what to begin with: as set, and else everything where there is nothing to come from, and nothing where there is."""
    start = 0 if settings.opa_url is not None else 100
    return {feature: settings.rollout.get(feature, start) for feature in FEATURES}

"""The runtime: what a process has one of. Clients are handles on it.

What bounds its life: it is made when somebody first asks (`Runtime.shared`), or by the application, which
then starts and stops it. After a fork the child goes on with its own copy.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sark_policy
from sark_policy._exceptions import SarkPolicyError
from sark_policy.sark import metrics
from sark_policy.sark.answer import Side
from sark_policy.sark.audit import AuditTrail
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.cleanup import CacheCleanupTask
from sark_policy.sark.clients.decider import Decider
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.flags import FEATURES, FeatureFlagManager
from sark_policy.sark.fleet.fleet import Fleet
from sark_policy.sark.fleet.orders import Orders
from sark_policy.sark.fleet.sources import Sources
from sark_policy.sark.log import logger
from sark_policy.sark.paths.breaker import Guarded, guarded
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.paths.in_process import InProcess
from sark_policy.sark.paths.router import Router
from sark_policy.sark.paths.shadow import Shadow
from sark_policy.sark.settings import SarkSettings

if TYPE_CHECKING:
    from sark_policy.sark.clients.routed_client import RoutedOPAClient

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
        self.cache = RustPolicyCache.shared(settings)
        self.shadow = Shadow(settings.shadow_share, settings.shadow_keep, settings.shadow_inputs)
        self._servers: dict[str, Guarded] = {}
        paths: dict[Side, Guarded] = {}
        if settings.enabled:
            paths[Side.IN_PROCESS] = guarded(InProcess(self.engine), settings)
        if settings.opa_url is not None:
            paths[Side.HTTP] = self.server(settings.opa_url)
        self.fallback: dict[Side, Side | None] = {
            Side.IN_PROCESS: Side.HTTP if settings.fallback_to_http else None,
            Side.HTTP: Side.IN_PROCESS if settings.fallback_to_in_process else None,
        }
        self.router = Router(paths, fallback=self.fallback, shadow=self.shadow)
        self.decider = Decider(self.router, self.engine, settings.opa_url)
        self.decider.serve(self.cache)
        strict = Router(paths, fallback={}, shadow=self.shadow)
        self.strict_decider = Decider(strict, self.engine, settings.opa_url)
        """Decides by one path alone."""
        self.flags = flags or FeatureFlagManager.connect(_url(settings), rollout=_rollout(settings))
        self.audit = AuditTrail()
        self.sources = Sources(settings)
        self.orders = Orders(self.engine, self.shadow, self.flags, self.sources)
        self.fleet = Fleet(self.engine, self.shadow, self.router, self.flags, self.audit, self.orders)
        self.cleanup = CacheCleanupTask(self.cache, interval=settings.cleanup_interval)
        # Where it runs; the loop may be closed by now, and the process may be the parent of this one.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
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
        from sark_policy.sark.clients.routed_client import RoutedOPAClient

        return RoutedOPAClient(runtime=self)

    def server(self, url: str) -> Guarded:
        """Return the path to an OPA server, the settings' or another one; for each address there is one."""
        path = self._servers.get(url)
        if path is None:
            settings = self.settings
            path = guarded(HttpPath(url, timeout=settings.opa_timeout, connections=settings.opa_connections), settings)
            path = self._servers.setdefault(url, path)
        return path

    def side(self, user_id: str) -> Side:
        """Return the side that the flags give to a user. Where there is no OPA server, there is one side."""
        self.start_soon()
        if not self.settings.enabled:
            return Side.HTTP
        if self.settings.opa_url is None or self.flags.should_use_rust("rust_opa", user_id):
            return Side.IN_PROCESS
        return Side.HTTP

    def cache_of(self, user_id: str) -> Any:
        """Return the policy cache that the flags give to a user, without counting it; `None`: there is none."""
        if self.settings.enabled and self.flags.state.has("rust_cache", user_id):
            return self.cache
        cache = self.legacy_cache()
        self.decider.serve(cache)
        return cache

    def uses_our_cache(self, user_id: str) -> bool:
        """Return whether the flags give our cache to a user."""
        return self.settings.enabled and self.flags.should_use_rust("rust_cache", user_id)

    @property
    def started(self) -> bool:
        """Whether it runs: in this process, on an event loop that is open."""
        loop = self._loop
        return loop is not None and not loop.is_closed() and self._process == os.getpid()

    async def start(self) -> None:
        """Open the bundle, follow it and the flags, and sweep the cache. Starting twice does nothing.

        A bundle that cannot be opened is logged, and tried again when it is asked: until then the other
        path answers, or everything is denied.
        """
        if not self.started:
            self._loop, self._process = asyncio.get_running_loop(), os.getpid()
            await self._start()

    def start_soon(self) -> None:
        """Start beside the running event loop's other tasks, if there is one and this was not started yet."""
        if self.started:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # nobody runs who could wait for it
        self._loop, self._process = loop, os.getpid()
        self._starting = loop.create_task(self._start(), name="sark-policy-start")

    async def stop(self) -> None:
        """End what `start` began. The engine goes on: other handles may use it. Stopping twice does nothing."""
        if not self.started:
            return
        self._loop = None
        starting, self._starting = self._starting, None
        if starting is not None and not starting.done():
            starting.cancel()
            await asyncio.wait([starting])
        metrics.unobserve(self)
        await self.cleanup.stop()
        await self.fleet.stop()
        await self.flags.stop()
        await self.router.close()
        for path in self._servers.values():
            await path.close()

    def stop_soon(self) -> None:
        """Stop on the loop that it was started on; from any thread."""
        loop = self._loop
        if loop is not None and self.started:
            # The task is the loop's until it is done: nothing else ends with it.
            with suppress(RuntimeError):  # the loop was closed just now
                asyncio.run_coroutine_threadsafe(self.stop(), loop)

    async def _start(self) -> None:
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


def _url(settings: SarkSettings) -> str | None:
    return None if settings.flags_url is None else settings.flags_url.get_secret_value()


def _rollout(settings: SarkSettings) -> dict[str, int]:
    """Return what to begin with: as set, else nobody where there is an OPA server to come from, and all without one."""
    start = 0 if settings.opa_url is not None else 100
    return {feature: settings.rollout.get(feature, start) for feature in FEATURES}


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

"""Adopting us without a change to the gateway's code: its names come to mean ours, until `uninstall`.

| level | what is replaced | what that gives |
| --- | --- | --- |
| A | `sark.sark_rust`, the compiled module that is not there | the gateway's own Rust clients work, with their flaws |
| B | also its clients, caches, factory and flags | right decisions, exact caching, rollout, fallback |
| C | also `evaluate_policy` | the policy sees the whole request by the path that the caller names |

It does not matter whether the gateway is imported already. What is, is changed in place, wherever in the
gateway it was imported to; what is not, is changed right after its import.
"""

import importlib.util
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Literal

from sark_policy.sark.log import logger

GATEWAY = "sark"
POLICY = f"{GATEWAY}.services.policy"
EXTENSION = f"{GATEWAY}.sark_rust"

Level = Literal["A", "B", "C"]

_log = logger("install")
_lock = threading.RLock()
_installed: "Installation | None" = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """One name that means ours now."""

    module: str
    """The module of the gateway."""
    name: str
    """The name in it."""
    was: Any
    """What it meant before."""
    now: Any
    """What it means now."""

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True)
class Installation:
    """What `install` did."""

    level: Level
    """How far it went."""
    replaced: list[Replaced] = field(default_factory=list)
    """Every name that was replaced, in order. Modules imported later add theirs."""
    missing: list[str] = field(default_factory=list)
    """Names that a level is about and the imported gateway does not have: is it another version?"""
    routes: list[Any] = field(default_factory=list)
    """Routes of the admin API that were added to the application."""
    undo: list[Callable[[], None]] = field(default_factory=list)
    """What else `uninstall` does."""

    def __str__(self) -> str:
        names = ", ".join(map(str, self.replaced)) or "nothing yet; the gateway is not imported"
        return f"level {self.level}: {names}"


def install(level: Level = "C", *, app: Any = None, runtime: Any = None) -> Installation:
    """Let the gateway use us.

    Args:
        level: How far to go; each level holds those before it.
        app: The gateway's FastAPI application. It gets the admin API, and starts and stops the runtime
            with itself. Without one the first decision starts it.
        runtime: A `Runtime` of the application's own making; `None`: one by the environment.

    Raises:
        ValueError: There is no such level.
        RuntimeError: Something is installed already; call `uninstall` first.
    """
    global _installed
    if level not in ("A", "B", "C"):
        raise ValueError(f"there is no level `{level}`; choose A, B or C")
    with _lock:
        if _installed is not None:
            raise RuntimeError(f"installed already ({_installed.level}); call `uninstall` first")
        _installed = installation = Installation(level)
        try:
            plan = _plan(level)
            if level != "A":
                _begin(installation, runtime, app)
            _install_extension(installation)
            finder = _AfterImport(installation, plan)
            sys.meta_path.insert(0, finder)
            installation.undo.append(lambda: sys.meta_path.remove(finder))
            for name in plan:
                module = sys.modules.get(name)
                if module is not None:
                    _replace(installation, module, plan[name])
        except BaseException:
            uninstall()
            raise
        _log.info("sark_policy_installed", level=level, replaced=[str(each) for each in installation.replaced])
        return installation


def uninstall() -> None:
    """Let every name mean again what it meant. Uninstalling twice does nothing."""
    global _installed
    with _lock:
        installation, _installed = _installed, None
        if installation is None:
            return
        for undo in reversed(installation.undo):
            undo()
        for each in reversed(installation.replaced):
            module = sys.modules.get(each.module)
            # What somebody else has put there since stays.
            if module is not None and getattr(module, each.name, None) is each.now:
                setattr(module, each.name, each.was)
        _log.info("sark_policy_uninstalled", level=installation.level)


def _plan(level: Level) -> dict[str, dict[str, Any]]:
    """Return what to replace: by module, the names and what they are to mean."""
    from sark_policy.sark import extension

    classes = {name: getattr(extension, name) for name in ("RUST_AVAILABLE", "RustOPAEngine", "RustCache")}
    plan: dict[str, dict[str, Any]] = {
        f"{GATEWAY}._rust": classes,
        f"{POLICY}.rust_opa_client": classes,
        f"{POLICY}.rust_cache": classes,
    }
    if level == "A":
        return plan
    from sark_policy.sark import cache, cleanup, factory, flags
    from sark_policy.sark.routed_client import RoutedOPAClient
    from sark_policy.sark.rust_client import RustOPAClient

    creators = {name: getattr(factory, name) for name in ("create_opa_client", "create_policy_cache")}
    creators["create_policy_clients"] = factory.create_policy_clients
    plan[f"{POLICY}.factory"] = dict(creators)
    plan[f"{POLICY}.opa"] = dict(creators)
    sweeping = ("CacheCleanupTask", "get_cleanup_task", "start_cache_cleanup", "stop_cache_cleanup")
    plan[POLICY] = {
        "RUST_AVAILABLE": extension.RUST_AVAILABLE,
        "OPAClient": RoutedOPAClient,
        "RustOPAClient": RustOPAClient,
        "PolicyCache": cache.RustPolicyCache,
        "RustPolicyCache": cache.RustPolicyCache,
        "get_policy_cache": cache.get_policy_cache,
        "get_rust_policy_cache": cache.get_rust_policy_cache,
        "is_rust_cache_available": cache.is_rust_cache_available,
    } | {name: getattr(cleanup, name) for name in sweeping}
    plan[f"{GATEWAY}.services.feature_flags"] = {
        "FeatureFlagManager": flags.FeatureFlagManager,
        "get_feature_flag_manager": flags.get_feature_flag_manager,
    }
    if level == "C":
        plan[f"{POLICY}.opa"]["evaluate_policy"] = factory.evaluate_policy
    return plan


REQUIRED = {
    f"{POLICY}.factory": ("create_opa_client", "create_policy_cache"),
    POLICY: ("OPAClient", "PolicyCache"),
    f"{POLICY}.opa": ("evaluate_policy",),
}
"""What a level is about; where a gateway lacks it, the installation says so."""


def _begin(installation: Installation, runtime: Any, app: Any) -> None:
    """Set the process's runtime up, show its metrics beside the gateway's, and serve the admin API."""
    import prometheus_client

    from sark_policy.sark import flags, metrics
    from sark_policy.sark.runtime import Runtime, no_cache

    if runtime is None:
        runtime = Runtime(legacy_cache=_legacy_cache)
    elif runtime.legacy_cache is no_cache:
        runtime.legacy_cache = _legacy_cache
    Runtime.use(runtime)
    flags.use_feature_flag_manager(runtime.flags)
    metrics.expose_in(prometheus_client.REGISTRY)
    installation.undo.append(lambda: Runtime.use(None))
    installation.undo.append(lambda: flags.use_feature_flag_manager(None))
    installation.undo.append(lambda: metrics.unexpose_in(prometheus_client.REGISTRY))
    if app is None:
        return
    from sark_policy.sark.admin import admin_router

    before = list(app.router.routes)
    app.include_router(admin_router(runtime))
    installation.routes = [route for route in app.router.routes if route not in before]
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def with_runtime(app: Any) -> AsyncIterator[Any]:
        async with lifespan(app) as state:
            await runtime.start()
            try:
                yield state
            finally:
                await runtime.stop()

    app.router.lifespan_context = with_runtime

    def leave() -> None:
        app.router.lifespan_context = lifespan
        app.router.routes[:] = [route for route in app.router.routes if route not in installation.routes]

    installation.undo.append(leave)


def _legacy_cache() -> Any:
    """Return the gateway's own policy cache, the one in Redis, if the gateway is there."""
    module = sys.modules.get(f"{POLICY}.cache")
    make = getattr(module, "get_policy_cache", None)
    return make() if callable(make) else None


def _install_extension(installation: Installation) -> None:
    """Put our module where the gateway looks for its compiled one."""
    from sark_policy.sark import extension

    before = sys.modules.get(EXTENSION)
    if before is None and importlib.util.find_spec(GATEWAY) is None:
        installation.missing.append(GATEWAY)
    sys.modules[EXTENSION] = extension
    parent = sys.modules.get(GATEWAY)
    if parent is not None:
        installation.replaced.append(Replaced(GATEWAY, "sark_rust", getattr(parent, "sark_rust", None), extension))
        parent.sark_rust = extension  # type: ignore[attr-defined]

    def leave() -> None:
        if sys.modules.get(EXTENSION) is extension:
            del sys.modules[EXTENSION]
            if before is not None:
                sys.modules[EXTENSION] = before

    installation.undo.append(leave)


def _replace(installation: Installation, module: ModuleType, names: dict[str, Any]) -> None:
    """Replace names of a module of the gateway, and where other modules of it have imported them."""
    for name, now in names.items():
        if not hasattr(module, name):
            if name in REQUIRED.get(module.__name__, ()):
                installation.missing.append(f"{module.__name__}.{name}")
            continue
        was = getattr(module, name)
        if was is now:
            continue
        for place in _places(module, name, was):
            setattr(place, name, now)
            installation.replaced.append(Replaced(place.__name__, name, was, now))


def _places(module: ModuleType, name: str, was: Any) -> list[ModuleType]:
    """Return the module, and every other one of the gateway that has the same thing by the same name.

    Not the one that defines it: that is the gateway's old path, which goes on to be asked.
    """
    places = [module]
    if not callable(was):
        return places
    home = getattr(was, "__module__", None)
    for key, other in list(sys.modules.items()):
        ours = key == GATEWAY or key.startswith(f"{GATEWAY}.")
        if ours and other is not module and key != home and vars(other).get(name) is was:
            places.append(other)
    return places


class _AfterImport(MetaPathFinder):
    """Replaces names of a module right after it was imported for the first time."""

    def __init__(self, installation: Installation, plan: dict[str, dict[str, Any]]) -> None:
        self._installation = installation
        self._plan = plan

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module as it would be found, and note what is to follow."""
        names = self._plan.get(fullname)
        if names is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is None:
                continue
            loader: Any = spec.loader
            execute = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                with _lock:
                    _replace(self._installation, module, names)

            loader.exec_module = exec_module
            return spec
        return None

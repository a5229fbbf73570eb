"""Adopting us without a change to the gateway's code: its names come to mean ours, until `uninstall`.

| level | what is replaced | what that gives |
| --- | --- | --- |
| A | `sark.sark_rust`, the compiled module that is not there | the gateway's own Rust clients work, with their flaws |
| B | also its clients, caches, factory and flags | right decisions, exact caching, rollout, fallback |
| C | also `evaluate_policy` | the policy sees the whole request by the path that the caller names |

It does not matter whether the gateway is imported already. What is, is changed in place, wherever in the
gateway it was imported to; what is not, is changed right after its import. What it made before, such as a client
in a global variable, stays what it is.
"""

import importlib.util
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from sark_policy.sark.after_import import AfterImport
from sark_policy.sark.log import logger
from sark_policy.sark.substitutes import EXTENSION, GATEWAY, OLD, POLICY, REQUIRED, Level, Plan, plan_of

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
        lacking = f"; the gateway lacks {', '.join(self.missing)}" if self.missing else ""
        return f"level {self.level}: {names}{lacking}"


def install(
    level: Level = "C", *, app: Any = None, runtime: Any = None, authenticate: Callable[..., Any] | None = None
) -> Installation:
    """Let the gateway use us.

    Args:
        level: How far to go; each level holds those before it.
        app: The gateway's FastAPI application. It gets the admin API, and starts and stops the runtime
            with itself. Without one the first decision starts it.
        runtime: A `Runtime` of the application's own making; `None`: one by the environment.
        authenticate: A dependency of the application's that leaves the user at `request.state.user`, for the
            admin API; `None`: a middleware does.

    Raises:
        ValueError: There is no such level, or level A was to serve the admin API.
        ValidationError: A setting is wrong.
        RuntimeError: Something is installed already; call `uninstall` first.
    """
    global _installed
    if level not in ("A", "B", "C"):
        raise ValueError(f"there is no level `{level}`; choose A, B or C")
    if level == "A" and (app is not None or runtime is not None):
        raise ValueError("level A has no runtime and no admin API; choose B or C, or leave `app` and `runtime` out")
    with _lock:
        if _installed is not None:
            raise RuntimeError(f"installed already ({_installed.level}); call `uninstall` first")
        _installed = installation = Installation(level)
        try:
            plan = plan_of(level)
            if level != "A":
                _begin(installation, runtime, app, authenticate)
            _install_extension(installation)
            finder = AfterImport(GATEWAY, lambda module: _take(installation, plan, module))
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
        before: dict[int, Any] = {}
        for each in reversed(installation.replaced):
            before[id(each.now)] = each.was
            module = sys.modules.get(each.module)
            # What somebody else has put there since stays.
            if module is not None and getattr(module, each.name, None) is each.now:
                setattr(module, each.name, each.was)
        # What was imported meanwhile has taken ours from there.
        for module in _gateway():
            for name, value in list(vars(module).items()):
                if id(value) in before and _ours(value):
                    setattr(module, name, before[id(value)])
        _log.info("sark_policy_uninstalled", level=installation.level)


def _begin(installation: Installation, runtime: Any, app: Any, authenticate: Callable[..., Any] | None) -> None:
    """Set the process's runtime up, show its metrics beside the gateway's, and serve the admin API."""
    import prometheus_client

    from sark_policy.sark import flags, metrics
    from sark_policy.sark.runtime import Runtime, no_cache

    runtime = Runtime() if runtime is None else runtime
    if runtime.legacy_cache is no_cache:
        runtime.legacy_cache = _legacy_cache

        def forget() -> None:
            runtime.legacy_cache = no_cache

        installation.undo.append(forget)
    Runtime.use(runtime)
    installation.undo.append(runtime.stop_soon)
    installation.undo.append(lambda: Runtime.use(None))
    flags.use_feature_flag_manager(runtime.flags)
    installation.undo.append(lambda: flags.use_feature_flag_manager(None))
    metrics.expose_in(prometheus_client.REGISTRY)
    installation.undo.append(lambda: metrics.unexpose_in(prometheus_client.REGISTRY))
    if app is not None:
        _serve(installation, runtime, app, authenticate)


def _serve(installation: Installation, runtime: Any, app: Any, authenticate: Callable[..., Any] | None) -> None:
    """Let an application serve the admin API, and the runtime live as long as the application does."""
    from sark_policy.sark.admin import admin_router

    before, lifespan = list(app.router.routes), app.router.lifespan_context
    app.include_router(admin_router(runtime, authenticate=authenticate))
    installation.routes = [route for route in app.router.routes if route not in before]
    app.openapi_schema = None

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
        if app.router.lifespan_context is with_runtime:
            app.router.lifespan_context = lifespan
        app.router.routes[:] = [route for route in app.router.routes if route not in installation.routes]
        app.openapi_schema = None

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
    parent = sys.modules.get(GATEWAY)
    had = parent is not None and hasattr(parent, "sark_rust")
    if parent is not None:
        installation.replaced.append(Replaced(GATEWAY, "sark_rust", getattr(parent, "sark_rust", None), extension))
        parent.sark_rust = extension  # type: ignore[attr-defined]
    sys.modules[EXTENSION] = extension

    def leave() -> None:
        if sys.modules.get(EXTENSION) is extension:
            del sys.modules[EXTENSION]
            if before is not None:
                sys.modules[EXTENSION] = before
        parent = sys.modules.get(GATEWAY)
        if not had and parent is not None and getattr(parent, "sark_rust", None) is extension:
            del parent.sark_rust

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
            # Imported meanwhile, it has our extension by its own import: without us it would have had none.
            if module.__name__ == f"{GATEWAY}._rust" and _ours(getattr(module, "RustOPAEngine", None)):
                without = False if name == "RUST_AVAILABLE" else None
                installation.replaced.append(Replaced(module.__name__, name, without, now))
            continue
        setattr(module, name, now)
        installation.replaced.append(Replaced(module.__name__, name, was, now))
        if callable(was):
            for other in _gateway():
                _adopt(installation, other, {id(was): (was, now)})


def _adopt(installation: Installation, module: ModuleType, known: dict[int, tuple[Any, Any]]) -> None:
    """Replace what a module of the gateway has imported from others, by whatever name."""
    if module.__name__ in OLD:
        return
    for name, value in list(vars(module).items()):
        was, now = known.get(id(value), (None, None))
        # Not where it is defined, unless the plan says so.
        if now is not None and value is was and getattr(was, "__module__", None) != module.__name__:
            setattr(module, name, now)
            installation.replaced.append(Replaced(module.__name__, name, was, now))


def _take(installation: Installation, plan: Plan, module: ModuleType) -> None:
    """Replace what a module that was imported just now has of its own and of others."""
    with _lock:
        if _installed is installation:
            known = {id(each.was): (each.was, each.now) for each in installation.replaced if callable(each.was)}
            _adopt(installation, module, known)
            _replace(installation, module, plan.get(module.__name__, {}))


def _gateway() -> Iterator[ModuleType]:
    """Return the modules of the gateway that are imported."""
    for name, module in list(sys.modules.items()):
        if (name == GATEWAY or name.startswith(f"{GATEWAY}.")) and name != EXTENSION and isinstance(module, ModuleType):
            yield module


def _ours(value: Any) -> bool:
    """Whether something is of this package. Values such as True are nobody's."""
    return str(getattr(value, "__module__", "")).startswith("sark_policy.")

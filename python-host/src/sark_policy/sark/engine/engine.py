"""The engine of a process: the host of its policy bundle, opened when first needed.

What bounds an engine's life: it is made cheaply and opens nothing; the first question, or `ready`, opens its
host, which serves every client of the process until `shutdown`. A forked child goes on with what was open.
"""

import asyncio
import copy
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import structlog

from sark_policy import _process
from sark_policy._bundle import Bundle, Source
from sark_policy._exceptions import Closed, SandboxUnavailable, SarkPolicyError, WatchFailed
from sark_policy._generation import Description
from sark_policy._host import PolicyHost
from sark_policy._watch import Event
from sark_policy.sark.engine.following import Following
from sark_policy.sark.engine.history import Generation
from sark_policy.sark.engine.lineage import Lineage
from sark_policy.sark.engine.overlay import Base
from sark_policy.sark.engine.policy import Kind, Policy
from sark_policy.sark.question import entrypoint

if TYPE_CHECKING:
    from sark_policy.sark.settings import SarkSettings

__all__ = ["Engine", "Generation"]

RETRY = 1.0
"""How long a failed opening stands before the next attempt, in seconds."""

_log = structlog.get_logger("sark_policy.engine")


class Engine:
    """The policy engine of this process for one bundle source, opened when first needed.

    Safe to share between threads and event loops, and with a process forked later.
    """

    _shared: ClassVar[dict[str, "Engine"]] = {}

    def __init__(self, source: Source | None, settings: "SarkSettings") -> None:
        """Make an engine that nobody else shares.

        Args:
            source: The folder or archive of the bundle; `None`: there is none, only what is loaded by name.
            settings: The limits.
        """
        self._source = source
        self.settings = settings
        """What it was made with."""
        self._is_shared = False
        self._closed = False
        # The second is what a question looks at: it is set when everything around the host stands.
        self._lineage: Lineage | None = None
        self._ready: Lineage | None = None
        self._failed: tuple[float, SarkPolicyError] | None = None
        self._following: Following | None = None
        self._follows = False
        self._told: Callable[[Event], object] | None = None
        self._taken = ""
        self._renew()
        _process.join(self)

    @classmethod
    def shared(cls, settings: "SarkSettings") -> "Engine":
        """Return the engine of this process for `settings.bundle`. The first caller's settings make it."""
        key = str(settings.bundle.resolve())
        engine = cls._shared.get(key)
        if engine is None:
            engine = cls(key, settings)
            engine._is_shared = True
            # One operation: of several threads, all get the first one's.
            engine = cls._shared.setdefault(key, engine)
        return engine

    @classmethod
    def shutdown(cls) -> None:
        """End all shared engines. Who asks for one afterwards gets another one."""
        while cls._shared:
            _, engine = cls._shared.popitem()
            engine._end()

    # --- Opening

    @property
    def host(self) -> PolicyHost:
        """The host; opens it if nobody has, which takes seconds where the component has to be compiled.

        Raises:
            SarkPolicyError: It cannot be opened. The next attempt is made a second later at the earliest.
        """
        return (self._ready or self._open()).host

    async def ready(self) -> PolicyHost:
        """Return the host, opened beside the event loop.

        Raises:
            SarkPolicyError: As for `host`.
        """
        lineage = self._ready
        if lineage is None:
            lineage = await asyncio.to_thread(self._open)
        return lineage.host

    @property
    def opened(self) -> bool:
        """Whether a question would find the host open."""
        return self._ready is not None

    @property
    def revision(self) -> str | None:
        """The name of what decides now, which no other bundle of this engine has; `None` before the opening."""
        try:
            return None if self._ready is None else self._ready.policy().revision
        except SarkPolicyError:
            return None  # it was closed just now

    def digest(self, revision: str | None) -> str | None:
        """Return the digest of the bundle that a revision of this engine names: the same in every process."""
        return None if revision is None or self._ready is None else self._ready.digest(revision)

    # --- What there is to ask. All of it opens the engine.

    def policy(self) -> Policy:
        """Return what is in force. It is the same object as long as that was so without a break.

        Raises:
            SarkPolicyError: As for `host`.
        """
        return (self._ready or self._open()).policy()

    def kind(self, path: str) -> Kind:
        """Return what is at a path: a rule, something with rules below it, or neither."""
        return self.policy().kind(entrypoint(path))

    def members(self, package: str) -> tuple[str, ...]:
        """Return which of `answer.MEMBERS` a package has rules for."""
        return self.policy().members(entrypoint(package))

    def resolve(self, path: str) -> str:
        """Return where a path is: by `SarkSettings.aliases`, if it is not there itself and its alias is."""
        return self.policy().resolve(entrypoint(path), self.settings.aliases)

    # --- Policies by name

    @property
    def loaded(self) -> list[str]:
        """The names of the policies in force that were loaded by name, in their order."""
        return [] if self._ready is None else self._ready.loaded()

    def load(self, name: str, rego: str) -> None:
        """Load a policy beside the bundle's, in place of an earlier one, or of the bundle's file, of that name.

        All or nothing: one that is refused changes nothing. One that is loaded already costs nothing.

        Args:
            name: A name; that of a file in the bundle is without `.rego`, with its folder where it could be several.
            rego: The policy, in Rego v1 or v0.

        Raises:
            OPACompilationError: It does not compile, in neither version.
            OverlayRefused: The bundle is an archive, whose files only the sandbox sees.
            ValueError: Name or policy is empty or no text, or the name could mean several files.
            SarkPolicyError: As for `host`.
        """
        (self._ready or self._open()).load(name, rego)

    def unload(self, name: str) -> bool:
        """Take a policy away that was loaded by name; false if there is none.

        Raises:
            OPACompilationError: Another one needs it. Nothing changes.
            SarkPolicyError: As for `host`.
        """
        return (self._ready or self._open()).unload(name)

    def clear(self) -> None:
        """Take away all policies that were loaded by name: what is left is the bundle."""
        (self._ready or self._open()).clear()

    # --- Generations

    def activate(self, source: Source, by: str) -> Generation:
        """Go over to another bundle. Policies that were loaded by name are laid over it.

        Args:
            source: A folder or an archive, by its path, or an archive's bytes.
            by: Who wants it.

        Raises:
            SarkPolicyError: The bundle cannot be read or was refused, or it is an archive and policies were
                loaded by name. What was current stays.
        """
        lineage = self._ready or self._open()
        number = lineage.activate(Base.read(source), by).number
        return next(generation for generation in lineage.generations() if generation.number == number)

    def rollback(self, by: str) -> str:
        """Make the previous generation current again, and return its revision.

        It takes no time, and does not wait for an activation under way.

        Raises:
            NothingToRollBack: There is no previous generation.
            SarkPolicyError: As for `host`.
        """
        return (self._ready or self._open()).rollback(by)

    def generations(self) -> list[Generation]:
        """Return the last 50 generations, newest first; none before the opening."""
        return [] if self._ready is None else self._ready.generations()

    # --- Its life

    def watch(self, told: Callable[[Event], object] | None = None) -> None:
        """Activate the bundle whenever it changes at its path. Opens the engine; goes on in a forked child.

        Args:
            told: Hears of every change that was activated or refused, on a thread of its own.

        Raises:
            WatchFailed: There is no path, it cannot be watched, or `sark-policy[watch]` is not installed.
            SarkPolicyError: As for `host`.
        """
        self._open()
        with self._watching:
            self._told = told
            self._follow()
            self._follows = True

    def close(self) -> None:
        """End the engine, unless it is shared: then `shutdown` does. Closing twice does nothing."""
        if not self._is_shared:
            self._end()

    def before_fork(self, until: float) -> None:
        """Nothing: the host holds still, and the rest is of one piece at any time."""

    def after_fork_in_parent(self) -> None:
        """Nothing."""

    def after_fork_in_child(self) -> None:
        """Make the locks anew. What other threads did begins again with the first question."""
        self._renew()
        self._ready = None
        if self._lineage is not None:
            self._lineage.after_fork_in_child()
        if self._following is not None:
            self._taken = self._following.taken
            self._following = None

    def _renew(self) -> None:
        self._opening = threading.Lock()
        self._watching = threading.Lock()

    def _open(self) -> Lineage:
        with self._opening:
            if self._closed:
                raise Closed
            lineage = self._lineage or self._first()
            self._lineage = self._ready = lineage
        # Only in a forked child. Who cannot have the lock leaves it to who has it.
        if self._follows and self._following is None and self._watching.acquire(False):
            try:
                self._follow()
            except SarkPolicyError as error:
                _log.warning("policy_watch_failed", error=str(error))
            finally:
                self._watching.release()
        return lineage

    def _first(self) -> Lineage:
        if self._failed is not None and time.monotonic() - self._failed[0] < RETRY:
            raise copy.copy(self._failed[1])
        try:
            base = Base.read(self._source)
            lineage = Lineage(self._build, base)
        except Exception as error:
            told = error
            if not isinstance(told, SarkPolicyError):
                told = SandboxUnavailable(f"{type(error).__name__}: {error}")
            self._failed = time.monotonic(), told
            _log.error("policy_engine_failed", error=str(told))
            raise copy.copy(told) from error
        self._taken = base.digest()
        _log.info("policy_engine_opened", revision=lineage.policy().revision, source=base.name)
        return lineage

    def _build(self, bundle: Bundle) -> PolicyHost:
        settings = self.settings
        return PolicyHost.open(
            bundle,
            deadline=settings.deadline,
            memory=settings.engine_memory,
            cache_entries=settings.engine_cache_entries,
        )

    def _follow(self) -> None:
        if self._following is not None:
            return
        if not isinstance(self._source, (str, os.PathLike)):
            raise WatchFailed("the bundle", "it was not given by a path; activate what is to go live")
        self._following = Following(self._source, self._taken, self._take, self._told)

    def _take(self, base: Base) -> Description:
        lineage = self._ready or self._open()
        revision = lineage.activate(base, "watch").revision
        return replace(lineage.host.describe(), revision=revision)

    def _end(self) -> None:
        self._closed = True
        with self._opening:
            lineage, self._lineage, self._ready = self._lineage, None, None
        with self._watching:
            following, self._following, self._follows = self._following, None, False
        if following is not None:
            following.close()
        if lineage is not None:
            lineage.host.close()

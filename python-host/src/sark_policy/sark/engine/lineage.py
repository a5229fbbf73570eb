"""The line of generations of an open host: what is in force, how it came about, and what may follow.

A generation is a base, a folder or an archive, with policies by name laid over it. Every change makes another
one; a rollback returns to all of the one before, its policies by name included.
"""

import threading
from collections.abc import Callable, Iterable

import structlog

from sark_policy._bundle import Bundle
from sark_policy._exceptions import BundleRefused, Closed
from sark_policy._generation import Description
from sark_policy._host import PolicyHost
from sark_policy.sark.engine import overlay
from sark_policy.sark.engine.history import Entry, Generation, History, Laid
from sark_policy.sark.engine.overlay import Base, Modules
from sark_policy.sark.engine.policy import Policy

_log = structlog.get_logger("sark_policy.engine")


class Lineage:
    """An open host and its generations. Safe to share between threads, and with a process forked later."""

    def __init__(self, build: Callable[[Bundle], PolicyHost], base: Base) -> None:
        """Open a host with its first generation.

        Args:
            build: Opens a host.
            base: The bundle.

        Raises:
            SarkPolicyError: The host cannot be opened.
        """
        bundle, laid = Laid.of(base, {}, "start")
        self._build = build
        self.host = build(bundle)
        self._history = History()
        # What is being activated: in the moment after the switch, before anybody was told of it, it is in force.
        self._incoming: Laid | None = None
        self._turn = 0
        self._renew()
        first = self._history.add(self.host.describe(), laid)
        self._policy = Policy(self.host.describe(), first.revision, 0)

    def policy(self) -> Policy:
        """Return what is in force. It is the same object as long as that was so without a break."""
        turn = self._turn
        policy = self._policy
        if policy.description is not self.host.describe() or policy.turn != turn:
            description, entry = self._current()
            policy = self._policy = Policy(description, entry.revision, turn)
        return policy

    def digest(self, revision: str) -> str | None:
        """Return the digest of the bundle that a revision names here; `None` if it names none."""
        return self._history.digest(revision)

    def loaded(self) -> list[str]:
        """Return the names of the policies in force that were loaded by name, in their order."""
        return list(self._laid().modules)

    def load(self, name: str, rego: str) -> None:
        """Load a policy by name, in place of an earlier one; nothing if it is there already.

        Raises:
            OPACompilationError: It does not compile, in neither version of Rego.
            OverlayRefused: The base is an archive.
            ValueError: Name or policy is empty or no text, or the name could mean several files.
        """
        with self._changing:
            laid = self._laid()
            known = laid.modules.get(name)
            if known is not None and known.text == rego:
                return

            def rules(modules: Modules) -> Iterable[str]:
                with self._build(laid.base.lay(modules)) as trial:
                    return trial.describe().rules

            overlay.load(laid.modules, name, rego, rules, lambda modules: self._go_over(laid.base, modules, "load"))

    def unload(self, name: str) -> bool:
        """Take a policy away that was loaded by name; false if there is none.

        Raises:
            OPACompilationError: Another one needs it.
        """
        with self._changing:
            laid = self._laid()
            modules = {other: module for other, module in laid.modules.items() if other != name}
            if len(modules) == len(laid.modules):
                return False
            try:
                self._go_over(laid.base, modules, "unload")
            except BundleRefused as refused:
                raise overlay.explain(
                    refused, f"without the policy `{name}` others do not compile", modules
                ) from refused
            return True

    def clear(self) -> None:
        """Take away all policies that were loaded by name."""
        with self._changing:
            laid = self._laid()
            if laid.modules:
                self._go_over(laid.base, {}, "clear")

    def activate(self, base: Base, by: str) -> Entry:
        """Go over to another base, with the policies by name laid over it.

        Raises:
            SarkPolicyError: It was refused, or is an archive and there are policies by name.
        """
        with self._changing:
            modules = self._laid().modules
            if modules:
                # Policies by name widen its roots, so first it has to be sound alone.
                self._build(base.lay({})).close()
            return self._go_over(base, modules, by)

    def rollback(self, by: str) -> str:
        """Make the previous generation current again, and return its revision. Waits for no activation.

        Raises:
            NothingToRollBack: There is no previous generation.
            Closed: The host is closed.
        """
        with self._turning:
            # Counted before it happens: who looks at `policy` before and after a decision misses no turn.
            self._turn += 1
            self.host.rollback()
            revision = self._current()[1].revision
        _log.info("policy_rolled_back", revision=revision, by=by)
        return revision

    def generations(self) -> list[Generation]:
        """Return the generations, newest first."""
        try:
            while True:
                self._current()
                current, previous = self.host.descriptions()
                generations = self._history.all(current, previous)
                # Else there was a switch meanwhile.
                if any(each.state == "current" for each in generations) and self.host.describe() is current:
                    return generations
        except Closed:
            return []

    def after_fork_in_child(self) -> None:
        """Make the locks anew, and forget what another thread was about to activate."""
        self._history.after_fork_in_child()
        self._renew()
        self.generations()  # it may be in force already
        self._incoming = None

    def _renew(self) -> None:
        # One change at a time. A rollback waits for none of them, only for another one.
        self._changing = threading.RLock()
        self._turning = threading.Lock()

    def _current(self) -> tuple[Description, Entry]:
        """Return what the host holds, and its entry."""
        while True:
            description = self.host.describe()
            entry = self._history.entry(description)
            if entry is None:
                # It has just been switched to, and whoever did is about to tell; or it was done behind our back.
                laid = self._incoming or Laid.unknown()
                entry = self._history.add_current(self.host, description, laid)
            if entry is not None:
                return description, entry

    def _laid(self) -> Laid:
        """Return what the current generation is made of."""
        return self._current()[1].laid or Laid.unknown()

    def _go_over(self, base: Base, modules: Modules, by: str) -> Entry:
        bundle, laid = Laid.of(base, modules, by)
        self._incoming = laid
        try:
            entry = self._history.add(self.host.activate(bundle), laid)
        finally:
            self._incoming = None
        self._history.keep(*self.host.descriptions())
        _log.info("policy_activated", revision=entry.revision, source=entry.source, by=by)
        return entry

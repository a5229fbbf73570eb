"""The generations of an engine: which bundles went live, who made them, and what they are called."""

import os
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sark_policy._bundle import Bundle
from sark_policy._generation import Description
from sark_policy._host import PolicyHost
from sark_policy.sark.engine.overlay import Base, Modules, digest_of

KEPT = 50
"""Generations that are remembered."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A bundle that went live."""

    number: int
    """1 is the first."""
    revision: str
    """What it is called: the bundle's revision, with a part of its digest behind if another bundle has that
    revision too."""
    source: str
    """Where it came from, in words."""
    at: datetime
    """When it went live, in UTC."""
    by: str
    """Who made it."""
    state: Literal["current", "previous", "gone"]
    """Whether it decides, is what a rollback goes to, or neither."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A bundle on its way: what it is made of."""

    base: Base
    """What lies beneath."""
    modules: Modules
    """The policies by name in it."""
    by: str
    """Who brings it."""
    digest: str
    """Of the bundle's bytes, in hex."""

    @property
    def source(self) -> str:
        """Where it comes from, in words."""
        return f"{self.base.name}, with {', '.join(self.modules)}" if self.modules else self.base.name

    @classmethod
    def unknown(cls) -> "Laid":
        """Return what is known of a bundle that somebody activated on the host itself: that it is no other one."""
        return cls(Base.unknown(), {}, "unknown", os.urandom(32).hex())

    @classmethod
    def of(cls, base: Base, modules: Modules, by: str) -> tuple[Bundle, "Laid"]:
        """Lay policies over a base."""
        bundle = base.lay(modules)
        return bundle, cls(base, modules, by, digest_of(bundle))


@dataclass(slots=True)
class Entry:
    """A generation, and what it was made of as long as that may be needed."""

    description: Description | None
    laid: Laid | None
    number: int
    revision: str
    source: str
    by: str
    at: datetime


class History:
    """Keeps the entries by what a host says it holds: there is one description for each activation."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0
        # By revision, the digest of the first bundle that had it: it keeps the plain name.
        self._named: dict[str, str] = {}
        self._digests: dict[str, str] = {}
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Make the lock anew: another thread may have held it."""
        self._lock = threading.Lock()

    def entry(self, description: Description) -> Entry | None:
        """Return the entry of what a host holds, if it was added."""
        with self._lock:
            return self._find(description)

    def add(self, description: Description, laid: Laid) -> Entry:
        """Return the entry of what a host holds; make it if this is news."""
        with self._lock:
            return self._find(description) or self._add(description, laid)

    def add_current(self, host: PolicyHost, description: Description, laid: Laid) -> Entry | None:
        """Do the same if it is current, so that it cannot have been let go of; else return None."""
        with self._lock:
            entry = self._find(description)
            if entry is None and host.describe() is description:
                entry = self._add(description, laid)
            return entry

    def keep(self, current: Description, previous: Description | None) -> None:
        """Let go of what all other generations were made of."""
        with self._lock:
            for entry in self._entries:
                if entry.description is not current and entry.description is not previous:
                    entry.description = entry.laid = None

    def all(self, current: Description, previous: Description | None) -> list[Generation]:
        """Return the generations, newest first."""
        with self._lock:
            entries = [(each, each.description) for each in reversed(self._entries)]
        generations = []
        for entry, description in entries:
            state: Literal["current", "previous", "gone"] = "gone"
            if description is current:
                state = "current"
            elif description is not None and description is previous:
                state = "previous"
            generations.append(Generation(entry.number, entry.revision, entry.source, entry.at, entry.by, state))
        return generations

    def _add(self, description: Description, laid: Laid) -> Entry:
        self._count += 1
        name = self._name(description.revision, laid.digest)
        entry = Entry(description, laid, self._count, name, laid.source, laid.by, datetime.now(UTC))
        self._entries.append(entry)
        return entry

    def _find(self, description: Description) -> Entry | None:
        return next((entry for entry in reversed(self._entries) if entry.description is description), None)

    def digest(self, revision: str) -> str | None:
        """Return the digest of the bundle that is called this; `None` if none is."""
        return self._digests.get(revision)

    def _name(self, revision: str, digest: str) -> str:
        first = self._named.setdefault(revision, digest)
        name = revision if first == digest else f"{revision}+{digest[:12]}"
        self._digests[name] = digest
        return name

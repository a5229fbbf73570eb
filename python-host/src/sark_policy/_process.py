"""What forks and ends with the process.

Fork: a host that was opened before works in the parent and in the child. A child has one thread, and a
copy of everything else. So no other thread may be inside an instance, or inside the engine's own
bookkeeping, while the process forks: what takes part here is held still before, and goes on after. A call
that does not end in time loses its instance in the child, which builds another.

Exit: what is alive stays alive to the very end. Freeing it would need modules that are gone by then.
"""

import atexit
import os
import threading
import time
from typing import Protocol
from weakref import WeakSet

PATIENCE = 1.0
"""How long a fork waits for calls under way, in seconds."""


class Member(Protocol):
    """What takes part."""

    def before_fork(self, until: float) -> None:
        """Hold still, by the time `until` of the monotonic clock."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Go on, without what other threads had begun."""


class Gate:
    """Held for the moments in which an instance is made or freed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = False

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def before_fork(self, until: float) -> None:
        self._held = self._lock.acquire(timeout=max(until - time.monotonic(), 0))

    def after_fork_in_parent(self) -> None:
        if self._held:
            self._lock.release()

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()


gate = Gate()
_members: "WeakSet[Member]" = WeakSet()
_joining = threading.Lock()
_joined = False
_still: list[Member] = []
_kept: list[object] = []


def join(member: Member) -> None:
    """Let `member` take part for as long as it lives."""
    with _joining:
        _members.add(member)


def keep(thing: object) -> None:
    """Keep what takes no part in a fork alive to the very end."""
    _kept.append(thing)


def _before() -> None:
    global _joined
    until = time.monotonic() + PATIENCE
    # Nobody joins until the fork is over: other threads go on while this one waits for what they hold.
    _joined = _joining.acquire(timeout=PATIENCE)
    # The gate comes last: who holds a shard may be waiting for it.
    _still[:] = [*_members, gate]
    for member in _still:
        member.before_fork(until)


def _after_in_parent() -> None:
    for member in _still:
        member.after_fork_in_parent()
    _still.clear()
    if _joined:
        _joining.release()


def _after_in_child() -> None:
    global _joining
    _joining = threading.Lock()
    for member in _still:
        member.after_fork_in_child()
    _still.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)


def _at_exit() -> None:
    import ctypes

    for thing in [*_members, *_kept]:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


atexit.register(_at_exit)

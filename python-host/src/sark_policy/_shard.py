"""A shard: one instance that owns a share of the questions, behind a lock of its own."""

import threading
import time
from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from sark_policy import _process
from sark_policy._exceptions import TRAPS, Retired, Saturated
from sark_policy._fair_lock import FairLock
from sark_policy._ticker import ticks


class Inhabitant(Protocol):
    """What lives in a shard."""

    def after_fork(self) -> None:
        """Go on in a child."""

    def close(self) -> None:
        """Free the memory."""


T = TypeVar("T", bound=Inhabitant)
A = TypeVar("A")
B = TypeVar("B")
R = TypeVar("R")
P = ParamSpec("P")

_lost: list[Any] = []
"""Instances that a fork caught in the middle of a call: of no more use, and never to be freed."""


class Shard(Generic[T]):
    """One instance and its lock. It is empty only after a trap, until it is built afresh."""

    def __init__(self, deadline: float, rebuild: Callable[[], T]) -> None:
        self._instance: T | None = rebuild()
        self._rebuild = rebuild
        self._deadline = deadline
        self._ticks = ticks(deadline)
        self._lock = FairLock()
        self._closed = False
        self._still = False
        _process.join(self)

    def call(
        self, work: Callable[Concatenate[T, int, P], R], patience: float, *arguments: P.args, **named: P.kwargs
    ) -> R:
        """Do as `ask` does, with any arguments."""

        def spread(instance: T, left: int, arguments: Any, named: Any) -> R:
            return work(instance, left, *arguments, **named)

        return self.ask(spread, patience, arguments, named)

    def ask(self, work: Callable[[T, int, A, B], R], patience: float, first: A, second: B) -> R:
        """Call the instance once it is free, within `patience` seconds or the deadline, whichever is more.

        If the call traps, the instance is dropped and another one is built in the background: the caller
        does not wait for it, the next one does, as for a busy one.

        Raises:
            Undecided: The instance stayed busy, or the call was ended or failed.
            Retired: The shard was closed.
        """
        lock = self._lock
        # As `lock.acquire(False)`, without a call.
        left = self._ticks if not lock.waiters and lock.plain.acquire(False) else self._wait(lock, patience)
        handed_over = False
        try:
            instance = self._instance
            if instance is None:
                if self._closed:
                    raise Retired
                # The last attempt to build it failed; this call is undecided, and another attempt begins.
                handed_over = self._mend(lock)
                raise Saturated(0.0)
            try:
                return work(instance, left, first, second)
            except TRAPS:
                handed_over = self._mend(lock)
                raise
        finally:
            if not handed_over:
                # As `lock.release()`, without a call.
                if lock.waiters:
                    lock.release()
                else:
                    lock.plain.release()
                    if lock.waiters:
                        lock.wake()
                if self._closed:
                    self._end(lock)

    def close(self) -> None:
        """Free the instance, after the call under way if there is one. Later calls raise `Retired`."""
        self._closed = True
        if self._lock.acquire(timeout=self._deadline):
            self._lock.release()
            self._end(self._lock)
        # Else whoever holds the lock frees it.

    def drain(self) -> None:
        """Wait until the call under way, if there is one, has ended."""
        if self._lock.acquire(timeout=self._deadline):
            self._lock.release()

    def before_fork(self, until: float) -> None:
        """Let no call be under way."""
        self._still = self._lock.acquire(timeout=max(until - time.monotonic(), 0))

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._still:
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Go on; an instance that another thread was in is lost."""
        self._lock = FairLock()
        if not self._still:
            _lost.append(self._instance)
            self._instance = None
        elif self._instance is not None:
            self._instance.after_fork()

    def _wait(self, lock: FairLock, patience: float) -> int:
        """Take the lock, and return the ticks that are left then."""
        began = time.monotonic()
        patience = max(patience, self._deadline)
        if not lock.acquire(timeout=patience):
            raise Saturated(patience)
        return ticks(min(patience - (time.monotonic() - began), self._deadline))

    def _mend(self, lock: FairLock) -> bool:
        """Build the instance afresh on a thread that holds the lock meanwhile; whether there is one."""
        if self._instance is not None:
            self._instance.close()
            self._instance = None
        thread = threading.Thread(target=self._build, args=(lock,), name="sark-policy-mend", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False  # no thread can be had: the lock is free again, and the next call tries
        return True

    def _build(self, lock: FairLock) -> None:
        try:
            if not self._closed:
                self._instance = self._rebuild()
        except Exception:
            self._instance = None  # the next call says so, and tries again
        finally:
            lock.release()
            if self._closed:
                self._end(lock)

    def _end(self, lock: FairLock) -> None:
        """Free the instance, unless another thread is in it, which then does."""
        if lock.acquire(False):
            instance, self._instance = self._instance, None
            if instance is not None:
                instance.close()
            lock.release()

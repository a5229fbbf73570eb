"""A lock that goes to whoever has waited longest.

`threading.Lock` goes to whoever asks while it is free: a thread that decides in a loop takes it again before
a waiter has woken, and the waiter starves past its deadline.
"""

import threading
from collections import deque


class FairLock:
    """A lock with the methods of `threading.Lock`, handed over in the order of asking.

    Like that one it may be released by another thread than the one that took it.
    """

    __slots__ = ("plain", "waiters")

    def __init__(self) -> None:
        self.plain = threading.Lock()
        """The lock itself, for a caller who has seen that there are no `waiters`: to be taken at once, or to be let go,
        with `wake` after it if there are some by then."""
        self.waiters: deque[threading.Lock] = deque()
        """Gates of those who wait, the longest first. A gate is released when the lock is handed to it."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, within `timeout` seconds if it is not negative; whether it was taken."""
        if not self.waiters and self.plain.acquire(False):
            return True
        if not blocking:
            return False
        gate = threading.Lock()
        gate.acquire()
        self.waiters.append(gate)
        # Whoever held the lock may have let it go before it could see this gate.
        if self.plain.acquire(False):
            if not self._leave(gate):
                gate.acquire()
                self.release()  # it was handed over as well
            return True
        if gate.acquire(timeout=timeout):
            return True
        # Handed over at the last moment, it is taken after all.
        return not self._leave(gate)

    def release(self) -> None:
        """Hand the lock to who has waited longest, or let it go."""
        try:
            gate = self.waiters.popleft()
        except IndexError:
            self.plain.release()
            self.wake()
        else:
            gate.release()

    def wake(self) -> None:
        """Hand the lock, which was just let go, to who came to wait while it was: nobody else would wake them."""
        if self.waiters and self.plain.acquire(False):
            self.release()

    def _leave(self, gate: threading.Lock) -> bool:
        """Wait no more; false if the lock was handed over already."""
        try:
            self.waiters.remove(gate)
        except ValueError:
            return False
        return True

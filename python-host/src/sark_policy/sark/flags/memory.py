"""The flags as this worker has them in force: what the store said last, with what it has not been told yet."""

import threading
from collections.abc import Callable

from sark_policy.sark.flags.state import Change, FlagState
from sark_policy.sark.log import logger

Listener = Callable[[FlagState], object]
"""Hears of every new state, on the thread that brought it. It must not block."""

_log = logger("flags")


class FlagMemory:
    """The state in force. Reading it is one attribute; changing it is safe from any thread."""

    def __init__(self, initial: FlagState) -> None:
        self.initial = initial
        # INVARIANT: `state` is `known` with all of `pending` made on it.
        self.known = initial
        self.pending: tuple[Change, ...] = ()
        self.state = initial
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener of every new state from now on; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def make(self, change: Change) -> FlagState:
        """Make a change that no store has to know; return the state before it."""
        with self._lock:
            before = self.state
            self.known = change.on(self.known, self.known.version + 1)
            changed = self._settle()
        self._tell(changed)
        return before

    def defer(self, change: Change) -> FlagState:
        """Make a change that the store is told later; return the state before it."""
        with self._lock:
            before = self.state
            self.pending = (*self.pending, change)
            changed = self._settle()
        self._tell(changed)
        return before

    def learn(self, known: FlagState, told: Change | None = None) -> None:
        """Take what the store holds; `told` is the pending change that it has been told."""
        with self._lock:
            self.known = known
            self.pending = tuple(each for each in self.pending if each is not told)
            changed = self._settle()
        self._tell(changed)

    def _settle(self) -> bool:
        """Put in force what is known with what is pending; return whether that is something new."""
        state = self.known
        for change in self.pending:
            state = change.on(state)
        changed = state != self.state
        self.state = state
        return changed

    def _tell(self, changed: bool) -> None:
        for listener in tuple(self._listeners) if changed else ():
            try:
                listener(self.state)
            except Exception:
                _log.exception("flag_listener_failed")

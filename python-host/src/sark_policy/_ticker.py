"""The clock of all deadlines: a thread that moves the engine's epoch on."""

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import wasmtime

TICK = 0.005
"""How fine deadlines are, in seconds. One wake-up each, 200 a second."""

_MOST = 1 << 62


class Ticker:
    """The clock of one engine. It starts with the first call, in a forked child too, and never stops."""

    __slots__ = ("_engine", "_start", "beat", "running")

    def __init__(self, engine: "wasmtime.Engine") -> None:
        self._engine = engine
        self.running = False
        self.beat = 0
        """Another number with every tick, just after it."""
        self._start = threading.Lock()

    def start(self) -> None:
        """Start the clock, unless another thread just did."""
        with self._start:
            if not self.running:
                threading.Thread(target=self._run, name="sark-policy-epoch", daemon=True).start()
                self.running = True

    def after_fork(self) -> None:
        """Begin anew: a child has none of its parent's threads."""
        self.running = False
        self.beat += 1
        self._start = threading.Lock()

    def _run(self) -> None:
        engine, sleep = self._engine, time.sleep
        while True:
            sleep(TICK)
            engine.increment_epoch()
            self.beat += 1


def ticks(deadline: float) -> int:
    """Return the number of ticks after which a deadline has surely elapsed: the first is under way."""
    return min(int(deadline / TICK), _MOST) + 2

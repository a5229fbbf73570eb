"""Which bundles may have decided a request: those that were in force somewhere while it was under way."""

import time
from collections.abc import Iterable


class Truth:
    """What was in force when. One thread changes it, others read."""

    def __init__(self, *revisions: str) -> None:
        """Begin with what is in force everywhere."""
        # INVARIANT: in the order of time; each stands until the next one.
        self._since: list[tuple[float, frozenset[str]]] = [(0.0, frozenset(revisions))]

    def changing(self, revision: str) -> None:
        """From now on another bundle may decide, too: not every worker has it yet."""
        self._since.append((time.perf_counter(), self._since[-1][1] | {revision}))

    def changed(self, revision: str) -> None:
        """From now on it alone decides: every worker has it."""
        self._since.append((time.perf_counter(), frozenset([revision])))

    def possible(self, began: float, ended: float) -> Iterable[str]:
        """Return what may have decided a request between two moments of `time.perf_counter`."""
        found: frozenset[str] = frozenset()
        for since, revisions in reversed(self._since):
            if since <= ended:
                found |= revisions
            if since <= began:
                break
        return found

"""Following a bundle on disk: what changes there goes live, with the policies by name laid over it."""

import os
from collections.abc import Callable

import structlog

from sark_policy._bundle import Bundle
from sark_policy._exceptions import SarkPolicyError
from sark_policy._generation import Description
from sark_policy._watch import Activated, Event, Refused, Watch
from sark_policy.sark.engine.overlay import Base

_log = structlog.get_logger("sark_policy.engine")


class Following:
    """A watch on behalf of an engine. It ends with `close`, and does not go on in a forked child."""

    def __init__(
        self,
        path: "str | os.PathLike[str]",
        taken: str,
        go_over: Callable[[Base], Description],
        told: Callable[[Event], object] | None,
    ) -> None:
        """Begin to watch, and go over to what is there if it is not what was taken.

        Args:
            path: The folder or archive.
            taken: The digest of what was read from there last.
            go_over: Goes over to what is there, and returns what that holds.
            told: Hears of every change that was activated or refused.

        Raises:
            WatchFailed: The path cannot be watched.
        """
        self._path = path
        self._go_over = go_over
        self._told = told
        self.taken = taken
        """The digest of what was read last, in force or refused."""
        self._watch = Watch(self, path, self._tell)
        # What came before the watch and after the reading would go unnoticed.
        try:
            base = Base.read(path)
            if base.digest() != taken:
                self._tell(Activated(self._take(base).revision))
        except SarkPolicyError as error:
            self._tell(Refused(error))

    def activate(self, bundle: Bundle, /) -> Description:
        """Go over to what the watch has found to be complete: the same, read file by file."""
        return self._take(Base.read(self._path))

    def close(self) -> None:
        """End the watch, after an activation under way."""
        self._watch.close()

    def _take(self, base: Base) -> Description:
        self.taken = base.digest()
        return self._go_over(base)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Refused):
            _log.warning("policy_bundle_refused", error=str(event.error))
        if self._told is not None:
            try:
                self._told(event)
            except Exception:
                _log.exception("policy_watch_listener_failed")

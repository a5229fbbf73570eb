"""The trail of changes: who changed what, when, from what, to what."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sark_policy.sark.log import logger

MOST = 1_000
"""Events that are kept for a person to look at; the oldest goes first. The log has them all."""

_log = logger("audit")


class Change(StrEnum):
    """What can be changed."""

    ROLLOUT = "rollout_percentage_changed"
    ROLLBACK = "ROLLBACK_EXECUTED"
    ROLLBACK_ALL = "ALL_FEATURES_ROLLED_BACK"
    USERS = "rollout_users_changed"
    KILL_SWITCH = "kill_switch_changed"
    ACTIVATION = "bundle_activated"
    BUNDLE_ROLLBACK = "bundle_rolled_back"
    SHADOW = "shadow_changed"
    CACHE = "cache_invalidated"


@dataclass(frozen=True, slots=True)
class Event:
    """One change."""

    change: Change
    """What kind."""
    by: str
    """Who did it: a user's id."""
    at: datetime
    """When, in UTC."""
    what: str
    """What was changed: a feature, a bundle, …"""
    before: Any
    """What it was."""
    after: Any
    """What it is."""


class AuditTrail:
    """Takes every change down: in the log, in memory for a person to look at, and for whoever listens."""

    def __init__(self, sink: Callable[[Event], object] | None = None) -> None:
        """Begin a trail.

        Args:
            sink: Is told of every event, such as to store it; what it raises is logged.
        """
        self._sink = sink
        self._events: deque[Event] = deque(maxlen=MOST)

    def note(self, change: Change, *, by: str, what: str, before: Any, after: Any) -> Event:
        """Take a change down."""
        event = Event(change, by, datetime.now(UTC), what, before, after)
        self._events.append(event)
        _log.info("policy_audit", change=change.value, by=by, what=what, before=before, after=after)
        if self._sink is not None:
            try:
                self._sink(event)
            except Exception as error:
                _log.error("policy_audit_sink_failed", change=change.value, error=type(error).__name__)
        return event

    def events(self) -> list[Event]:
        """Return what was changed, the newest first."""
        return list(reversed(self._events))

"""The trail of changes: complete in the log, bounded in memory, and not to be stopped by who listens."""

import json
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from sark_policy.sark.audit import MOST, AuditTrail, Change, Event
from sark_policy.sark.fleet.fleet import event_shown


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change.ROLLOUT, "rollout_percentage_changed"),
        (Change.ROLLBACK, "ROLLBACK_EXECUTED"),
        (Change.ROLLBACK_ALL, "ALL_FEATURES_ROLLED_BACK"),
    ],
)
def test_changes_have_the_gateways_names(change: Change, expected: str) -> None:
    """Whoever searches the log for them finds them as before."""
    assert expected == change.value


def test_an_event_says_who_did_what_when_from_what_to_what() -> None:
    """All of it, in memory and in the log."""
    with capture_logs() as logged:
        before = datetime.now(UTC)
        event = AuditTrail().note(Change.ROLLOUT, by="u-3", what="rust_opa", before=5, after=25)
        after = datetime.now(UTC)
    assert ("u-3", "rust_opa", 5, 25) == (event.by, event.what, event.before, event.after)
    assert before <= event.at <= after
    said = {"by": "u-3", "what": "rust_opa", "before": 5, "after": 25, "change": "rollout_percentage_changed"}
    assert [{"event": "policy_audit", "log_level": "info", **said}] == logged


def test_the_newest_events_come_first_and_the_oldest_go() -> None:
    """What is kept for a person is bounded."""
    trail = AuditTrail()
    for number in range(MOST + 5):
        trail.note(Change.SHADOW, by="u", what="shadow", before=number, after=number + 1)
    events = trail.events()
    assert (MOST, MOST + 4, 5) == (len(events), events[0].before, events[-1].before)


def test_a_sink_hears_of_every_event_and_cannot_stop_it() -> None:
    """A database that is away does not undo a rollback."""
    heard: list[Event] = []

    def sink(event: Event) -> None:
        heard.append(event)
        raise OSError("away")

    trail = AuditTrail(sink)
    with capture_logs() as logged:
        event = trail.note(Change.KILL_SWITCH, by="u", what="kill_switch", before=False, after=True)
    assert ([event], [event]) == (heard, trail.events())
    assert "policy_audit_sink_failed" == logged[-1]["event"]


def test_an_event_can_be_shown_as_json() -> None:
    """Every worker can read what another one noted."""
    event = AuditTrail().note(Change.USERS, by="u", what="rust_opa", before=["a"], after=["a", "b"])
    assert {
        "change": "rollout_users_changed",
        "by": "u",
        "at": event.at.isoformat(),
        "what": "rust_opa",
        "before": ["a"],
        "after": ["a", "b"],
    } == json.loads(json.dumps(event_shown(event)))

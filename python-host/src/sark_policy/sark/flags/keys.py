"""The flags as the store keeps them: names of keys, what writes a change down, and what a reading means.

All keys are readable and writable by hand; what is written so counts from the next re-read on:

- `feature_flag:{feature}`: the percentage, a plain number, as the gateway has always kept it;
- `feature_flag:{feature}:users`: the allow-list, a set;
- `feature_flag:kill`: `1` while the kill switch is on;
- `feature_flag:shadow`, `feature_flag:bundle`: orders to every worker, as JSON;
- `feature_flag:version`: counts the managers' changes;
- `feature_flag:audit`, `feature_flag:differences`: the newest of all workers, lists of JSON;
- `feature_flag:workers`: what each worker last said of itself, a hash.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sark_policy.sark.flags.state import FEATURES, BundleOrder, Change, Reading, ShadowOrder

PREFIX = "feature_flag:"
VERSION = PREFIX + "version"
AUDIT = PREFIX + "audit"
DIFFERENCES = PREFIX + "differences"
WORKERS = PREFIX + "workers"
CHANNEL = PREFIX + "changed"

VALUES: Mapping[str, str] = {name: PREFIX + name for name in (*FEATURES, "kill", "shadow", "bundle")}
USERS: Mapping[str, str] = {name: f"{PREFIX}{name}:users" for name in FEATURES}


def commands(change: Change) -> list[list[str]]:
    """Return what writes a change down."""
    values = {name: str(percentage) for name, percentage in change.rollout.items()}
    if change.killed is not None:
        values["kill"] = str(int(change.killed))
    if (shadow := change.shadow) is not None:
        cleared = shadow.cleared and shadow.cleared.isoformat()
        values["shadow"] = json.dumps({"share": shadow.share, "inputs": shadow.inputs, "cleared": cleared})
    if (order := change.bundle) is not None:
        written = {"source": order.source, "revision": order.revision, "by": order.by, "at": order.at.isoformat()}
        values["bundle"] = json.dumps(written)
    written_down = [["SET", VALUES[name], value] for name, value in values.items()]
    for name, users in change.users.items():
        written_down.append(["DEL", USERS[name]])
        if users:
            written_down.append(["SADD", USERS[name], *sorted(users)])
    return written_down


def reading(version: int, held: Sequence[Any]) -> Reading:
    """Make sense of what the store holds, which anybody may have written."""
    found = {name: text(value) for name, value in zip(VALUES, held, strict=False) if value is not None}
    members = dict(zip(USERS, held[len(VALUES) :], strict=True))
    users = {
        name: frozenset(map(text, listed)) for name, listed in members.items() if not isinstance(listed, str | bytes)
    }
    read: dict[str, Any] = {}
    unreadable = {f"{name}:users" for name in USERS if name not in users}
    for name, value in found.items():
        try:
            read[name] = _READERS.get(name, _percentage)(value)
        except (ValueError, TypeError, KeyError, AttributeError):
            unreadable.add(name)
    rollout = {name: read[name] for name in FEATURES if name in read}
    change = Change(rollout, users, read.get("kill"), read.get("shadow"), read.get("bundle"))
    return Reading(version, change, frozenset(unreadable))


def _percentage(value: str) -> int:
    percentage = int(value)
    if not 0 <= percentage <= 100:
        raise ValueError(value)
    return percentage


def _switch(value: str) -> bool:
    return {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False}[value.strip().lower()]


def _shadow(value: str) -> ShadowOrder:
    order = json.loads(value)
    share = float(order["share"])
    if not 0 <= share <= 1:
        raise ValueError(value)
    cleared = order.get("cleared")
    return ShadowOrder(share, order["inputs"] is True, cleared and datetime.fromisoformat(cleared))


def _bundle(value: str) -> BundleOrder:
    order = json.loads(value)
    source, revision = order["source"], order["revision"]
    if not isinstance(source, str | None) or not isinstance(revision, str | None):
        raise TypeError(value)
    return BundleOrder(source, revision, str(order["by"]), datetime.fromisoformat(order["at"]))


_READERS: Mapping[str, Any] = {"kill": _switch, "shadow": _shadow, "bundle": _bundle}


def text(value: Any) -> str:
    """Return a reply as text, whether the client decodes or not."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

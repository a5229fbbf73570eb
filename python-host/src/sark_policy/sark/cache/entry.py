"""What the policy cache keeps for a key: a decision, since when, for how long, and since which clearance."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from sark_policy.sark.encoding import document

NUMBERS = (int, float)

GREAT = " "
"""How a text begins that has integers beyond 64 bits, which only the standard library reads as they are."""


class Entry(NamedTuple):
    """A cached decision."""

    decision: dict[str, Any]
    """What was decided."""
    stored: float
    """When it was, in seconds since the epoch."""
    ttl: float
    """How long it is served, in seconds."""
    epoch: int
    """Served only while this is the cache's."""

    @classmethod
    def read(cls, text: str) -> "Entry | None":
        """Read what `written` wrote; `None` if it is anything else."""
        try:
            fields = json.loads(text) if text.startswith(GREAT) else orjson.loads(text)
            entry = cls(fields["decision"], fields["stored"], fields["ttl"], fields["epoch"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        numbers = type(entry.epoch) is int and type(entry.stored) in NUMBERS and type(entry.ttl) in NUMBERS
        return entry if numbers and type(entry.decision) is dict else None


def written(decision: Any, stored: float, ttl: float, epoch: int) -> str:
    """Write a decision: a mapping, a model, or a dataclass.

    Raises:
        InputNotSerializable: Something in it cannot be encoded.
        TypeError: It is no decision, but a text, a number, a list, …
    """
    plain, text = document(decision)
    if not isinstance(plain, Mapping):
        raise TypeError(f"a decision is of type `{type(decision).__qualname__}`; make it a dict")
    return f'{_sign(plain)}{{"decision":{text},"stored":{stored:.3f},"ttl":{float(ttl)!r},"epoch":{epoch}}}'


def _sign(plain: Any) -> str:
    try:
        orjson.dumps(plain)
    except TypeError:
        return GREAT
    return ""

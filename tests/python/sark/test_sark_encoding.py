"""What JSON cannot carry is encoded once, by one rule; what cannot be said is refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sark_policy import InputNotSerializable
from sark_policy.sark.encoding import document
from sark_policy.sark.models import AuthorizationInput

ID = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")


class Level(StrEnum):
    """A text."""

    HIGH = "high"


class Number(IntEnum):
    """A number."""

    SEVEN = 7


class Anything(Enum):
    """Whatever."""

    LIST = (1, 2)


@dataclass
class Record:
    """Fields."""

    name: str
    at: date


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ID, str(ID)),
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), "2026-11-24T12:00:00Z"),
        (datetime(2026, 11, 24, 12, 0, tzinfo=timezone(timedelta(hours=2))), "2026-11-24T12:00:00+02:00"),
        (datetime(2026, 11, 24, 12, 0), "2026-11-24T12:00:00"),
        (date(2026, 11, 24), "2026-11-24"),
        (timedelta(minutes=1), 60.0),
        (Decimal("1.10"), 1.1),
        (Decimal("7.00"), 7),
        (Decimal("123456789012345678901234567890"), 123456789012345678901234567890),
        (b"\xff\x00", "/wA="),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (Level.HIGH, "high"),
        (Number.SEVEN, 7),
        (Anything.LIST, [1, 2]),
        (Record("a", date(2026, 1, 2)), {"name": "a", "at": "2026-01-02"}),
        ({1: "a", ID: "b", Level.HIGH: "c"}, {"1": "a", str(ID): "b", "high": "c"}),
        (
            AuthorizationInput(user={"id": ID}, action="a", context={}),
            {"user": {"id": str(ID)}, "action": "a", "tool": None, "server": None, "context": {}},
        ),
    ],
)
def test_encoded(value: Any, expected: Any) -> None:
    """Each type has one encoding, wherever it stands, and the document and its text say the same."""
    plain, text = document({"x": [value]})
    assert ({"x": [expected]}, {"x": [expected]}) == (plain, json.loads(text))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (float("nan"), "input.x"),
        (Decimal("NaN"), "input.x"),
        (Decimal("1e999999999"), "input.x"),
        (Decimal("0.1234567890123456789012"), "input.x"),
        (object(), "input.x"),
        ({1: 1, "1": 2}, "input.x"),
        ({1.5: 1}, "input.x"),
        ({True: 1}, "input.x"),
        ([UUID(int=0), float("inf")], "input.x[1]"),
        ("\ud800", "input.x"),
    ],
)
def test_refused(value: Any, place: str) -> None:
    """What has no exact encoding is refused, with its place."""
    with pytest.raises(InputNotSerializable, match=place.replace("[", r"\[")):
        document({"x": value})


def test_a_model_that_contains_itself_is_refused() -> None:
    """A cycle ends with an error, not with the stack."""
    value: dict[str, Any] = {"id": ID}
    value["self"] = value
    with pytest.raises(InputNotSerializable, match="deeper"):
        document(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values))
def test_json_passes_as_it_is(value: Mapping[str, Any]) -> None:
    """What JSON carries is not touched."""
    try:
        plain, text = document(value)
    except InputNotSerializable as refused:
        assert "surrogate" in str(refused)
        return
    assert (value, value) == (plain, json.loads(text))

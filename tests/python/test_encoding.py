"""What passes as an input, and what is refused."""

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sark_policy import InputNotSerializable
from sark_policy._encoding import encode


class Text(str):
    """A subclass of a type that JSON has."""


class Colour(enum.Enum):
    """An enumeration, which orjson would write as its value."""

    RED = "red"


@dataclasses.dataclass
class Point:
    """A dataclass, which orjson would write as an object."""

    x: int = 1


def nested(depth: int) -> Any:
    """Nest lists."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)

REFUSED = {
    "nan": (float("nan"), "input"),
    "infinity": ([1, float("inf")], "input[1]"),
    "minus infinity": ({"a": {"b": -math.inf}}, "input.a.b"),
    "nan beside null": ({"a": None, "b": [math.nan]}, "input.b[0]"),
    "bytes": ({"a": b"x"}, "input.a"),
    "set": ({"a-b": {1}}, 'input["a-b"]'),
    "decimal": (decimal.Decimal(1), "input"),
    "complex": ([1j], "input[0]"),
    "ellipsis": ([...], "input[0]"),
    "uuid": ({"id": uuid.uuid4()}, "input.id"),
    "enum": ({"c": Colour.RED}, "input.c"),
    "dataclass": ([Point()], "input[0]"),
    "datetime": (datetime.datetime.now(tz=datetime.UTC), "input"),
    "text subclass": ([Text("x")], "input[0]"),
    "fragment": ([orjson.Fragment(b"1")], "input[0]"),
    "int key": ({"a": {1: 2}}, "input.a"),
    "text subclass key": ({Text("x"): 2}, "input"),
    "none key": ({None: 2}, "input"),
    "lone surrogate": ({"a": "\ud800"}, "input.a"),
    "lone surrogate key": ({"a": {"\udfff": 1}}, "input.a"),
    "circle": (CIRCLE, "input"),
    "10,000 deep": (nested(10_000), "input"),
    "integer of 5,000 digits": (10**5000, "input"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_refuses_what_json_cannot_carry(case: str) -> None:
    """Each is refused where it is, and the message is one line."""
    value, path = REFUSED[case]
    with pytest.raises(InputNotSerializable) as caught:
        encode(value)
    assert path == caught.value.path
    assert "\n" not in str(caught.value)


PASSED = {
    "tuple": ((1, ("a",)), '[1,["a"]]'),
    "null beside bytes that look like nan": ({"a": None, "b": "\x7f", "c": -1}, None),
    "great integer": ([2**70, -(2**70)], None),
    "float": ([1.5, 1e300, -0.0], None),
    "unicode": ({"ä": "😀"}, None),
    "same list twice": ((lambda x: [x, x])([None]), None),
    "200 deep": (nested(200), None),
    "500 deep": (nested(500), None),
}


@pytest.mark.parametrize("case", PASSED, ids=str)
def test_passes_what_json_carries(case: str) -> None:
    """Each is written so that a reader gets the same."""
    value, text = PASSED[case]
    written = encode(value)
    if text is None:
        assert value == json.loads(written)
    else:
        assert text == written


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)


@given(JSON)
def test_is_exact_or_refuses(value: Any) -> None:
    """Whatever is written reads back as it was; whatever has no JSON is refused."""
    try:
        expected = json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except (ValueError, UnicodeEncodeError):
        with pytest.raises(InputNotSerializable):
            encode(value)
    else:
        assert expected == json.loads(encode(value))

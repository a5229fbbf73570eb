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

from conftest import Opener
from sark_policy import Decision, Encoded, InputNotSerializable, InputRefused, PolicyHost
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


def test_encoded_is_the_same_question(host: PolicyHost) -> None:
    """What is encoded already, as text or UTF-8, finds the decision of the input it stands for."""
    question = {"x": "ä", "roles": ["admin"]}
    text = encode(question)
    found = [host.decide("p/x", given) for given in (question, Encoded(text), Encoded(text.encode()))]
    found += [one for one in host.decide_batch("p/x", [Encoded(text), question]) if isinstance(one, Decision)]
    assert [False, True, True, True, True] == [decision.cached for decision in found]
    assert ["ä"] * 5 == [decision.result for decision in found]


def test_encoded_stands_beside_others_in_a_batch(opened: Opener) -> None:
    """Inputs that are encoded, are not, and are no JSON keep their places."""
    inputs = [Encoded('{"x":1}'), {"x": 2}, Encoded("{"), Encoded('{\n  "x": 3\r\n}\n'), {"x": {4}}, Encoded('{"x":5}')]
    found = opened(shards=2).decide_batch("p/x", inputs)
    assert [1, 2, InputRefused, 3, InputNotSerializable, 5] == [
        decision.result if isinstance(decision, Decision) else type(decision) for decision in found
    ]


@pytest.mark.parametrize(
    "text", ['{"x":"a\nb"}', '{"x":1}\n{"x":2}', "\n", "", '{"x":"\\\n"}', '"\n', '{"x\n":1}', "1\n2"]
)
def test_encoded_with_a_line_break_that_is_no_json_is_refused(host: PolicyHost, text: str) -> None:
    """A line break within a string, or between two texts, is not repaired, and touches no other input."""
    with pytest.raises(InputRefused):
        host.decide("p/x", Encoded(text))
    found = host.decide_batch("p/x", [Encoded('{"x":1}'), Encoded(text), Encoded('{"x":2}')])
    assert [1, InputRefused, 2] == [one.result if isinstance(one, Decision) else type(one) for one in found]


def test_encoded_keeps_its_text() -> None:
    """The text is kept as it was given, and is not printed."""
    assert "{\n}" == Encoded("{\n}").text == Encoded(b"{\n}").text
    assert "Encoded()" == repr(Encoded('{"password":"x"}'))
    assert Encoded("1") == Encoded(b"1")
    with pytest.raises(AttributeError):
        Encoded("1").text = "2"  # type: ignore[misc]


@pytest.mark.parametrize("value", [None, 1, {}, bytearray(b"1"), memoryview(b"1"), Text("1"), Encoded("1")], ids=repr)
def test_encoded_takes_text_and_bytes_only(value: Any) -> None:
    """Anything else is a mistake of the caller's."""
    with pytest.raises(TypeError):
        Encoded(value)


@pytest.mark.parametrize("value", ["\ud800", b"\xff"])
def test_encoded_refuses_what_is_not_utf8(value: str | bytes) -> None:
    """It is refused as `decide_json` refuses it."""
    with pytest.raises(InputRefused) as caught:
        Encoded(value)
    assert "input_parse_error" == caught.value.problem.code


def test_encoded_within_an_input_is_refused() -> None:
    """JSON is an input as a whole, not a part of one."""
    with pytest.raises(InputNotSerializable) as caught:
        encode({"a": [Encoded("1")]})
    assert "input.a[0]" == caught.value.path


@given(JSON, st.sampled_from([None, 0, 1, "\t"]))
def test_encoded_on_one_line_means_the_same(value: Any, indent: int | str | None) -> None:
    """However JSON is laid out, what crosses is one line and reads back as it was."""
    try:
        text = json.dumps(value, allow_nan=False, indent=indent)
    except ValueError:
        return
    crossing = encode(Encoded(text))
    assert "\n" not in crossing
    assert json.loads(text) == json.loads(crossing)


@given(st.text(st.sampled_from('"\\\n a1{}[]:,')))
def test_encoded_on_one_line_repairs_nothing(text: str) -> None:
    """Any text is JSON exactly if what crosses is, and then both mean the same."""

    def read(text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return ValueError

    assert read(text) == read(encode(Encoded(text)))

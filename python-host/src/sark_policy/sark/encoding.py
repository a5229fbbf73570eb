"""What JSON cannot carry, encoded in one place, the same for every path, cache key and digest.

| a value | becomes |
| --- | --- |
| `UUID` | its text, `6f9619ff-8b86-d011-b42d-00c04fc964ff` |
| `datetime`, `date`, `time` | ISO 8601; `Z` for UTC, another offset as it is, none where there is none |
| `timedelta` | its seconds |
| `Decimal` | the number, if a JSON number of the usual precision is exactly that; else refused |
| `bytes`, `bytearray`, `memoryview` | standard base64 |
| `set`, `frozenset` | a list, sorted by its elements' JSON |
| `Enum` | its value |
| pydantic model, dataclass | its fields |
| other mapping, sequence, `str`, `int`, `float` | as the plain type |
| a key that is an `int`, a `UUID` or an `Enum` | its text; two keys with one text are refused |

Everything else is refused, and so are NaN, infinities and lone surrogates: what cannot be said is denied.
"""

import base64
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sark_policy._encoding import encode
from sark_policy._exceptions import InputNotSerializable

MOST = 256
"""Deepest nesting, in levels: a guard for Python's own stack. The engine's limit is lower."""


def document(value: Any) -> tuple[Any, str]:
    """Return a value as a plain JSON document, and as its text.

    Raises:
        InputNotSerializable: Something in it cannot be encoded; the message names where.
    """
    try:
        return value, encode(value)
    except InputNotSerializable:
        plain = _plain(value, "input", 0)
        return plain, encode(plain)


def _plain(value: Any, place: str, depth: int) -> Any:
    if depth > MOST:
        raise InputNotSerializable(place, f"is nested deeper than {MOST} levels")
    if isinstance(value, Enum):
        return _plain(value.value, place, depth + 1)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return _mapping(value, place, depth)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, (set, frozenset)):
        elements = [_plain(element, f"{place}[…]", depth + 1) for element in value]
        return sorted(elements, key=lambda element: json.dumps(element, sort_keys=True))
    if isinstance(value, Sequence):
        return [_plain(element, f"{place}[{n}]", depth + 1) for n, element in enumerate(value)]
    return _single(value, place, depth)


def _single(value: Any, place: str, depth: int) -> Any:
    """Encode what is no container and no JSON type."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (datetime, date, time)):
        text = value.isoformat()
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return _decimal(value, place)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _mapping(fields, place, depth)
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        dumped = dump()
        # An object that answers to any name is no model.
        if isinstance(dumped, Mapping):
            return _mapping(dumped, place, depth)
    raise InputNotSerializable(place, f"is of type `{type(value).__qualname__}`; convert it to what JSON has")


def _mapping(value: Mapping[Any, Any], place: str, depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, element in value.items():
        text = _key(key, place)
        if text in plain:
            raise InputNotSerializable(place, f"has two keys that are written `{text}`")
        plain[text] = _plain(element, f"{place}.{text}", depth + 1)
    return plain


def _key(key: Any, place: str) -> str:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, UUID) or (isinstance(key, int) and not isinstance(key, bool)):
        return str(key)
    raise InputNotSerializable(place, f"has a key of type `{type(key).__qualname__}`; convert it to `str`")


def _decimal(value: Decimal, place: str) -> int | float:
    if not value.is_finite():
        raise InputNotSerializable(place, f"is {value}; JSON has finite numbers only")
    # The exponent is bounded first: `int(Decimal("1e999999999"))` would fill the memory.
    if abs(value.adjusted()) <= MOST and value == value.to_integral_value():
        return int(value)
    number = float(value)
    if math.isfinite(number) and Decimal(repr(number)) == value:
        return number
    raise InputNotSerializable(place, f"is {value}, which no JSON number of usual precision is; quantize it")

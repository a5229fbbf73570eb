"""An input as JSON text: what JSON carries passes exactly, everything else is refused.

orjson is fast and lenient: it writes NaN as null, and UUIDs and enum members as texts. `marshal` knows
the exact built-in types only, at the speed of C, so that the two of them together pass exactly what JSON
carries. Where either refuses, a slow walk finds out where and why.
"""

import json
import marshal
import math
from typing import Any

import orjson

from sark_policy._exceptions import InputNotSerializable

OPTIONS = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

_dumps = orjson.dumps
_types = marshal.dumps


def encode(value: Any) -> str:
    """Write an input as JSON.

    Raises:
        InputNotSerializable: Something in it is not a dict with texts for keys, list, tuple, text, int,
            finite float, bool or None, or is nested too deep.
    """
    try:
        raw = _dumps(value, None, OPTIONS)
        exact = _types(value)
    except (TypeError, ValueError) as refusal:
        return _encode_slowly(value, refusal)
    # A NaN or an infinity is a null in one and has its last byte 7f or ff in the other. The bytes are
    # rare, so the walk is.
    if (b"\x7f" in exact or b"\xff" in exact) and b"null" in raw:
        _check(value)
    return raw.decode()


def _encode_slowly(value: Any, refusal: Exception) -> str:
    """Find out what cannot be written, or else write what only the standard library can: great integers."""
    _check(value)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise InputNotSerializable("input", f"cannot be written: {refusal}") from refusal


def _check(value: Any) -> None:
    """Raise for the first thing that JSON cannot carry. Does not recurse: the nesting may be any."""
    pending: list[tuple[Any, Any]] = [(value, None)]
    # Where a thing is: (the place of its container, its key). Only a refusal spells it out.
    seen: set[int] = set()
    while pending:
        item, place = pending.pop()
        kind = type(item)
        if item is None or kind is bool or kind is int:
            continue
        if kind is str:
            _check_text(item, place)
        elif kind is float:
            if not math.isfinite(item):
                raise InputNotSerializable(_spell(place), f"is {item}; JSON has finite numbers only")
        elif kind is dict or kind is list or kind is tuple:
            # The same container may stand in several places; it is the same there.
            if id(item) in seen:
                continue
            seen.add(id(item))
            if kind is not dict:
                pending.extend((element, (place, n)) for n, element in enumerate(item))
                continue
            for key, element in item.items():
                if type(key) is not str:
                    reason = f"has a key of type `{type(key).__name__}`; convert it to `str`"
                    raise InputNotSerializable(_spell(place), reason)
                _check_text(key, place)
                pending.append((element, (place, key)))
        else:
            reason = f"is of type `{kind.__qualname__}`; convert it to what JSON has"
            raise InputNotSerializable(_spell(place), reason)


def _check_text(text: str, place: Any) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputNotSerializable(_spell(place), "has a lone surrogate, which is no character") from error


def _spell(place: Any) -> str:
    steps: list[str] = []
    while place is not None:
        place, key = place
        plain = isinstance(key, str) and key.isidentifier()
        steps.append(f".{key}" if plain else f"[{json.dumps(key)}]")
        if len(steps) > 32:
            steps.append("…")
            break
    return "input" + "".join(reversed(steps))

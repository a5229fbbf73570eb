"""An input as JSON text: what JSON carries passes exactly, everything else is refused.

orjson is fast and lenient: it writes NaN as null, and UUIDs and enum members as texts. `marshal` knows
the exact built-in types only, at the speed of C, so that the two of them together pass exactly what JSON
carries. Where either refuses, a slow walk finds out where and why.
"""

import json
import marshal
import math
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from sark_policy._exceptions import InputNotSerializable, InputRefused, Problem

OPTIONS = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

_dumps = orjson.dumps
_types = marshal.dumps


# A JSON string, ended or not; or a line break outside of one.
_string_or_break = re.compile(r'"(?:[^"\\]++|\\.)*+"?|\n', re.DOTALL).sub


@dataclass(frozen=True, slots=True)
class Encoded:
    """An input that is JSON already, for a caller who encoded it before.

    >>> Encoded('{"user":{"roles":["admin"]}}').text
    '{"user":{"roles":["admin"]}}'

    Whether it is JSON is found out when it is decided, as for `PolicyHost.decide_json`. The same text as an
    input's own encoding is the same question.
    """

    # Inputs are never logged.
    text: str = field(repr=False)
    """The JSON text, as it was given."""

    def __init__(self, text: str | bytes) -> None:
        """Take a text, or its UTF-8.

        Raises:
            InputRefused: It is not UTF-8.
            TypeError: It is neither.
        """
        if type(text) is not str and type(text) is not bytes:
            raise TypeError(f"give JSON as `str` or `bytes`, not `{type(text).__qualname__}`")
        object.__setattr__(self, "text", decode(text))


def encode(value: Any) -> str:
    """Write an input as JSON, without a line break.

    Raises:
        InputNotSerializable: Something in it is not a dict with texts for keys, list, tuple, text, int,
            finite float, bool or None, or is nested too deep.
    """
    return utf8(value).decode()


def utf8(value: Any) -> bytes:
    """Write an input as `encode` does, in UTF-8, as it crosses."""
    if type(value) is Encoded:
        text = value.text
        return (_string_or_break(_on_one_line, text) if "\n" in text else text).encode()
    try:
        raw = _dumps(value, None, OPTIONS)
        exact = _types(value)
    except (TypeError, ValueError) as refusal:
        return _encode_slowly(value, refusal)
    # A NaN or an infinity is a null in one and has its last byte 7f or ff in the other. The bytes are
    # rare, so the walk is.
    if (exact.find(0x7F) >= 0 or exact.find(0xFF) >= 0) and b"null" in raw:
        _check(value)
    return raw


def utf8_of_many(values: list[Any]) -> list[bytes] | None:
    """Write many inputs as `utf8` does; None if that has to be done one by one."""
    if set(map(type, values)) == {Encoded}:
        given = [value.text for value in values]
        return None if any("\n" in text for text in given) else [text.encode() for text in given]
    try:
        raws = [_dumps(value, None, OPTIONS) for value in values]
        # At once, so that what inputs share is looked at once.
        exact = _types(values)
    except (TypeError, ValueError):
        return None
    if (exact.find(0x7F) >= 0 or exact.find(0xFF) >= 0) and any(b"null" in raw for raw in raws):
        return None
    return raws


def decode(text: str | bytes) -> str:
    """Return JSON as text that can cross: UTF-8.

    Raises:
        InputRefused: It is not UTF-8.
    """
    return utf8_of_json(text).decode()


def utf8_of_json(text: str | bytes) -> bytes:
    """Return JSON as UTF-8.

    Raises:
        InputRefused: It is not UTF-8.
    """
    # A subclass could encode to anything, so it is not asked.
    try:
        if isinstance(text, str):
            return str.encode(text)
        raw = text if type(text) is bytes else bytes(memoryview(text))
        raw.decode()
    except UnicodeError as error:
        problem = Problem("input_parse_error", f"the input is not UTF-8: {error}", "input", cure="send UTF-8")
        raise InputRefused(problem) from error
    return raw


def _on_one_line(found: "re.Match[str]") -> str:
    """Replace line breaks by what means the same.

    Between strings that is a space. Within one a line break is no JSON, and neither is this character, so
    that the text is refused all the same.
    """
    return " " if found[0] == "\n" else found[0].replace("\n", "\x01")


def _encode_slowly(value: Any, refusal: Exception) -> bytes:
    """Find out what cannot be written, or else write what only the standard library can: great integers."""
    _check(value)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
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

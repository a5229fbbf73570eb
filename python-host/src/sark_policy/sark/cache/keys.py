"""The keys of the policy cache: exact, in parts, and never merged.

A key is five parts, separated by line feeds: user, action, resource, the context's digest, and the whole
context as JSON. The first three are escaped, so that none has a line feed; JSON has none. So two keys are the
same only if all parts are, byte for byte, whatever anybody puts into an id. The digest decides nothing: it is
there for patterns, which used to see it.

What is the same context is what is the same JSON, in any order of an object's keys: `UUID(…)` and its text
are, `1` and `1.0` are not.
"""

import hashlib
import json
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from sark_policy.sark.encoding import document

Head = tuple[str, str, str, str]
"""User, action, resource and the context's digest, as they are in a key."""

PARTS = 4
"""How many parts a head has."""

DIGITS = 16
"""How much of the digest is in a key, in hexadecimal digits."""

NO_CONTEXT = "none"
"""The digest of no context, and of an empty one."""


def key_of(user_id: Any, action: Any, resource: Any, context: Any) -> str:
    """Return the key of a question.

    Raises:
        InputNotSerializable: Something in the context cannot be encoded.
        TypeError: An id is neither a text nor a number nor a UUID.
    """
    written = canonical(context)
    digest = hashlib.sha256(written).hexdigest()[:DIGITS] if context else NO_CONTEXT
    return f"{part(user_id)}\n{part(action)}\n{part(resource)}\n{digest}\n{written.decode()}"


def sound(key: str) -> str:
    """Return a key that may cross with others.

    Raises:
        UnicodeEncodeError: It has a lone surrogate, which is no character.
    """
    key.encode()
    return key


def question_of(key: str) -> tuple[str, str, str, Any]:
    """Return what a key is of: user, action and resource as texts, and the context as a plain document."""
    user_id, action, resource, _, context = key.split("\n")
    return unescaped(user_id), unescaped(action), unescaped(resource), json.loads(context)


def canonical(value: Any) -> bytes:
    """Write a value as JSON with an object's keys in order.

    Raises:
        InputNotSerializable: Something in it cannot be encoded.
    """
    plain = value if _texts(value) else document(value)[0]
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, deep nesting, or a text that is none
        document(plain)
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _texts(value: Any) -> bool:
    """Whether a value is a dict of texts to texts and nulls, as every context of ours is: there is nothing to convert.

    A text that is none, with a lone surrogate, is refused as it is written.
    """
    if type(value) is not dict:
        return False
    for name, text in value.items():  # noqa: SIM110  a generator costs more than all the rest
        if type(name) is not str or not (type(text) is str or text is None):
            return False
    return True


def part(identity: Any) -> str:
    """Return an id as a part of a key.

    Raises:
        TypeError: It is neither a text nor a number nor a UUID.
    """
    text: str = identity if type(identity) is str else _text(identity)
    if "\\" in text or "\n" in text:
        return text.replace("\\", "\\\\").replace("\n", "\\n")
    return text


def unescaped(escaped: str) -> str:
    """Return the id that a part is of."""
    if "\\" not in escaped:
        return escaped
    # Splitting at the escaped backslashes leaves none but those of line feeds.
    return "\\".join(piece.replace("\\n", "\n") for piece in escaped.split("\\\\"))


def _text(identity: Any) -> str:
    if isinstance(identity, Enum):
        identity = identity.value
    if isinstance(identity, str):
        return str.__str__(identity)
    if isinstance(identity, UUID) or (isinstance(identity, int) and not isinstance(identity, bool)):
        return str(identity)
    raise TypeError(f"an id is of type `{type(identity).__qualname__}`; convert it to `str`")

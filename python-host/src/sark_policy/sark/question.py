"""A question: everything that decides what the answer is. Two questions are the same only if all of it is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sark_policy.sark.encoding import document

UNKNOWN = "unknown"

REST = "v1/data/"

LEVELS = (
    ("tool", "sensitivity_level"),
    ("server", "sensitivity_level"),
    ("resource", "sensitivity"),
    (None, "sensitivity_level"),
)
"""Where a request says how sensitive it is, the first of these that does: the part, and the field in it."""


class Question(NamedTuple):
    """One request, encoded once, for one entry point."""

    path: str
    """The entry point as OPA's REST path without `/v1/data/`: `mcp/gateway/result`."""
    document: dict[str, Any]
    """The input as a plain JSON document."""
    text: str
    """The same as JSON."""
    user_id: str
    """Whose request it is: decides the side of a rollout, and what an invalidation hits."""
    action: str
    """What is asked for."""
    resource: str
    """`tool:NAME`, `server:NAME` or `unknown`: what an invalidation hits."""
    sensitivity: str
    """How sensitive it is, by the caller's word, such as `critical`: decides how long an answer is kept."""

    @classmethod
    def of(cls, asked: Any, path: str, *, user_id: str | None = None, resource: str | None = None) -> "Question":
        """Make a question of an `AuthorizationInput`, of whatever looks like one, or of a dict.

        Raises:
            InputNotSerializable: Something in it cannot be encoded.
        """
        plain, text = document(fields(asked))
        return cls(
            path=path,
            document=plain,
            text=text,
            user_id=user_of(plain) if user_id is None else user_id,
            action=_text(plain.get("action")),
            resource=resource_of(plain) if resource is None else resource,
            sensitivity=sensitivity_of(plain),
        )


def fields(asked: Any) -> dict[str, Any]:
    """Return what a request says: by its keys, by `model_dump()`, or by its attributes."""
    if type(asked) is dict or isinstance(asked, Mapping):
        return dict(asked)
    dump = getattr(asked, "model_dump", None)
    dumped = dump() if callable(dump) else None
    if isinstance(dumped, Mapping):
        return dict(dumped)
    return {name: getattr(asked, name, None) for name in ("user", "action", "tool", "server", "context")}


def entrypoint(path: str) -> str:
    """Return an entry point from any way to write it: `/v1/data/a/b`, `data.a.b` and `a/b` are `a/b`."""
    if path.startswith("data.") and "/" not in path:
        return path.removeprefix("data.").replace(".", "/")
    return f"{path.strip('/')}/".removeprefix(REST).strip("/")


def user_of(plain: Mapping[str, Any]) -> str:
    """Return whose request it is: the user, or for agents the one that asks."""
    for who in ("user", "source_agent"):
        identity = _field(plain, who, "id")
        if identity is not None and identity != "":
            return _text(identity)
    return UNKNOWN


def resource_of(plain: Mapping[str, Any]) -> str:
    """Return what is asked for: `tool:NAME`, `server:NAME` or `unknown`, from any of the gateway's shapes."""
    for kind in ("tool", "server"):
        for part, key in ((kind, "name"), (None, f"{kind}_name"), ("resource", kind)):
            name = _field(plain, part, key)
            if name is not None and name != "":
                return f"{kind}:{_text(name)}"
    return UNKNOWN


def sensitivity_of(plain: Mapping[str, Any]) -> str:
    """Return the tool's sensitivity, else the server's, the resource's, the request's, or `default`."""
    for part, key in LEVELS:
        level = _field(plain, part, key)
        if isinstance(level, str) and level:
            return level
    return "default"


def _field(plain: Mapping[str, Any], part: str | None, key: str) -> Any:
    """Return a field of a part of a request, or of the request itself."""
    holder = plain if part is None else plain.get(part)
    return holder.get(key) if isinstance(holder, dict) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else UNKNOWN if value is None else str(value)

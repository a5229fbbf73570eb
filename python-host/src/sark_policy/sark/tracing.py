"""Spans of OpenTelemetry, where its API is installed and somebody collects them; else they cost next to nothing.

>>> from sark_policy.sark.tracing import span
>>> with span("sark_policy.decide", path="mcp/gateway/result", implementation="rust") as current:
...     current.note(allow=True, cache_status="miss")

A span never holds what was asked or who asked: only the attributes in `ATTRIBUTES` are written, and of an
exception its type, never its message.
"""

import asyncio
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any

from sark_policy.sark.answer import PathFailed

try:
    from opentelemetry import trace
    from opentelemetry.trace import Status, StatusCode
except ImportError:  # the API is an option
    trace = None  # type: ignore[assignment]

ATTRIBUTES = frozenset(
    {
        "allow",
        "cache_status",
        "cached",
        "count",
        "failure",
        "fallback",
        "first",
        "implementation",
        "kind",
        "path",
        "revision",
        "route",
        "status",
    }
)
"""What a span may say, each as `sark_policy.` and its name. Other attributes are left out."""

SHORT = 128
"""Longest text of an attribute, in characters."""

_tracer = None if trace is None else trace.get_tracer("sark_policy")


class Unseen:
    """A span that nobody collects."""

    __slots__ = ()

    def note(self, **attributes: Any) -> None:
        """Write nothing."""

    def __enter__(self) -> "Unseen":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Seen:
    """A span that is collected; what is begun inside is part of it."""

    __slots__ = ("_inside", "_span")

    def __init__(self, span: Any) -> None:
        self._span = span
        self._inside = ExitStack()

    def note(self, **attributes: Any) -> None:
        """Write attributes. `None` says nothing."""
        for name, value in attributes.items():
            if name in ATTRIBUTES and value is not None:
                self._span.set_attribute(f"sark_policy.{name}", _short(value))

    def __enter__(self) -> "Seen":
        # Messages may quote an input, so exceptions are written here, not by the API.
        used = trace.use_span(self._span, end_on_exit=True, record_exception=False, set_status_on_exception=False)
        self._inside.enter_context(used)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._span.set_attribute("error.type", type(error).__qualname__)
            if isinstance(error, PathFailed):
                self.note(failure=error.failure.value, implementation=error.side.value)
            if not isinstance(error, (asyncio.CancelledError, GeneratorExit)):
                self._span.set_status(Status(StatusCode.ERROR))
        self._inside.__exit__(kind, error, traceback)


_unseen = Unseen()


def span(name: str, **attributes: Any) -> AbstractContextManager[Seen | Unseen]:
    """Begin a span for as long as a `with` lasts. See `ATTRIBUTES` for what it may say."""
    if _tracer is None:
        return _unseen
    begun = _tracer.start_span(name, record_exception=False, set_status_on_exception=False)
    if not begun.is_recording():
        return _unseen
    seen = Seen(begun)
    seen.note(**attributes)
    return seen


def _short(value: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    return str(value)[:SHORT]

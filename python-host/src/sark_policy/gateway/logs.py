"""Logs: a JSON line for each event, structlog's and the standard library's alike.

They never hold inputs or tokens. Our own events do not bring any; this is the second line of defence, for
what others log: fields that carry them are dropped by name, tokens are cut out of texts, and an exception is
written as its type and places, and a policy's failure as its code, since their messages may quote a value.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from contextlib import nullcontext, suppress
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sark_policy.gateway.settings import GatewaySettings

Event = MutableMapping[str, Any]

HELD_BACK = frozenset(
    {
        "api_key",
        "authorization",
        "claims",
        "context",
        "cookie",
        "document",
        "filtered_parameters",
        "headers",
        "input",
        "input_data",
        "inputs",
        "metadata",
        "parameters",
        "password",
        "payload_metadata",
        "restrictions",
        "secret",
        "token",
    }
)
"""Fields that are never written."""

_evaluation = re.compile(r"((?:eval|rego)_\w+_error)\b.*", re.DOTALL)
"""What a policy's evaluation failed with: the code may stay, the message behind it quotes operands."""

_token = re.compile(r"\beyJ[\w-]*\.[\w-]*\.?[\w-]*")
"""A JSON web token: its header begins with `{"`, which is `eyJ` in base64."""

log = structlog.get_logger(__name__)


def configure(settings: GatewaySettings) -> None:
    """Log to standard output, as everything in this process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    person = settings.environment == "development"
    render = structlog.dev.ConsoleRenderer(colors=False) if person else _line
    after: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _failure, held_back, render]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=after, foreign_pre_chain=before))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"  # it logs addresses with their queries; `RequestLog` does not
    for name in ("httpx", "httpcore", "asyncio", "watchfiles"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*before, _Finish(render)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda name="root", *_: Lines(name, handler),
        cache_logger_on_first_use=True,
    )


class Lines:
    """What structlog's own loggers write to: the stream of a handler, without the standard library's way to it.

    That way costs more than everything else about an event. As with a handler, what cannot be written is lost: it
    costs nobody an answer.
    """

    def __init__(self, name: str, handler: "logging.StreamHandler[TextIO]") -> None:
        self.name = name
        self._handler = handler

    def msg(self, line: str) -> None:
        """Write a line."""
        handler = self._handler
        with suppress(OSError, ValueError), handler.lock or nullcontext():
            handler.stream.write(f"{line}\n")
            handler.stream.flush()

    debug = info = warning = warn = error = critical = fatal = exception = msg


class _Finish:
    """Renders an event for `Lines`; leaves one for a logger of the standard library to its handler."""

    def __init__(self, render: Any) -> None:
        self._render = render

    def __call__(self, logger: Any, method: str, event: Event) -> Any:
        if type(logger) is not Lines:
            return structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, method, event)
        try:
            return self._render(logger, method, held_back(logger, method, _failure(logger, method, event)))
        except Exception as error:
            # Something in it has no text. Who logs is not to suffer.
            lost = {name: event[name] for name in ("logger", "level", "timestamp")}
            return self._render(logger, method, {"event": "log_lost", **lost, "error": type(error).__name__})


def held_back(logger: Any, method: str, event: Event) -> Event:
    """Drop what must not be written."""
    return {name: _clean(value) for name, value in event.items() if name.lower() not in HELD_BACK}


def _line(logger: Any, method: str, event: Event) -> str:
    """Write an event as JSON."""
    try:
        return orjson.dumps(event, default=str).decode()
    except TypeError:  # what only the standard library takes: a lone surrogate, an integer beyond 64 bits
        return json.dumps(event, default=str)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        # Looked for first: a substitution costs ten times as much, and there is hardly ever one.
        if "eyJ" in value:
            value = _token.sub("[token]", value)
        return _evaluation.sub(r"\1", value) if "_error" in value else value
    if isinstance(value, dict):
        return {name: _clean(each) for name, each in value.items() if str(name).lower() not in HELD_BACK}
    if isinstance(value, (list, tuple)):
        return [_clean(each) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _clean(str(value))


def _failure(logger: Any, method: str, event: Event) -> Event:
    """Write an exception as its type and the places it came by."""
    raised = event.pop("exc_info", None)
    event.pop("stack", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException):
        event["exception"] = type(raised).__name__
        event["places"] = _places(raised.__traceback__)
        cause = raised.__cause__ or raised.__context__
        if cause is not None:
            event["cause"] = type(cause).__name__
    return event


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-8:]]


class RequestLog:
    """ASGI middleware: one event for each request, with its route and not its address, which may hold anything.

    What went well is for debugging: what was decided has an event of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = str(getattr(scope.get("route"), "path", "-"))
            level = logging.ERROR if status >= 500 else logging.INFO if status >= 400 else logging.DEBUG
            ms = round((time.perf_counter() - start) * 1e3, 3)
            log.log(level, "request", method=scope["method"], route=route, status=status, ms=ms)

"""Logs: one JSON line for each event, and never an input or a token."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from real_gateway import SECRET, mint
from sark_policy.gateway.logs import HELD_BACK, held_back

CONFIGURED = """
import logging, sys, warnings
import structlog
from sark_policy.gateway import GatewaySettings, logs
logs.configure(GatewaySettings(jwt_secret="x" * 32, environment=sys.argv[1], log_level=sys.argv[2]))
log = structlog.get_logger("here")
"""


def events(printed: str) -> list[dict[str, Any]]:
    """Return what was logged, without the times."""
    read = [json.loads(line) for line in printed.splitlines()]
    assert all(event.pop("timestamp").endswith("Z") for event in read)
    return read


def test_one_line_for_each_event(run: Callable[..., str]) -> None:
    """Events of structlog, of the standard library, and warnings are lines of one shape."""
    script = """
log.info("ours", count=1, text="two\\nlines")
logging.getLogger("uvicorn.error").info("theirs %s", 2)
logging.getLogger("uvicorn.access").info("GET /?token=secret")
logging.getLogger("httpx").info("HTTP Request: GET http://x.test/?q=secret")
warnings.warn("mind")
"""
    logged = events(run(CONFIGURED + script, "production", "info"))
    assert [
        {"event": "ours", "count": 1, "text": "two\nlines", "logger": "here", "level": "info"},
        {"event": "theirs 2", "logger": "uvicorn.error", "level": "info"},
    ] == logged[:2]
    assert ("py.warnings", True) == (logged[2]["logger"], "mind" in logged[2]["event"])
    assert 3 == len(logged)


def test_levels(run: Callable[..., str]) -> None:
    """What is less severe than the level is not logged, whoever logs it."""
    script = """
for each in (log, logging.getLogger("other")):
    each.debug("no"); each.info("no"); each.warning("yes"); each.error("yes")
"""
    assert ["warning", "error"] * 2 == [
        event["level"] for event in events(run(CONFIGURED + script, "staging", "warning"))
    ]


def test_an_exception_is_its_type_and_its_places(run: Callable[..., str]) -> None:
    """What an exception says may quote a value: it is not logged, and neither is the source or a local."""
    script = """
def fails(secret):
    raise ValueError(f"bad {secret}") from KeyError(secret)
try:
    fails("hunter2")
except ValueError as error:
    log.exception("failed")
    log.error("failed", exc_info=error)
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\\n", exc_info=error)
"""
    printed = run(CONFIGURED + script, "production", "info")
    logged = events(printed)
    assert [("ValueError", "KeyError")] * 3 == [(event["exception"], event["cause"]) for event in logged]
    assert all(event["places"][-1].endswith(" fails") for event in logged)
    assert "hunter2" not in printed


def test_for_a_person_to_read(run: Callable[..., str]) -> None:
    """In development a line is text, and holds back the same."""
    printed = run(CONFIGURED + 'log.info("seen", count=1, token="hunter2")', "development", "info")
    assert "seen" in printed
    assert "count=1" in printed
    assert "hunter2" not in printed


@pytest.mark.parametrize("name", sorted(HELD_BACK))
def test_fields_that_carry_inputs_are_dropped(name: str) -> None:
    """By name, in capitals too, at any depth."""
    event = {"event": "x", name: "hunter2", name.upper(): 1, "of": {name: 1, "n": 2}, "list": [{name: 1}]}
    assert {"event": "x", "of": {"n": 2}, "list": [{}]} == held_back(None, "info", event)


def test_tokens_are_cut_out_of_texts() -> None:
    """Wherever a token stands, it is not written."""
    token = mint("kim", SECRET)
    event = {"event": f"got Bearer {token}!", "list": (token, 1), "of": {"x": token}, "error": ValueError(token)}
    expected = {"event": "got Bearer [token]!", "list": ["[token]", 1], "of": {"x": "[token]"}, "error": "[token]"}
    assert expected == held_back(None, "info", event)


def test_what_a_policy_failed_with_is_a_code() -> None:
    """A failed evaluation quotes its operands; where and with which code stays."""
    said = 'the evaluation failed: p.rego:7:22: eval_type_error: expects object argument. Got `"hunter2"`\ninstead'
    logged = held_back(None, "info", {"event": "failed", "reason": said})
    assert {"event": "failed", "reason": "the evaluation failed: p.rego:7:22: eval_type_error"} == logged


def test_what_cannot_be_written_costs_nobody_an_answer(run: Callable[..., str]) -> None:
    """An event without a text leaves a line that says so; what only the standard library writes is written."""
    script = """
class Mute:
    def __str__(self):
        raise RuntimeError("hunter2")
log.info("mute", of=Mute())
log.info("odd", lone="\\udc80", great=1 << 70)
"""
    logged = events(run(f"{CONFIGURED}{script}", "production", "info"))
    assert {"event": "log_lost", "logger": "here", "level": "info", "error": "RuntimeError"} == logged[0]
    assert ("odd", "\udc80", 1 << 70) == tuple(logged[1][name] for name in ("event", "lone", "great"))


def test_a_closed_stream_costs_nobody_an_answer(run: Callable[..., str]) -> None:
    """Where nothing can be written, logging raises nothing."""
    script = """
sys.stdout.close()
log.info("lost")
"""
    assert "" == run(f"{CONFIGURED}{script}", "production", "info")

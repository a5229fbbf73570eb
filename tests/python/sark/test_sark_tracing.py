"""Spans: what they say, what they never say, and that they cost nothing where nobody looks."""

import asyncio
import json
from collections.abc import Callable

COLLECT = """
import asyncio, json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sark_policy.sark.answer import Failure, PathFailed, Side
from sark_policy.sark.tracing import span

collected = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(collected))
trace.set_tracer_provider(provider)

def show():
    print(json.dumps([
        {
            "name": each.name,
            "parent": each.parent.span_id if each.parent else None,
            "id": each.context.span_id,
            "status": each.status.status_code.name,
            "description": each.status.description,
            "attributes": dict(each.attributes),
            "events": len(each.events),
        }
        for each in collected.get_finished_spans()
    ]))
"""


def test_a_span_says_what_was_noted(run: Callable[..., str]) -> None:
    """Attributes given at the start and later are there, under our prefix."""
    script = """
with span("sark_policy.decide", path="a/b", implementation="rust") as current:
    current.note(allow=True, count=3, revision=None)
show()
"""
    (span,) = json.loads(run(COLLECT + script))
    expected = {
        "sark_policy.path": "a/b",
        "sark_policy.implementation": "rust",
        "sark_policy.allow": True,
        "sark_policy.count": 3,
    }
    assert ("sark_policy.decide", expected, "UNSET") == (span["name"], span["attributes"], span["status"])


def test_a_span_inside_is_part_of_the_one_around(run: Callable[..., str]) -> None:
    """Tasks keep to their own spans."""
    script = """
async def work(name):
    with span(name):
        await asyncio.sleep(0.01)
        with span(f"{name}.inside"):
            await asyncio.sleep(0.01)

async def main():
    await asyncio.gather(work("one"), work("two"))

asyncio.run(main())
show()
"""
    spans = {span["name"]: span for span in json.loads(run(COLLECT + script))}
    for name in ("one", "two"):
        assert None is spans[name]["parent"]
        assert spans[name]["id"] == spans[f"{name}.inside"]["parent"]


def test_inputs_users_and_tokens_never_get_into_a_span(run: Callable[..., str]) -> None:
    """Only known attributes are written, cut to a length, and no message of an exception."""
    script = """
try:
    with span("s", user_id="alice", input={"token": "secret"}, path="p" * 10_000) as current:
        current.note(token="secret", user="alice")
        raise ValueError("secret of alice")
except ValueError:
    pass
show()
"""
    printed = run(COLLECT + script)
    (span,) = json.loads(printed)
    assert "secret" not in printed
    assert "alice" not in printed
    assert {"sark_policy.path": "p" * 128, "error.type": "ValueError"} == span["attributes"]
    assert ("ERROR", None, 0) == (span["status"], span["description"], span["events"])


def test_a_failed_path_says_why(run: Callable[..., str]) -> None:
    """The kind of the failure and the side, not the message."""
    script = """
try:
    with span("s"):
        raise PathFailed(Side.HTTP, Failure.TIMEOUT, "secret")
except PathFailed:
    pass
show()
"""
    (span,) = json.loads(run(COLLECT + script))
    expected = {
        "error.type": "PathFailed",
        "sark_policy.failure": "timeout",
        "sark_policy.implementation": "python",
    }
    assert (expected, "ERROR") == (span["attributes"], span["status"])


def test_a_cancelled_request_is_no_error(run: Callable[..., str]) -> None:
    """A caller who goes away is nobody's fault."""
    script = """
async def work():
    with span("s"):
        await asyncio.sleep(60)

async def main():
    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

asyncio.run(main())
show()
"""
    (span,) = json.loads(run(COLLECT + script))
    assert ("UNSET", {"error.type": "CancelledError"}) == (span["status"], span["attributes"])


def test_nothing_is_made_where_nobody_collects() -> None:
    """Without a provider every span is one and the same, and does nothing."""
    from sark_policy.sark.tracing import span

    async def work() -> None:
        with span("s", path="a/b") as current:
            current.note(allow=True)

    asyncio.run(work())
    assert span("one") is span("two")


def test_it_works_without_the_api(run: Callable[..., str]) -> None:
    """OpenTelemetry is an option, not a requirement."""
    script = """
import sys
sys.modules["opentelemetry"] = None
from sark_policy.sark.tracing import span
with span("s", path="a/b") as current:
    current.note(allow=True)
print(type(current).__name__)
"""
    assert "Unseen" == run(script)

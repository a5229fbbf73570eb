"""Which of a hundred tools may a user see? In one crossing, and as a hundred questions to OPA over HTTP.

Run with `just bench`; needs OPA (`just opa`). Compare ratios within one run.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sark_policy.sark.runtime import Runtime
from sark_policy.sark.settings import SarkSettings

TESTS = Path(__file__).parents[2] / "tests"
sys.path.insert(0, str(TESTS / "python"))

from real_opa import serving  # noqa: E402

EXAMPLE = TESTS / "examples/mcp-gateway/r1"
ENTRYPOINT = "mcp/gateway/result"
SERVERS: dict[str, Any] = json.loads((EXAMPLE / "data.json").read_text("utf-8"))["catalog"]["servers"]


def questions(user: str) -> list[dict[str, Any]]:
    """Return what is asked for a hundred tools and one user."""
    registered = [(server, tool) for server, described in SERVERS.items() for tool in described["tools"]]
    tools = itertools.islice(itertools.cycle(registered), 100)
    return [
        {
            "user": {"id": user, "roles": ["developer"], "teams": ["data", "platform"]},
            "action": "gateway:tool:discover",
            "server_name": server,
            "tool_name": tool,
            "context": {"place": place},
        }
        for place, (server, tool) in enumerate(tools)
    ]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop of its own."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def settings(**more: Any) -> SarkSettings:
    """Return settings without a watch, with time enough for a busy machine."""
    return SarkSettings(bundle=EXAMPLE, watch=False, deadline=5, opa_timeout=10, **more)


@pytest.mark.benchmark(group="filter")
@pytest.mark.parametrize("seen", [True, False], ids=["seen-before", "first-time"])
def test_in_process(benchmark: BenchmarkFixture, loop: asyncio.AbstractEventLoop, seen: bool) -> None:
    """filter/seen-before, filter/first-time: one crossing."""
    runtime = Runtime(settings())
    client = runtime.client()
    users = itertools.repeat("u-1") if seen else (f"u-{n}" for n in itertools.count())

    def decide() -> int:
        decisions = loop.run_until_complete(client.decide_batch(ENTRYPOINT, questions(next(users))))
        return sum(decision.allow for decision in decisions)

    visible = decide()
    assert visible == benchmark.pedantic(decide, rounds=20, iterations=1)
    assert 0 < visible < 100
    loop.run_until_complete(runtime.stop())


@pytest.mark.benchmark(group="filter")
@pytest.mark.parametrize("together", [False, True], ids=["one-by-one", "together"])
def test_over_http(benchmark: BenchmarkFixture, loop: asyncio.AbstractEventLoop, together: bool) -> None:
    """filter/one-by-one, filter/together: a hundred calls of OPA, as the gateway makes them, or at once."""
    with serving(EXAMPLE) as opa:
        runtime = Runtime(settings(opa_url=opa.url, rollout={"rust_opa": 0, "rust_cache": 0}))
        client = runtime.client()

        async def ask() -> int:
            asked = questions("u-1")
            if together:
                decisions = await client.decide_batch(ENTRYPOINT, asked)
            else:
                decisions = [await client.decide(ENTRYPOINT, each, use_cache=False) for each in asked]
            return sum(decision.allow for decision in decisions)

        visible = loop.run_until_complete(ask())
        assert visible == benchmark.pedantic(lambda: loop.run_until_complete(ask()), rounds=10, iterations=1)
        assert 0 < visible < 100
        loop.run_until_complete(runtime.stop())

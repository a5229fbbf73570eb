"""What others take for the example's decision: OPA over HTTP, rego-cpp, and Cedar with as many policies.

Ours stand in `test_decide.py` and, once more and by the public API alone, here. Compare ratios within one run.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from awaiting import await_each
from cases import example
from over_http import OverHttp, serve
from peers import peer
from recording import Record

CEDAR = Path(__file__).with_name("gateway.cedar")

pytestmark = pytest.mark.benchmark(group="peers")


@pytest.fixture(scope="module")
def served() -> Iterator[OverHttp]:
    """OPA with the example policy."""
    with serve(example()) as server:
        yield server


@pytest.mark.parametrize("entries", [pytest.param(10, id="hit"), pytest.param(0, id="miss")])
def test_ours(benchmark: BenchmarkFixture, entries: int) -> None:
    """peers/ours-*: the same question to us, cached and not."""
    case = example()
    with case.open(cache_entries=entries) as host:
        decision = benchmark(host.decide, case.entrypoint, case.input)
    assert (decision.result, decision.cached) == (case.answer, entries > 0)


def test_opa_http(benchmark: BenchmarkFixture, record: Record, served: OverHttp) -> None:
    """peers/opa-http: OPA over HTTP by httpx's asyncio client."""
    with asyncio.Runner() as runner:
        client = served.async_client()
        assert served.answer == await_each(runner, benchmark, record, lambda: served.ask_async(client))
        runner.run(client.aclose())


def test_opa_http_sync(benchmark: BenchmarkFixture, served: OverHttp) -> None:
    """peers/opa-http-sync: OPA over HTTP by httpx's blocking client."""
    with served.client() as client:
        assert served.answer == benchmark(served.ask, client)


def test_regopy(benchmark: BenchmarkFixture) -> None:
    """peers/regopy: rego-cpp with the policy built before, `dict` in and value out."""
    regopy = peer("regopy")
    case = example()
    interpreter = regopy.Interpreter()
    interpreter.add_module("policy.rego", case.files["policy.rego"])
    built = interpreter.build(None, [case.entrypoint])

    def decide() -> Any:
        interpreter.set_input(regopy.Input(case.input))
        return interpreter.query_bundle_entrypoint(built, case.entrypoint).results[0].expressions[0]

    assert case.answer == benchmark(decide)


def test_regopy_query(benchmark: BenchmarkFixture) -> None:
    """peers/regopy-query: rego-cpp asked by a query, as its readme shows it."""
    regopy = peer("regopy")
    case = example()
    interpreter = regopy.Interpreter()
    interpreter.add_module("policy.rego", case.files["policy.rego"])

    def decide() -> Any:
        interpreter.set_input(regopy.Input(case.input))
        return interpreter.query(f"data.{case.entrypoint.replace('/', '.')}").results[0].expressions[0]

    assert case.answer == benchmark(decide)


def test_cedarpy(benchmark: BenchmarkFixture) -> None:
    """peers/cedarpy: Cedar with twelve policies parsed before; the request, made before too, has what they read."""
    cedarpy = peer("cedarpy")
    policies = cedarpy.PolicySet.from_str(CEDAR.read_text("utf-8"))
    entities = cedarpy.Entities.from_json_str("[]")

    def request(query: str) -> dict[str, Any]:
        asked = example().input
        user, tool = asked["user"], asked["tool"]
        return {
            "principal": {"type": "User", "id": user["id"]},
            "action": {"type": "Action", "id": asked["action"]},
            "resource": {"type": "Tool", "id": tool["name"]},
            "context": {
                "user": {name: user[name] for name in ("id", "roles", "teams", "authenticated")},
                "tool": {"sensitivity_level": tool["sensitivity_level"], "parameters": {"query": query}},
                "server": {"managed_by_teams": asked["server"]["managed_by_teams"]},
                "context": {"hour": asked["context"]["hour"]},
            },
        }

    denied = cedarpy.is_authorized(request("delete from accounts"), policies, entities)
    assert (denied.allowed, denied.diagnostics.errors) == (False, [])
    query = example().input["tool"]["parameters"]["query"]
    allowed = benchmark(cedarpy.is_authorized, request(query), policies, entities)
    assert (allowed.allowed, allowed.diagnostics.errors) == (True, [])

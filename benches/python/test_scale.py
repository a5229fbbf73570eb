"""How a decision's cost grows with the policy, its data and the input, ours and OPA's over HTTP. Nothing is cached."""

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cases import KIB, MIB, Case, equal, of_size, scan, users
from over_http import serve

RULES = {"equal-10": 10, "equal-100": 100, "equal-1000": 1_000, "equal-20000": 20_000}
SCANS = {"scan-10": 10, "scan-100": 100, "scan-1000": 1_000, "scan-20000": 20_000}
USERS = {"users-1000": 1_000, "users-10000": 10_000, "users-100000": 100_000, "users-850000": 850_000}
INPUTS = {"100": 100, "1000": KIB, "10000": 10 * KIB, "100000": 100 * KIB, "1000000": MIB}

CASES: list[tuple[str, str, Callable[[], Case]]] = [
    *(("rules", name, lambda rules=rules: equal(rules)) for name, rules in RULES.items()),
    *(("rules", name, lambda rules=rules: scan(rules)) for name, rules in SCANS.items()),
    *(("data", name, lambda number=number: users(number)) for name, number in USERS.items()),
    *(("input", name, lambda size=size: of_size(size)) for name, size in INPUTS.items()),
]
EACH = pytest.mark.parametrize("make", [pytest.param(make, id=f"{area}/py-{name}") for area, name, make in CASES])

pytestmark = pytest.mark.benchmark(group="scale")


@EACH
def test_ours(benchmark: BenchmarkFixture, make: Callable[[], Case]) -> None:
    """*: `dict` in and value out, evaluated each time."""
    case = make()
    with case.open(cache_entries=0) as host:
        decision = benchmark(host.decide, case.entrypoint, case.input)
    assert (decision.result, decision.cached) == (case.answer, False)


@EACH
def test_opa_http(benchmark: BenchmarkFixture, make: Callable[[], Case]) -> None:
    """*-opa-http: the same by OPA over HTTP, httpx's blocking client reused."""
    with serve(make()) as server, server.client() as client:
        assert server.answer == benchmark(server.ask, client)


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for area, name, make in CASES if area == "input"])
def test_hit(benchmark: BenchmarkFixture, make: Callable[[], Case]) -> None:
    """input/py-*-hit: from the cache."""
    case = make()
    with case.open() as host:
        decision = benchmark(host.decide, case.entrypoint, case.input)
    assert (decision.result, decision.cached) == (case.answer, True)

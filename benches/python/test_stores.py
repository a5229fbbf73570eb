"""What a cached decision costs elsewhere: Redis and Valkey on loopback, and a dictionary in the process.

What is kept is the example's answer as JSON, under a key as long as a digest; what comes back is that text. Ours,
`stores/ours`, does more: it makes the key from the input, and a value from the text.
"""

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from awaiting import await_each
from cases import example
from peers import peer
from real_redis import RealRedis, real_redis, run_by
from recording import Record
from sark_policy import Cache

KEY = f"decision:{'0123456789abcdef' * 4}"
TEXT = json.dumps(example().answer)
SERVED = ["redis", "valkey-client", "valkey"]
"""Redis by its own client, Redis by Valkey's client, and Valkey by its own."""

pytestmark = pytest.mark.benchmark(group="stores")


@pytest.fixture(scope="module", params=SERVED)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """A server with the answer in it: the package of its client, and its port."""
    package = request.param.partition("-")[0]
    with valkey() if request.param == "valkey" else real_redis() as server:
        server("SET", KEY, TEXT)
        yield package, server.port


def valkey() -> AbstractContextManager[RealRedis]:
    """Run a Valkey. Where there is none, the test is skipped."""
    program = shutil.which("valkey-server")
    if program is None:
        pytest.skip("no `valkey-server` on PATH")
    return run_by(program)


def client_of(package: str, port: int, module: str = "") -> Any:
    """Return the client of a package: `redis.Redis`, `valkey.asyncio.Valkey`."""
    found = peer(f"{package}{module}")
    return getattr(found, package.capitalize())(port=port, decode_responses=True)


def test_ours(benchmark: BenchmarkFixture) -> None:
    """stores/ours: a cached decision, `dict` in and value out."""
    case = example()
    with case.open() as host:
        decision = benchmark(host.decide, case.entrypoint, case.input)
    assert (decision.result, decision.cached) == (case.answer, True)


def test_cache(benchmark: BenchmarkFixture) -> None:
    """stores/ours-cache-get: the same text from our cache of texts."""
    with Cache.open() as cache:
        cache.set(KEY, TEXT)
        assert TEXT == benchmark(cache.get, KEY)


def test_get(benchmark: BenchmarkFixture, record: Record, served: tuple[str, int]) -> None:
    """stores/*-get: by the asyncio client."""
    with asyncio.Runner() as runner:
        client = client_of(*served, ".asyncio")
        assert TEXT == await_each(runner, benchmark, record, lambda: client.get(KEY))
        runner.run(client.aclose())


def test_set(benchmark: BenchmarkFixture, record: Record, served: tuple[str, int]) -> None:
    """stores/*-set: the answer kept for a minute, by the asyncio client."""
    with asyncio.Runner() as runner:
        client = client_of(*served, ".asyncio")
        assert await_each(runner, benchmark, record, lambda: client.set("other", TEXT, ex=60)) is True
        assert TEXT == runner.run(client.get("other"))
        runner.run(client.aclose())


def test_get_sync(benchmark: BenchmarkFixture, served: tuple[str, int]) -> None:
    """stores/*-get-sync: by the blocking client."""
    with client_of(*served) as client:
        assert TEXT == benchmark(client.get, KEY)


def test_set_sync(benchmark: BenchmarkFixture, served: tuple[str, int]) -> None:
    """stores/*-set-sync: the answer kept for a minute, by the blocking client."""
    with client_of(*served) as client:
        assert benchmark(client.set, "other", TEXT, ex=60) is True
        assert TEXT == client.get("other")


def test_mget(benchmark: BenchmarkFixture, served: tuple[str, int]) -> None:
    """stores/*-mget-100: a hundred at once by the blocking client, each."""
    benchmark.extra_info["items"] = 100
    keys = [f"{KEY}-{number}" for number in range(100)]
    with client_of(*served) as client:
        client.mset(dict.fromkeys(keys, TEXT))
        assert [TEXT] * 100 == benchmark(client.mget, keys)


def test_cachetools(benchmark: BenchmarkFixture) -> None:
    """stores/cachetools: `TTLCache` with the input's JSON for a key, `dict` in and value out."""
    cachetools = peer("cachetools")
    kept = cachetools.TTLCache(maxsize=10_000, ttl=60)
    asked = example().input
    kept[orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)] = example().answer
    assert example().answer == benchmark(lambda: kept.get(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)))

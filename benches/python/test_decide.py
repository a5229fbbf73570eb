"""A decision of the example policy from Python: its floor, cached, and evaluated.

Run with `just bench`. Compare ratios within one run: absolute times mean little on a shared machine.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from pytest_benchmark.fixture import BenchmarkFixture
from wasmtime import component

from sark_policy import Bundle, Cache, PolicyHost

POLICY = Path(__file__).parents[1] / "policy"
ENTRYPOINT = "mcp/gateway/result"
INPUT: dict[str, Any] = json.loads((POLICY / "input.json").read_text("utf-8"))
TEXT = json.dumps(INPUT)

FLOOR = """(component
  (core module $m
    (memory (export "memory") 32)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (func (export "length") (param i32 i64 i32 i32) (result i64) local.get 3 i64.extend_i32_u))
  (core instance $i (instantiate $m))
  (func (export "length") (param "entrypoint" u32) (param "now" u64) (param "input" string) (result u64)
    (canon lift (core func $i "length")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"""


def open_host(**settings: Any) -> PolicyHost:
    """Return a host with the example policy."""
    bundle = Bundle.of_files({"policy.rego": (POLICY / "policy.rego").read_text("utf-8")})
    return PolicyHost.open(bundle, **settings)


@pytest.fixture
def host() -> Iterator[PolicyHost]:
    """A host that has decided the example input once."""
    with open_host() as host:
        host.decide(ENTRYPOINT, INPUT)
        yield host


@pytest.mark.benchmark(group="decide")
def test_floor(benchmark: BenchmarkFixture) -> None:
    """decide/floor: the same crossing by wasmtime's own call, doing nothing."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    instance = component.Linker(engine).instantiate(store, component.Component(engine, FLOOR))
    length = instance.get_func(store, "length")
    assert length is not None
    assert len(TEXT) == benchmark(length, store, 0, 0, TEXT)


@pytest.mark.benchmark(group="decide")
def test_hit(benchmark: BenchmarkFixture, host: PolicyHost) -> None:
    """decide/hit: dict in, value out, from the cache."""
    decision = benchmark(host.decide, ENTRYPOINT, INPUT)
    assert (decision.cached, decision.result["allow"]) == (True, True)


@pytest.mark.benchmark(group="decide")
def test_batch_hit(benchmark: BenchmarkFixture, host: PolicyHost) -> None:
    """decide/batch-hit: a hundred at a time, all from the cache."""
    decisions = benchmark(host.decide_batch, ENTRYPOINT, [INPUT] * 100)
    assert sum(decision.result["allow"] for decision in decisions) == 100


@pytest.mark.benchmark(group="decide")
def test_miss(benchmark: BenchmarkFixture) -> None:
    """decide/miss: dict in, value out, evaluated each time."""
    with open_host(cache_entries=0) as host:
        decision = benchmark(host.decide, ENTRYPOINT, INPUT)
    assert (decision.cached, decision.result["allow"]) == (False, True)


@pytest.mark.benchmark(group="cache")
def test_cache_get(benchmark: BenchmarkFixture) -> None:
    """cache/get: a text of 200 bytes."""
    with Cache.open() as cache:
        cache.set("key", "v" * 200)
        assert benchmark(cache.get, "key") == "v" * 200


@pytest.mark.benchmark(group="cache")
def test_cache_get_batch(benchmark: BenchmarkFixture) -> None:
    """cache/get-batch: a hundred keys of 700 bytes at once, 200 bytes each."""
    keys = [f"{n:03}" + "k" * 697 for n in range(100)]
    with Cache.open() as cache:
        cache.set_batch((key, "v" * 200, None) for key in keys)
        assert benchmark(cache.get_batch, keys) == ["v" * 200] * 100


@pytest.mark.benchmark(group="cache")
def test_cache_gets(benchmark: BenchmarkFixture) -> None:
    """cache/gets: the same hundred one by one."""
    keys = [f"{n:03}" + "k" * 697 for n in range(100)]
    with Cache.open() as cache:
        cache.set_batch((key, "v" * 200, None) for key in keys)
        assert benchmark(lambda: [cache.get(key) for key in keys]) == ["v" * 200] * 100


@pytest.mark.benchmark(group="cache")
def test_cache_set(benchmark: BenchmarkFixture) -> None:
    """cache/set: a text of 200 bytes, replaced each time."""
    with Cache.open() as cache:
        benchmark(cache.set, "key", "v" * 200)
        assert cache.length() == 1

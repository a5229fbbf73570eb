"""A decision of the example policy from Python: its floors, cached, and evaluated, by either way into the sandbox.

Run with `just bench`. Compare ratios within one run: absolute times mean little on a shared machine.
"""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from pytest_benchmark.fixture import BenchmarkFixture
from wasmtime import component

from sark_policy import Bundle, Cache, Crossing, Encoded, PolicyHost, _compile
from sark_policy._direct import Library
from sark_policy._signature import signature_of

POLICY = Path(__file__).parents[1] / "policy"
ENTRYPOINT = "mcp/gateway/result"
INPUT: dict[str, Any] = json.loads((POLICY / "input.json").read_text("utf-8"))
TEXT = json.dumps(INPUT)

FLOOR = """(component
  (core module $m
    (memory (export "memory") 32)
    (func (export "nothing") (result i32) i32.const 7)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (func (export "length") (param i32 i64 i32 i32) (result i64) local.get 3 i64.extend_i32_u))
  (core instance $i (instantiate $m))
  (func (export "nothing") (result u32) (canon lift (core func $i "nothing")))
  (func (export "length") (param "entrypoint" u32) (param "now" u64) (param "input" string) (result u64)
    (canon lift (core func $i "length")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"""


def open_host(**settings: Any) -> PolicyHost:
    """Return a host with the example policy."""
    bundle = Bundle.of_files({"policy.rego": (POLICY / "policy.rego").read_text("utf-8")})
    return PolicyHost.open(bundle, **settings)


class Floor:
    """A component that does nothing, called either way, by an engine as it comes unless one is given."""

    def __init__(self, engine: wasmtime.Engine | None = None) -> None:
        engine = engine or wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        self._instance = component.Linker(engine).instantiate(self.store, component.Component(engine, FLOOR))

    def public(self, name: str) -> Any:
        """Return a function that is called by wasmtime's package."""
        return self._instance.get_func(self.store, name)

    def direct(self, name: str) -> Callable[..., Any]:
        """Return a function that is called directly."""
        function = self.public(name)
        signature = signature_of(function, self.store)
        assert signature is not None
        return Library().function(self.store, function, signature)


@pytest.fixture
def host() -> Iterator[PolicyHost]:
    """A host that has decided the example input once."""
    with open_host() as host:
        host.decide(ENTRYPOINT, INPUT)
        assert host.stats().crossing is Crossing.DIRECT, host._sandbox.indirect
        yield host


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets hosts that are opened from now on go the public way."""
    with open_host() as host:
        monkeypatch.setattr(host._sandbox, "_library", None)


@pytest.mark.benchmark(group="decide")
def test_nothing(benchmark: BenchmarkFixture) -> None:
    """decide/py-nothing: a direct call that takes nothing."""
    assert benchmark(Floor().direct("nothing")) == 7


@pytest.mark.benchmark(group="decide")
def test_floor(benchmark: BenchmarkFixture) -> None:
    """decide/py-floor-direct: the crossing of a decision, directly, doing nothing."""
    assert len(TEXT) == benchmark(Floor().direct("length"), 0, 0, TEXT.encode())


@pytest.mark.benchmark(group="decide")
def test_floor_alone(benchmark: BenchmarkFixture) -> None:
    """decide/py-floor-alone: the same by an engine that is set up as ours."""
    floor = Floor(wasmtime.Engine(_compile.config(parallel=False)))
    floor.store.set_epoch_deadline(1)
    assert len(TEXT) == benchmark(floor.direct("length"), 0, 0, TEXT.encode())


@pytest.mark.benchmark(group="decide")
def test_floor_public(benchmark: BenchmarkFixture) -> None:
    """decide/py-floor: the same crossing by wasmtime's package, doing nothing."""
    floor = Floor()
    assert len(TEXT) == benchmark(floor.public("length"), floor.store, 0, 0, TEXT)


@pytest.mark.benchmark(group="decide")
def test_hit(benchmark: BenchmarkFixture, host: PolicyHost) -> None:
    """decide/py-hit: dict in, decision out, from the cache."""
    decision = benchmark(host.decide, ENTRYPOINT, INPUT)
    assert (decision.cached, decision.result["allow"]) == (True, True)


@pytest.mark.benchmark(group="decide")
def test_hit_result(benchmark: BenchmarkFixture, host: PolicyHost) -> None:
    """decide/py-hit-result: dict in, value out: what is read of a decision is read when it is looked at."""
    assert benchmark(lambda: host.decide(ENTRYPOINT, INPUT).result["allow"]) is True


@pytest.mark.benchmark(group="decide")
def test_hit_encoded(benchmark: BenchmarkFixture, host: PolicyHost) -> None:
    """decide/py-hit-encoded: JSON in, decision out, from the cache."""
    text = Encoded(json.dumps(INPUT, separators=(",", ":")))
    decision = benchmark(host.decide, ENTRYPOINT, text)
    assert (decision.cached, decision.result["allow"]) == (True, True)


@pytest.mark.benchmark(group="decide")
@pytest.mark.usefixtures("public")
def test_hit_public(benchmark: BenchmarkFixture) -> None:
    """decide/py-hit-public: as `hit`, by wasmtime's package."""
    with open_host() as host:
        host.decide(ENTRYPOINT, INPUT)
        decision = benchmark(host.decide, ENTRYPOINT, INPUT)
    assert (decision.cached, decision.result["allow"]) == (True, True)


@pytest.mark.benchmark(group="decide")
def test_miss(benchmark: BenchmarkFixture) -> None:
    """decide/py-miss: dict in, value out, evaluated each time."""
    with open_host(cache_entries=0) as host:
        decision = benchmark(host.decide, ENTRYPOINT, INPUT)
    assert (decision.cached, decision.result["allow"]) == (False, True)


@pytest.mark.benchmark(group="decide")
@pytest.mark.usefixtures("public")
def test_miss_public(benchmark: BenchmarkFixture) -> None:
    """decide/py-miss-public: as `miss`, by wasmtime's package."""
    with open_host(cache_entries=0) as host:
        decision = benchmark(host.decide, ENTRYPOINT, INPUT)
    assert (decision.cached, decision.result["allow"]) == (False, True)


def hundred() -> list[dict[str, Any]]:
    """Return a hundred inputs of one user, each for a tool of its own."""
    return [{**INPUT, "tool": {**INPUT["tool"], "name": f"tool-{n}"}} for n in range(100)]


@pytest.mark.benchmark(group="batch")
def test_batch_hit(benchmark: BenchmarkFixture, host: PolicyHost) -> None:
    """decide/py-batch-hit: a hundred dicts at a time, all from the cache."""
    benchmark.extra_info["items"] = 100
    inputs = hundred()
    host.decide_batch(ENTRYPOINT, inputs)
    decisions = benchmark(host.decide_batch, ENTRYPOINT, inputs)
    assert [(decision.cached, decision.result["allow"]) for decision in decisions] == [(True, True)] * 100


@pytest.mark.benchmark(group="batch")
def test_batch_hit_encoded(benchmark: BenchmarkFixture, host: PolicyHost) -> None:
    """decide/py-batch-hit-encoded: the same hundred, as JSON."""
    benchmark.extra_info["items"] = 100
    inputs = [Encoded(json.dumps(input, separators=(",", ":"))) for input in hundred()]
    host.decide_batch(ENTRYPOINT, inputs)
    decisions = benchmark(host.decide_batch, ENTRYPOINT, inputs)
    assert [(decision.cached, decision.result["allow"]) for decision in decisions] == [(True, True)] * 100


@pytest.mark.benchmark(group="batch")
def test_batch_miss(benchmark: BenchmarkFixture) -> None:
    """decide/py-batch-miss: the same hundred dicts, evaluated each time."""
    benchmark.extra_info["items"] = 100
    with open_host(cache_entries=0) as host:
        decisions = benchmark(host.decide_batch, ENTRYPOINT, hundred())
    assert [(decision.cached, decision.result["allow"]) for decision in decisions] == [(False, True)] * 100


def inputs_of_two_shards(host: PolicyHost) -> list[Encoded]:
    """Return an input of each of two shards."""
    generation = host._current()
    found: dict[int, Encoded] = {}
    for n in range(1000):
        raw = json.dumps({**INPUT, "n": n}).encode()
        found.setdefault(id(generation._shard(raw)), Encoded(raw))
    assert len(found) == 2
    return list(found.values())


DECIDED = 20_000
"""Decisions of a round by threads: so many that starting the threads does not count."""


@pytest.mark.benchmark(group="threads")
@pytest.mark.parametrize("threads", [1, 2])
def test_threads(benchmark: BenchmarkFixture, threads: int) -> None:
    """decide/py-threads-*: 20,000 misses, by one thread or two, over two shards."""
    with open_host(cache_entries=0, shards=2, deadline=10.0) as host:
        inputs = inputs_of_two_shards(host)
        allowed: list[bool] = []

        def work(input: Encoded, times: int) -> None:
            for _ in range(times):
                decision = host.decide(ENTRYPOINT, input)
            allowed.append(decision.result["allow"])

        def all_work() -> None:
            begun = [threading.Thread(target=work, args=(inputs[n], DECIDED // threads)) for n in range(threads)]
            for thread in begun:
                thread.start()
            for thread in begun:
                thread.join()

        benchmark.extra_info.update(items=DECIDED, unit="req/s")
        benchmark(all_work)
    assert {True} == set(allowed)


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

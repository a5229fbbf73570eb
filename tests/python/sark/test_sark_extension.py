"""The extension by the gateway's names: what its classes do, and whether they are there."""

import doctest
import gc
import pickle
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from sark_policy import Settings, UnknownEntrypoint
from sark_policy.sark import extension
from sark_policy.sark.engine import compiled
from sark_policy.sark.extension import OPACompilationError, OPAEvaluationError, RustCache, RustOPAEngine

V0 = """package sark.gateway

default allow = false

allow { input.user.role == "admin" }

deny[reason] { not input.user.id; reason := "nobody" }
"""
V1 = """package sark.gateway

default allow := false

allow if input.user.role == "admin"

filtered_parameters := {"query": input.query}

nothing := input.nothing

x := 1 if input.both
x := 2 if input.both
"""
ADMIN = {"user": {"id": "u-1", "role": "admin"}}
PATIENT = Settings(deadline=10.0)


@pytest.fixture
def engine() -> RustOPAEngine:
    """An engine without policies, with a deadline that a busy machine does not miss."""
    return RustOPAEngine(PATIENT)


@pytest.fixture
def gateway_module() -> Iterator[None]:
    """Put the extension where the gateway imports it from."""
    sys.modules["sark_rust_stand_in"] = extension
    yield
    del sys.modules["sark_rust_stand_in"]


def test_docstring() -> None:
    """What the documentation shows is what happens."""
    result = doctest.testmod(extension)
    assert (0, True) == (result.failed, result.attempted > 0)


def test_level_a_one_import(gateway_module: None) -> None:
    """In place of the gateway's module it gives everything that is imported from there."""
    from sark_rust_stand_in import (  # type: ignore[import-not-found]
        OPACompilationError,
        OPAEvaluationError,
        RustCache,
        RustOPAEngine,
    )

    names = [each.__name__ for each in (OPACompilationError, OPAEvaluationError, RustCache, RustOPAEngine)]
    assert [*names, "RUST_AVAILABLE"] == sorted(extension.__all__, key=[*names, "RUST_AVAILABLE"].index)


def test_level_a_needs_the_package_alone(run: Callable[..., str]) -> None:
    """Nothing of the extra `sark` is imported, and nothing of the sandbox before somebody asks."""
    script = """
import sys
from sark_policy.sark import extension
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"pydantic", "httpx", "structlog", "redis", "fastapi", "prometheus_client", "wasmtime"}))
"""
    assert "[]" == run(script)


# --- The engine


@pytest.mark.parametrize("policy", [V0, V1])
def test_flaw_1_7_both_versions_of_rego(engine: RustOPAEngine, policy: str) -> None:
    """The gateway's own tests feed v0 to this class, its policies are v1: both are read."""
    engine.load_policy("gateway", policy)
    found = [engine.evaluate("data.sark.gateway.allow", {"user": {"role": role}}) for role in ("admin", "dev")]
    assert [True, False] == found


@pytest.mark.parametrize("policy", ["package x\nallow = true", "package x\nallow { true }", "package x\nallow := true"])
def test_flaw_1_7_the_shortest_policies(engine: RustOPAEngine, policy: str) -> None:
    """A package and a line will do."""
    engine.load_policy("x", policy)
    assert True is engine.evaluate("data.x.allow", {})


def test_flaw_5_7_any_value_can_be_asked_for(engine: RustOPAEngine) -> None:
    """Not only booleans: objects, sets and whole packages are answered as they are."""
    engine.load_policy("old", V0)
    assert ["nobody"] == engine.evaluate("data.sark.gateway.deny", {})
    assert {"allow": False, "deny": ["nobody"]} == engine.evaluate("data.sark.gateway", {})
    engine.load_policy("old", V1)
    assert {"query": [1]} == engine.evaluate("data.sark.gateway.filtered_parameters", {"query": [1]})


def test_flaw_1_7_loading(engine: RustOPAEngine) -> None:
    """A name replaces, `clear_policies` takes all away, and the names are told."""
    assert ([], False) == (engine.loaded_policies(), engine.has_policy("a"))
    engine.load_policy("b", "package b\nx := 1")
    engine.load_policy("a", "package a\nx := data.b.x")
    engine.load_policy("b", "package b\nx := 2")
    assert (["b", "a"], True, 2) == (
        engine.loaded_policies(),
        engine.has_policy("a"),
        engine.evaluate("data.a.x", {}),
    )
    engine.clear_policies()
    assert ([], False, False) == (engine.loaded_policies(), engine.has_policy("a"), engine.evaluate("data.a.x", {}))


@pytest.mark.parametrize("bad", ["", "  \n"])
def test_flaw_1_7_nothing_is_a_value_error(engine: RustOPAEngine, bad: str) -> None:
    """An empty name, policy or query is a `ValueError`."""
    with pytest.raises(ValueError, match="empty"):
        engine.load_policy("p", bad)
    with pytest.raises(ValueError, match="no name"):
        engine.load_policy(bad, V1)
    with pytest.raises(ValueError, match="empty"):
        engine.evaluate(bad, {})


@pytest.mark.parametrize("bad", ["not Rego", "package x\nallow { nope(1) }", "package x\nallow if { nope(1) }"])
def test_flaw_1_7_what_does_not_compile(engine: RustOPAEngine, bad: str) -> None:
    """A policy that does not compile says where, and what was loaded stays."""
    engine.load_policy("gateway", V1)
    with pytest.raises(OPACompilationError, match="the policy `bad` does not compile: bad:"):
        engine.load_policy("bad", bad)
    assert (["gateway"], True) == (engine.loaded_policies(), engine.evaluate("data.sark.gateway.allow", ADMIN))


def test_v0_never_allows_by_a_keyword_that_it_does_not_know(engine: RustOPAEngine) -> None:
    """What mixes both versions is refused: v0 reads an `if` as another rule, and the allow before it as a fact."""
    for head in ("allow if", "allow := true if", "allow = true if", "allow contains 1 if"):
        with pytest.raises(OPACompilationError):
            engine.load_policy("mixed", f"package mixed\n\n{head} {{ input.never }}\n\nold {{ true }}")
    assert [] == engine.loaded_policies()


@pytest.mark.parametrize("query", ["allow", "input.user", "1 + 1", "data.", "data.x y", "not a query!", "x := data.a"])
def test_flaw_1_7_what_is_no_query(engine: RustOPAEngine, query: str) -> None:
    """Only a rule can be asked for; anything else is an evaluation error, not a silent denial."""
    engine.load_policy("gateway", V1)
    with pytest.raises(OPAEvaluationError, match="is no reference"):
        engine.evaluate(query, {})


@pytest.mark.parametrize("query", ["data.sark.gateway.allow", 'data.sark["gateway"].allow', "sark/gateway/allow"])
def test_a_query_may_be_written_in_several_ways(engine: RustOPAEngine, query: str) -> None:
    """As a reference, or as OPA's path."""
    engine.load_policy("gateway", V1)
    assert True is engine.evaluate(query, ADMIN)


def test_flaw_5_8_undefined_is_told_apart(engine: RustOPAEngine) -> None:
    """`evaluate` says `False` where there is nothing, as it always did; `decide` says which nothing it is."""
    engine.load_policy("gateway", V1)
    queries = ["data.sark.gateway.allow", "data.sark.gateway.nothing", "data.mcp.gateway.a2a.result.allow"]
    assert [False, False, False] == [engine.evaluate(query, {}) for query in queries]
    false, undefined = (engine.decide(query, {}) for query in queries[:2])
    assert [(False, True), (None, False)] == [(false.result, false.defined), (undefined.result, undefined.defined)]
    assert 64 == len(false.revision)
    with pytest.raises(UnknownEntrypoint, match="does not exist"):
        engine.decide(queries[2], {})


def test_flaw_5_9_errors_are_errors(engine: RustOPAEngine) -> None:
    """A conflict and an input beyond JSON are evaluation errors, and so is a policy that never ends."""
    engine.load_policy("gateway", V1)
    for query, document in (("data.sark.gateway.x", {"both": True}), ("data.sark.gateway.allow", {"x": object()})):
        with pytest.raises(OPAEvaluationError):
            engine.evaluate(query, document)
    many = "numbers.range(1, 10000)"
    short = RustOPAEngine(Settings(deadline=0.1))
    short.load_policy("slow", f"package slow\nx if count([1 | some i in {many}; some j in {many}; i == j]) > 0")
    with pytest.raises(OPAEvaluationError, match="deadline"):
        short.evaluate("data.slow.x", {})


def test_flaw_5_9_an_input_is_encoded_once_by_one_rule(engine: RustOPAEngine) -> None:
    """What JSON cannot carry is encoded as on every other path."""
    engine.load_policy("p", "package p\nx := input.id")
    identity = UUID(int=7)
    assert str(identity) == engine.evaluate("data.p.x", {"id": identity})


def test_flaw_5_9_threads_share_an_engine(engine: RustOPAEngine) -> None:
    """Many threads decide by one engine while its policies change; each answer is of one policy."""
    engine.load_policy("p", "package p\nx := [input.n, 0, 0]")

    def decide(n: int) -> bool:
        if n % 10 == 0:
            engine.load_policy("p", f"package p\nx := [input.n, {n}, {n}]")
        found = engine.evaluate("data.p.x", {"n": n})
        return bool(found[0] == n and found[1] == found[2])

    with ThreadPoolExecutor(8) as pool:
        assert {True} == set(pool.map(decide, range(200)))


def test_engines_are_independent() -> None:
    """What is loaded into one is not in another, though equal policies are compiled once."""
    first, second = RustOPAEngine(PATIENT), RustOPAEngine(PATIENT)
    for each in (first, second):
        each.load_policy("p", "package p\nx := 1")
    second.load_policy("p", "package p\nx := 2")
    assert (1, 2) == (first.evaluate("data.p.x", {}), second.evaluate("data.p.x", {}))
    first.clear_policies()
    assert ([], ["p"], 2) == (first.loaded_policies(), second.loaded_policies(), second.evaluate("data.p.x", {}))


def test_flaw_5_4_an_engine_a_request_compiles_once() -> None:
    """The gateway makes an engine for each request and loads the same file: the second one finds it compiled."""

    def request() -> tuple[object, str]:
        engine = RustOPAEngine(PATIENT)
        engine.load_policy("gateway", V1)
        decision = engine.decide("data.sark.gateway.allow", {**ADMIN, "test": "a request"})
        return engine._compiled, decision.decision_id

    requests = [request() for _ in range(20)]
    assert (1, 1) == (len({id(host) for host, _ in requests}), len({name for _, name in requests}))


def test_flaw_5_4_what_nobody_holds_ends() -> None:
    """Policies that no engine has any more do not pile up: a few stay compiled, the others' memory is given back."""
    ends: list[weakref.ref[Any]] = []
    for n in range(compiled.RECENT * 3):
        engine = RustOPAEngine(PATIENT)
        engine.load_policy("p", f"package p\nx := {n}")
        assert engine._compiled is not None
        ends.append(weakref.ref(engine._compiled))
    del engine
    gc.collect()
    kept = [n for n, end in enumerate(ends) if end() is not None]
    assert list(range(compiled.RECENT * 2, compiled.RECENT * 3)) == kept
    cache = RustCache(1, 1)
    assert (0, 0) == (len(compiled._ended), cache.size())


def test_errors_can_be_pickled() -> None:
    """Errors cross processes with all they say, and are made of a text alone too."""
    engine = RustOPAEngine(PATIENT)
    with pytest.raises(OPACompilationError) as refused:
        engine.load_policy("bad", "package bad\n\nallow if nope(1)")
    again = pickle.loads(pickle.dumps(refused.value))
    assert (str(refused.value), [3]) == (str(again), [problem.row for problem in again.problems])
    assert ("no", "no") == (str(OPACompilationError("no")), str(OPAEvaluationError("no")))


# --- The cache


def test_flaw_1_7_the_cache() -> None:
    """Texts by key, each with its time; 0 is expired at once."""
    cache = RustCache(2, 60)
    cache.set("a", "1")
    cache.set("b", "2", ttl=30)
    assert ("1", "2", None, 2) == (cache.get("a"), cache.get("b"), cache.get("c"), cache.size())
    cache.set("c", "3")
    assert (None, "2", "3", 2) == (cache.get("a"), cache.get("b"), cache.get("c"), cache.size())
    cache.set("b", "4", ttl=0)
    assert (None, False, True, 0) == (cache.get("b"), cache.delete("b"), cache.delete("c"), cache.size())
    cache.set("a", "1")
    cache.clear()
    assert (0, 0) == (cache.size(), cache.cleanup_expired())


def test_expired_entries_are_cleaned_up() -> None:
    """Every expired entry goes, however many there are, and no other."""
    cache = RustCache(50_000, 3600)
    for n in range(25_000):
        cache.set(str(n), "x", ttl=1e-6 if n % 2 else None)
    assert (12_500, 12_500, "x", None) == (cache.cleanup_expired(), cache.size(), cache.get("0"), cache.get("1"))


@pytest.mark.parametrize(("size", "ttl", "name"), [(0, 1, "max_size"), (1, 0, "ttl_secs"), (-1, 1, "max_size")])
def test_flaw_1_7_a_cache_of_nothing(size: int, ttl: int, name: str) -> None:
    """No room and no time are a `ValueError`."""
    with pytest.raises(ValueError, match=f"{name} must be greater than 0"):
        RustCache(size, ttl)


@budget(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=50), max_size=20))
def test_any_text_is_a_key(entries: dict[str, str]) -> None:
    """Keys and values are any text, and caches are independent of each other."""
    cache, other = RustCache(100, 60), RustCache(100, 60)
    for key, value in entries.items():
        cache.set(key, value)
    assert (entries, 0) == ({key: cache.get(key) for key in entries}, other.size())


# --- Whether it is there


def test_flaw_5_16_available_here() -> None:
    """Here it has decided, stored and found."""
    assert (True, None) == (extension.RUST_AVAILABLE, extension.unavailable_reason())
    with pytest.raises(AttributeError, match="RUST_AVIALABLE"):
        extension.RUST_AVIALABLE  # noqa: B018


def test_flaw_5_16_not_available(run: Callable[..., str], tmp_path: Path) -> None:
    """Where the sandbox cannot run it says so, everything can still be imported, and constructors say why not."""
    (tmp_path / "wasmtime.py").write_text("raise ImportError('not on this machine')")
    script = """
from sark_policy import SandboxUnavailable
from sark_policy.sark import extension
print(extension.RUST_AVAILABLE, extension.unavailable_reason())
for make in (extension.RustOPAEngine, lambda: extension.RustCache(1, 1)):
    try:
        make()
    except SandboxUnavailable as error:
        print(error)
"""
    first, *others = run(script, PYTHONPATH=str(tmp_path)).splitlines()
    assert first.startswith("False the sandbox is not available: wasmtime cannot be loaded: ")
    assert "not on this machine" in first
    assert [first.removeprefix("False ")] * 2 == others


@pytest.mark.skipif(sys.platform == "win32", reason="no fork here")
def test_a_forked_child_goes_on(run: Callable[..., str]) -> None:
    """A child decides, loads and stores, with what was there before, while the parent's threads load too."""
    script = """
import os, threading, warnings
warnings.simplefilter("ignore")
from sark_policy import Settings
from sark_policy.sark.extension import RustCache, RustOPAEngine
engine, cache = RustOPAEngine(Settings(deadline=10.0)), RustCache(10, 60)
engine.load_policy("a", "package a\\nx := 1")
cache.set("a", "1")
stop = threading.Event()
def loading():
    other, n = RustOPAEngine(Settings(deadline=10.0)), 0
    while not stop.is_set():
        n += 1
        other.load_policy("p", f"package p\\nx := {n}")
thread = threading.Thread(target=loading)
thread.start()
for _ in range(10):
    pid = os.fork()
    if not pid:
        status = 1
        try:
            engine.load_policy("b", "package b\\nx := data.a.x + 1")
            cache.set("b", "2")
            found = engine.evaluate("data.a.x", {}), engine.evaluate("data.b.x", {}), cache.get("a"), cache.get("b")
            status = 0 if found == (1, 2, "1", "2") else 2
        finally:
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), end=" ")
stop.set()
thread.join()
print(engine.loaded_policies(), cache.get("b"))
"""
    assert "0 " * 10 + "['a'] None" == run(script)


def test_opened_once_by_many_threads() -> None:
    """Of many engines that load the same policy at once, one compiles it."""
    start = threading.Barrier(8)

    def work(_: int) -> int:
        engine = RustOPAEngine(PATIENT)
        start.wait()
        engine.load_policy("together", "package together\nx := 1")
        kept.append(engine)
        return id(engine._compiled)

    kept: list[RustOPAEngine] = []
    with ThreadPoolExecutor(8) as pool:
        assert 1 == len(set(pool.map(work, range(8))))

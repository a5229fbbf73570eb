"""The direct way into the sandbox: it answers as wasmtime's package does, and gives way to it where it must."""

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from wasmtime import _ffi

from conftest import Opener, bundle
from sark_policy import (
    Bundle,
    Cache,
    CacheOutcome,
    Closed,
    Crossing,
    DeadlineElapsed,
    Decision,
    Encoded,
    InputRefused,
    MemoryExhausted,
    PolicyHost,
    SarkPolicyError,
    Settings,
    Trapped,
    _known_answers,
    _sandbox,
)
from sark_policy._direct import Library
from sark_policy._generation import Generation
from sark_policy._sandbox import Sandbox
from sark_policy._signature import Kind, Signature

BUSY = """package p

ok := 1

x := input.x

id := uuid.rfc4122("")

fails := to_number(input.text)

slow := count([1 | some i in numbers.range(1, 10000); some j in numbers.range(1, 10000); i == j])

doubled(s) := concat("", [s, s, s, s, s, s, s, s, s, s])

long := count(doubled(doubled(doubled(doubled(doubled(doubled(doubled(input.text))))))))
"""

TEXTS = ["", "a", "kéy\n", "\0", "ünd 𝄞", "x" * 100_000]


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns or raises, without what differs each time."""
    try:
        return told(call())
    except SarkPolicyError as error:
        return told(error)
    except TypeError:
        return TypeError  # in whose words does not matter


def told(found: Any) -> Any:
    """Return what does not differ each time."""
    if isinstance(found, list):
        return [told(each) for each in found]
    if isinstance(found, SarkPolicyError):
        return type(found), str(found)
    if isinstance(found, Decision):
        return found.result, found.defined, found.revision, found.cached, found.diagnostics.deterministic
    return found


def decisions(host: PolicyHost) -> Iterator[Callable[[], Any]]:
    """Ask a host all kinds of questions."""
    values: list[Any] = [*TEXTS, None, True, 2**63, 10**30, -1, 1.5, [], {}, [{"a": [1, {"b": "é"}]}]]
    inputs = [{"x": value} for value in values]
    for asked in (*inputs, *inputs, {}, {"x": float("nan")}, {"x": "\ud800"}):
        yield partial(host.decide, "p/x", asked)
    for path in ("p/fails", "p/unknown", "p/\ud800"):
        yield partial(host.decide, path, {"text": "twelve"})
    texts: list[Any] = ["", "{", "undefined", '{"x":1}\n', b'{"x":"\xc3\xa9"}', b"\xff", "\ud800", 5]
    for text in texts:
        yield partial(host.decide_json, "p/x", text)
    yield partial(host.decide_batch, "p/x", inputs)
    yield partial(host.decide_batch, "p/x", [{"x": 1}, object(), Encoded('{"x":\n2}'), {"x": float("inf")}])
    yield partial(host.decide_batch, "p/fails", [{"text": "1"}, {"text": "one"}])
    yield partial(host.decide_batch, "p/x", [])
    yield partial(host.decide_each, ["p/x", "p/ok", "p/unknown", "p/fails"], {"x": "é", "text": "two"})


def texts(cache: Cache) -> Iterator[Callable[[], Any]]:
    """Do all that a cache can."""
    for text in TEXTS:
        yield partial(cache.get, text)
        yield partial(cache.set, text, text)
        yield partial(cache.set, text, text, 5)
        yield partial(cache.get, text)
    yield partial(cache.set, "k", "v", 0)
    yield partial(cache.set, "k", "v" * 10**7)
    strange: list[Any] = ["\ud800", 5]
    for key in strange:
        yield partial(cache.get, key)
    yield partial(cache.set_batch, [(text, text, None) for text in TEXTS])
    yield partial(cache.get_batch, [*TEXTS, "nobody"])
    yield partial(cache.heads, 1)
    yield partial(cache.delete, "a")
    yield partial(cache.delete, "a")
    yield partial(cache.delete_matching, ["kéy"])
    yield cache.sweep
    yield cache.length
    yield cache.stats
    yield cache.clear


def test_the_direct_way_is_taken(host: PolicyHost, request: pytest.FixtureRequest) -> None:
    """With the wasmtime that is installed calls go directly, unless the tests are told otherwise."""
    assert request.config.getoption("--crossing") == host.stats().crossing, host._sandbox.indirect


def test_all_answers_are_the_same(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked, of a host and of a cache, has one answer or one error both ways."""
    found: dict[str, list[Any]] = {}
    for way in ("as it is", "public"):
        host = opened(bundle(BUSY))
        with Cache.open(deadline=10.0, bytes=10**6) as cache:
            found[way] = [outcome(call) for call in (*decisions(host), *texts(cache))]
        monkeypatch.setattr(host._sandbox, "_library", None)
    assert host.stats().crossing is Crossing.PUBLIC
    assert found["public"] == found["as it is"]


@pytest.mark.usefixtures("crossing")
def test_calls_that_are_ended(opened: Opener) -> None:
    """A deadline and a memory limit end a call with their own errors, and the next decision is right."""
    for path, expected, deadline in (("p/slow", DeadlineElapsed, 0.3), ("p/long", MemoryExhausted, 10.0)):
        host = opened(bundle(BUSY), deadline=deadline, activation_deadline=30.0)
        for _ in range(2):
            with pytest.raises(expected):
                host.decide(path, {"text": "x" * 100})
            assert "é" == host.decide("p/x", {"x": "é"}).result
    found = host.decide_batch("p/long", [{"text": "x"}, {"text": "x" * 100}])
    assert [10**7, MemoryExhausted] == [found[0].result, type(found[1])]  # type: ignore[union-attr]
    assert 2 < host.stats().traps


@pytest.mark.usefixtures("crossing")
def test_the_component_draws_random_numbers(opened: Opener) -> None:
    """What is linked is called in the middle of a call."""
    host = opened(bundle(BUSY))
    assert 100 == len({host.decide("p/id", {}).result for _ in range(100)})


def test_randomness_that_fails(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system has no randomness the decision is undecided, and what it says is the cause of the error."""
    host = opened(bundle(BUSY))
    if host.stats().crossing is Crossing.PUBLIC:
        pytest.skip("wasmtime's package raises what a host function raised")
    drawn, failures = os.urandom, [OSError("no randomness")]

    def urandom(size: int) -> bytes:
        if failures:
            raise failures.pop()
        return drawn(size)

    monkeypatch.setattr(os, "urandom", urandom)
    with pytest.raises(Trapped) as caught:
        host.decide("p/id", {})
    assert isinstance(caught.value.__cause__, Exception)
    assert "no randomness" == str(caught.value.__cause__.__cause__)
    assert [] == failures
    assert 1 == host.decide("p/ok", {}).result


def test_each_call_has_its_whole_deadline(opened: Opener) -> None:
    """The deadline is set once a tick, and yet no call has less than it, nor much more."""
    host = opened(bundle(BUSY), deadline=0.2)
    for pause in (0.0, 0.002, 0.15):
        for _ in range(50):
            host.decide("p/ok", {})
        time.sleep(pause)
        began = time.monotonic()
        with pytest.raises(DeadlineElapsed):
            host.decide("p/slow", {})
        assert 0.2 <= time.monotonic() - began < 2.0
        assert 1 == host.decide("p/ok", {}).result


def test_a_closed_instance_is_not_called(opened: Opener) -> None:
    """After the end neither a host nor what it was made of reaches the memory that was freed."""
    host = opened()
    instance = host._current()._shards[0]._instance
    assert instance is not None
    host.decide("p/ok", {})
    host.close()
    with pytest.raises(Closed):
        host.decide("p/ok", {})
    with pytest.raises(KeyError):
        instance._bare.call(instance._bare.left, "memory")
    with pytest.raises(ValueError, match="closed"):
        instance._bare.arm(1)


def test_closing_while_calls_run(opened: Opener) -> None:
    """Calls under way are finished, later ones are refused, and nothing else happens."""
    for _ in range(20):
        host = opened(shards=2)
        found: list[Any] = []

        def work(host: PolicyHost = host, found: list[Any] = found) -> None:
            try:
                for n in range(100_000):
                    if n != host.decide("p/x", {"x": n}).result:
                        found.append(n)
            except Closed:
                found.append(Closed)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.01)
        host.close()
        for thread in threads:
            thread.join()
        assert [Closed] * 3 == found


@pytest.mark.usefixtures("crossing")
def test_threads(opened: Opener) -> None:
    """Threads that share hosts and caches get their own answers."""
    host, wrong = opened(bundle(BUSY), shards=2), []
    cache = Cache.open(deadline=10.0, shards=2)

    def work(name: int) -> None:
        for n in range(1000):
            key = f"{name}-{n % 50}-é"
            cache.set(key, key * 3)
            answers = [host.decide("p/x", {"x": key}).result, host.decide_batch("p/x", [{"x": [key]}])[0].result]  # type: ignore[union-attr]
            if [key, [key], key * 3] != [*answers, cache.get(key)]:
                wrong.append(key)

    with cache:
        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [] == wrong


def resident() -> int:
    """Return the memory of this process, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="no figures of memory here")
def test_nothing_leaks(opened: Opener, request: pytest.FixtureRequest) -> None:
    """Texts that went in, answers, errors and ended calls give their memory back, over 200,000 calls."""
    if request.config.getoption("--crossing") == Crossing.PUBLIC:
        pytest.skip("wasmtime's package keeps 32 bytes of every optional text")
    cached, made = opened(bundle(BUSY)), opened(bundle(BUSY), cache_entries=0)
    cache, value = Cache.open(deadline=10.0), "v" * 1000
    text = Encoded('{"x":"' + "é" * 400 + '"}')
    bad = Encoded("{")

    def turn() -> None:
        for _ in range(1000):
            cached.decide("p/x", text)
            made.decide("p/x", text)
            cache.set("key", value)
            cache.get("key")
            cache.get("nobody")
            with pytest.raises(InputRefused):
                cached.decide("p/x", bad)
        cached.decide_batch("p/x", [text] * 1000)
        cache.get_batch(["key"] * 1000)
        cache.set_batch([("key", value, None)] * 1000)
        with pytest.raises(MemoryExhausted):
            made.decide("p/long", Encoded('{"text":"' + "x" * 100 + '"}'))
        made.decide("p/ok", text)

    with cache:
        for _ in range(8):
            turn()
        before = resident()
        for _ in range(20):
            turn()
    # A leak of the 32 bytes of a value in each call would be 6 MiB, one of a text 100 MiB and more.
    assert resident() - before < 4 << 20


def test_the_package_keeps_its_prototypes(host: PolicyHost) -> None:
    """What another user of wasmtime calls is as it was."""
    assert 1 == host.decide("p/ok", {}).result
    theirs = _ffi.dll.wasmtime_component_func_call
    assert theirs.argtypes is not None
    assert theirs is not Library().call


@pytest.fixture
def fresh(host: PolicyHost) -> Callable[[], Sandbox]:
    """Makes another sandbox, as another process would."""
    folder = Path(str(Settings().aot_folder))

    def fresh() -> Sandbox:
        probe = _sandbox._probe()
        assert not isinstance(probe, str)
        return Sandbox(probe, folder)

    return fresh


def gives_way(sandbox: Sandbox, reason: str) -> None:
    """Check that a sandbox goes the public way for a reason, and decides by it."""
    assert Crossing.PUBLIC is sandbox.crossing
    assert reason in str(sandbox.indirect)
    settings = Settings(deadline=10.0)
    with PolicyHost(sandbox, settings, Generation(sandbox, settings, bundle(), 1)) as host:
        assert {"n": "é"} == host.decide("p/f", {"n": "é"}).result
        assert host.decide("p/f", {"n": "é"}).cached
        assert Crossing.PUBLIC is host.stats().crossing


class Packed(ctypes.Structure):
    """A text whose length is a half word."""

    _fields_ = (("size", ctypes.c_uint32), ("data", ctypes.c_uint64))


class Late(ctypes.Structure):
    """A value that begins with something else."""

    _fields_ = (("tag", ctypes.c_uint64), ("kind", ctypes.c_uint8), ("of", ctypes.c_uint64 * 3))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("wasmtime_component_val", Late, "a value"),
        ("wasm_byte_vec_t", Packed, "a text"),
        ("WASMTIME_COMPONENT_STRING", ctypes.c_uint8(13), "kinds"),
        ("wasmtime_component_valresult", None, "AttributeError"),
        ("dll", ctypes.pythonapi, "AttributeError"),
    ],
)
def test_another_layout_is_seen(monkeypatch: pytest.MonkeyPatch, name: str, value: object, reason: str) -> None:
    """What wasmtime's package declares is compared before anything is called; so is what it has at all."""
    with monkeypatch.context() as patch:
        patch.setattr(_known_answers, "RELEASES", range(50, 51))
        patch.setattr(_ffi, name, value)
        with pytest.raises((_known_answers.Unfit, AttributeError)) as caught:
            _known_answers.find_library("50.0.0")
    assert reason in f"{caught.type.__name__}: {caught.value}"


def test_another_release_is_seen(fresh: Callable[[], Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that was not looked at goes the public way."""
    monkeypatch.setattr(_known_answers, "RELEASES", range(1, 2))
    gives_way(fresh(), "was not looked at")


def test_a_wrong_layout_gives_way(fresh: Callable[[], Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the layout is another one, decisions are made the public way."""
    monkeypatch.setattr(_known_answers, "RELEASES", range(1, 100))
    monkeypatch.setattr(_known_answers, "VALUE", 40)
    gives_way(fresh(), "a value: the layout is")


U32, U64, STRING = Kind.U32, Kind.U64, Kind.STRING
SIGNATURES = {
    "decide": Signature((U32, U64, STRING), U64),
    "answer": Signature((U64,), Kind.OPTION),
    "decide-batch": Signature((STRING, U64, STRING), STRING),
    "memory": Signature((), U64),
    "get": Signature((STRING, U64), Kind.OPTION),
    "set": Signature((STRING, STRING, U64, U64), Kind.ENUM),
    "get-batch": Signature((STRING, U64), Kind.RESULT),
    "delete": Signature((STRING, U64), Kind.BOOL),
    "length": Signature((), U32),
}


@pytest.mark.parametrize("function", SIGNATURES)
def test_a_wrong_answer_is_seen(fresh: Callable[[], Sandbox], monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """One answer that is not the known one, of any function that is tried, and all calls go the public way."""
    right, wrong_one = Library.function, SIGNATURES[function]

    def wrong(self: Library, store: Any, called: Any, signature: Signature) -> Callable[..., Any]:
        prepared = right(self, store, called, signature)
        return (lambda *arguments: [prepared(*arguments)]) if signature == wrong_one else prepared

    monkeypatch.setattr(_known_answers, "RELEASES", range(1, 100))
    monkeypatch.setattr(Library, "function", wrong)
    gives_way(fresh(), "Unfit: an answer is not the one that is known")


def test_a_deadline_that_does_not_hold_is_seen(fresh: Callable[[], Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    """If the direct way could not end a call it is not taken."""
    monkeypatch.setattr(_known_answers, "RELEASES", range(1, 100))
    monkeypatch.setattr(Library, "deadline", lambda *_: lambda _: None)
    gives_way(fresh(), "a deadline did not end a call")


class Lying(str):
    """A text that says to be another one, which is no UTF-8."""

    def encode(self, *_: Any) -> bytes:
        """Lie."""
        return b"\xff\xfe"


class LyingBytes(bytes):
    """Bytes that say to be others."""

    def decode(self, *_: Any) -> str:
        """Lie."""
        return "{}"

    def __bytes__(self) -> bytes:
        return b"{}"


@pytest.mark.usefixtures("crossing")
def test_what_is_no_utf8_never_crosses(opened: Opener) -> None:
    """A text is taken for what it is, not for what it says to be."""
    host = opened()
    assert '{"result":"é"}' == host.decide_json("p/x", Lying('{"x":"é"}'))
    assert "é" == host.decide("p/x", Encoded('{"x":"é"}')).result
    with pytest.raises(InputRefused, match="not UTF-8"):
        host.decide_json("p/x", LyingBytes(b'{"x":"\xff"}'))
    with Cache.open(deadline=10.0) as cache:
        assert CacheOutcome.STORED is cache.set(Lying("k"), Lying("é"))
        assert "é" == cache.get("k")


def test_a_large_batch(opened: Opener) -> None:
    """Many inputs, in several crossings and shards, keep their places both in the cache and out of it."""
    host = opened(bundle(BUSY), shards=2)
    inputs = [{"x": [n, "é"]} for n in range(1000)]
    for cached in (False, True):
        found = host.decide_batch("p/x", inputs)
        assert [[n, "é"] for n in range(1000)] == [decision.result for decision in found]  # type: ignore[union-attr]
        assert {cached} == {decision.cached for decision in found}  # type: ignore[union-attr]


def test_the_bundle_of_known_answers_is_sound() -> None:
    """What the check activates is a bundle like any other."""
    with PolicyHost.open(Bundle.of_files({"p.rego": _known_answers._POLICY}), deadline=10.0) as host:
        assert [1, _known_answers._TEXT] == host.decide("p/x", 1).result

"""Going over to another bundle, and back."""

import asyncio
import gc
import threading
from collections import Counter
from typing import Any

import pytest

from conftest import Opener, bundle
from sark_policy import Bundle, BundleRefused, Closed, Decision, MemoryExhausted, NothingToRollBack, PolicyHost


def revision(number: int) -> Bundle:
    """Make a bundle whose answer is its revision."""
    big = "[numbers.range(1, 100000) | some _ in numbers.range(1, input.n)]"
    return bundle(f'package p\n\nok := 1\n\nrevision := "r{number}"\n\nbig := {big}\n', f"r{number}")


def test_activate_switches(opened: Opener) -> None:
    """After `activate` the new bundle decides, and its description is returned."""
    host = opened(revision(1))
    assert "r2" == host.activate(revision(2)).revision
    decision = host.decide("p/revision", {})
    assert ("r2", "r2") == (decision.result, decision.revision)


def test_rollback_goes_back_and_forth(opened: Opener) -> None:
    """A rollback returns to the previous bundle, a second one to the one left."""
    host = opened(revision(1))
    host.activate(revision(2))
    found = [host.rollback() for _ in range(3)]
    assert ["r1", "r2", "r1"] == found
    assert "r1" == host.decide("p/revision", {}).result


def test_rollback_keeps_the_cache(opened: Opener) -> None:
    """The instances that a rollback returns to were kept, and so was their cache."""
    host = opened(revision(1))
    host.decide("p/ok", {})
    host.activate(revision(2))
    host.rollback()
    assert host.decide("p/ok", {}).cached


def test_nothing_to_roll_back(opened: Opener) -> None:
    """The first bundle has none before it."""
    host = opened(revision(1))
    with pytest.raises(NothingToRollBack):
        host.rollback()
    assert "r1" == host.decide("p/revision", {}).result


def test_a_failed_activation_changes_nothing(opened: Opener) -> None:
    """What is current, what a rollback goes to and the figures stay."""
    host = opened(revision(1))
    host.activate(revision(2))
    before = host.stats()
    with pytest.raises(BundleRefused):
        host.activate(bundle("package p\nx := "))
    assert before == host.stats()
    assert "r2" == host.decide("p/revision", {}).result
    assert "r1" == host.rollback()


def test_an_entrypoint_must_be_in_every_bundle(opened: Opener) -> None:
    """A bundle that lacks a required entry point does not go live."""
    host = opened(revision(1), entrypoints=["p/revision"])
    with pytest.raises(BundleRefused) as caught:
        host.activate(bundle("package p\nok := 2", "r2"))
    assert "unknown_entrypoint" == caught.value.problems[0].code
    assert "r1" == host.decide("p/revision", {}).result


def test_rollback_after_a_trap(opened: Opener) -> None:
    """The previous generation is not touched by a trap of the new one."""
    host = opened(revision(1), memory=32 << 20)
    host.activate(revision(2))
    with pytest.raises(MemoryExhausted):
        host.decide("p/big", {"n": 1_000})
    assert "r1" == host.rollback()
    assert "r1" == host.decide("p/revision", {}).result
    assert "r2" == host.rollback()
    assert "r2" == host.decide("p/revision", {}).result


def test_only_two_generations_are_kept(opened: Opener) -> None:
    """The one before the previous one is closed."""
    host = opened(revision(1))
    first = host._current()
    host.activate(revision(2))
    host.activate(revision(3))
    assert first._shards[0]._instance is None
    assert "r2" == host.rollback()


def test_a_call_that_meets_a_closed_generation_goes_on(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looked a generation up just before it was closed gets an answer by the current one."""
    host = opened(revision(1))
    stale = host._current()
    host.activate(revision(2))
    host.activate(revision(3))
    real, given = host._generations, list[Any]()

    class Once:
        """Gives the stale generation at first."""

        def __getitem__(self, place: int) -> Any:
            if not given:
                given.append(place)
                return stale
            return real[place]

    monkeypatch.setattr(host, "_generations", Once())
    assert "r3" == host.decide("p/revision", {}).result
    monkeypatch.undo()
    assert [0] == given


def test_close_while_a_bundle_is_activated(opened: Opener) -> None:
    """A host closed meanwhile stays closed."""
    host = opened(revision(1))
    sandbox = host._sandbox
    inner = sandbox.instantiate

    def closing(interface: str, memory: int) -> object:
        host.close()
        return inner(interface, memory)

    sandbox.instantiate = closing  # type: ignore[method-assign,assignment]
    try:
        with pytest.raises(Closed):
            host.activate(revision(2))
    finally:
        del sandbox.instantiate
    with pytest.raises(Closed):
        host.decide("p/ok", {})


def test_swaps_under_load_lose_nothing(opened: Opener) -> None:
    """Threads that decide while bundles go live and back get right answers only."""
    host = opened(revision(1), shards=2)
    stop = threading.Event()
    wrong: list[object] = []
    found: Counter[str] = Counter()

    def decide(seed: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            try:
                decision = host.decide("p/revision", {"seed": seed, "turn": turn % 50})
                if decision.result != decision.revision:
                    wrong.append(decision)
                found[decision.revision] += 1
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=decide, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2, 42):
        host.activate(revision(number))
        if number % 5 == 0:
            host.rollback()
    stop.set()
    for thread in threads:
        thread.join()
    assert [] == wrong
    assert found.total() > 100


def test_asyncio_goes_on_while_a_bundle_is_activated(opened: Opener) -> None:
    """Activation on a thread leaves the event loop free to decide."""
    host = opened(revision(1))
    large = bundle(
        'package p\n\nrevision := "r2"\n', "r2", **{"data.json": str({"n": list(range(300_000))}).replace("'", '"')}
    )

    async def main() -> tuple[int, list[str]]:
        activation = asyncio.create_task(asyncio.to_thread(host.activate, large))
        decided: list[Decision] = []
        while not activation.done():
            decided.append(host.decide("p/revision", {"n": len(decided)}))
            await asyncio.sleep(0)
        await activation
        decided.append(host.decide("p/revision", {}))
        return len(decided), [decision.result for decision in decided]

    count, results = asyncio.run(main())
    assert count > 2
    assert {"r1", "r2"} == set(results)
    assert sorted(results) == results


@pytest.mark.slow
def test_1000_activations_do_not_leak(opened: Opener) -> None:
    """Memory stays where it was after the first few."""
    host = opened(revision(0))

    def resident() -> int:
        gc.collect()
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    figures = []
    for number in range(1, 1001):
        host.activate(revision(number))
        assert f"r{number}" == host.decide("p/revision", {}).result
        if number % 100 == 0:
            figures.append(resident() >> 10)
    print("resident KiB every 100 activations:", figures)
    assert figures[-1] - figures[0] < 16 << 10
    assert 1001 == host.stats().activations


def test_hosts_that_are_dropped_are_freed() -> None:
    """A host that nobody closes gives its memory back all the same."""
    import weakref

    host = PolicyHost.open(bundle())
    shard = weakref.ref(host._current()._shards[0])
    del host
    gc.collect()
    assert shard() is None

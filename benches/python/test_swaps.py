"""The tail of decisions while bundles are swapped beside them, and without that."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from cases import Case, example, question
from recording import Record
from sark_policy import Bundle, PolicyHost

SWAPS = 50
TURNS = 5
"""Swapping and steady times take turns, so that a slow moment of the machine touches both."""
PAUSE = 0.05
"""Seconds between two swaps: far more often than anybody publishes bundles."""
QUESTIONS = 32
"""How many are asked in turn. A new bundle's cache is empty: they are few enough that evaluating each of them once is
rarer than one decision in a hundred. It is the swap that is measured, not the cache."""


def decide_while(host: PolicyHost, case: Case, work: Callable[[], object]) -> list[float]:
    """Decide questions in turn while a thread works, and return what each decision took, in seconds."""
    asked = [question(number) for number in range(QUESTIONS)]
    times: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while not working.done():
            for each in asked:
                began = time.perf_counter()
                decision = host.decide(case.entrypoint, each)
                times.append(time.perf_counter() - began)
                assert decision.result == case.answer
        working.result()
    return times


@pytest.mark.parametrize("entries", [pytest.param(10_000, id="hit"), pytest.param(0, id="miss")])
def test_swaps(record: Record, entries: int) -> None:
    """swaps/py-*: while 50 bundles are activated, one every 50 ms, beside as long without."""
    case = example()
    bundles = [Bundle.of_files({**case.files, ".manifest": f'{{"revision": "r{n}"}}'}) for n in range(SWAPS)]
    steady: list[float] = []
    during: list[float] = []
    with case.open(cache_entries=entries) as host:

        def swap(some: list[Bundle]) -> None:
            for bundle in some:
                host.activate(bundle)
                time.sleep(PAUSE)

        for turn in range(TURNS):
            steady += decide_while(host, case, lambda: time.sleep(PAUSE * SWAPS / TURNS))
            during += decide_while(host, case, partial(swap, bundles[turn::TURNS]))
        assert host.describe().revision == f"r{SWAPS - 1}"
        assert host.stats().activations == SWAPS + 1
    record.times(steady, case=f"{record.case}-steady")
    record.times(during, case=f"{record.case}-during")

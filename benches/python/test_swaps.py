"""The tail of decisions while bundles are swapped beside them, and without that."""

import threading
import time

import pytest

from cases import Case, example, question
from recording import Record
from sark_policy import Bundle, PolicyHost

SWAPS = 50
PAUSE = 0.02
"""Seconds between two swaps: far more often than anybody publishes bundles."""


def decide_until(host: PolicyHost, case: Case, done: threading.Event) -> list[float]:
    """Decide a hundred questions in turn until `done`, and return what each decision took, in seconds."""
    asked = [question(number) for number in range(100)]
    times: list[float] = []
    while not done.is_set():
        for each in asked:
            began = time.perf_counter()
            decision = host.decide(case.entrypoint, each)
            times.append(time.perf_counter() - began)
            assert decision.result == case.answer
    return times


@pytest.mark.parametrize("entries", [pytest.param(10_000, id="hit"), pytest.param(0, id="miss")])
def test_swaps(record: Record, entries: int) -> None:
    """swaps/py-*: p99 while 50 bundles are activated, one every 20 ms, beside a steady run as long."""
    case = example()
    bundles = [Bundle.of_files({**case.files, ".manifest": f'{{"revision": "r{n}"}}'}) for n in range(SWAPS)]
    with case.open(cache_entries=entries) as host:
        for name, work in (("steady", None), ("during", host.activate)):
            done = threading.Event()

            def swap(work: object = work, done: threading.Event = done) -> None:
                try:
                    for bundle in bundles:
                        if callable(work):
                            work(bundle)
                        time.sleep(PAUSE)
                finally:
                    done.set()

            swapping = threading.Thread(target=swap)
            swapping.start()
            times = decide_until(host, case, done)
            swapping.join()
            record.times(times, case=f"{record.case}-{name}")
        assert host.describe().revision == f"r{SWAPS - 1}"
        assert host.stats().activations == SWAPS + 1

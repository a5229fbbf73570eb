"""Batches of several sizes, and what a decision costs on average when a share of them is in the cache."""

import itertools
import random

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cases import example, question

SIZES = [1, 10, 100, 1_000]
SHARES = [0, 50, 90, 100]
ASKED = 100


@pytest.mark.benchmark(group="batch")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["hit", "miss"])
def test_batch(benchmark: BenchmarkFixture, kind: str, size: int) -> None:
    """batch/py-*: so many different questions at once, from the cache or evaluated, each."""
    benchmark.extra_info["items"] = size
    case = example()
    asked = [question(number) for number in range(size)]
    with case.open(cache_entries=10_000 if kind == "hit" else 0) as host:
        host.decide_batch(case.entrypoint, asked)
        decisions = benchmark(host.decide_batch, case.entrypoint, asked)
    assert [(case.answer, kind == "hit")] * size == [(decision.result, decision.cached) for decision in decisions]


@pytest.mark.benchmark(group="hits")
@pytest.mark.parametrize("share", SHARES)
def test_hit_share(benchmark: BenchmarkFixture, share: int) -> None:
    """hits/py-*: a hundred decisions one by one, of which so many per cent are cached, each."""
    benchmark.extra_info["items"] = ASKED
    case = example()
    known = [question(number) for number in range(share)]
    fresh = itertools.count(ASKED)
    mixed = random.Random(share)

    def next_questions() -> tuple[tuple[object, ...], dict[str, object]]:
        # Made outside of what is measured.
        asked = [*known, *(question(next(fresh)) for _ in range(ASKED - share))]
        mixed.shuffle(asked)
        return (asked,), {}

    with case.open() as host:

        def decide(asked: list[object]) -> int:
            return sum(host.decide(case.entrypoint, each).cached for each in asked)

        for each in known:
            host.decide(case.entrypoint, each)
        cached = benchmark.pedantic(decide, setup=next_questions, rounds=100, warmup_rounds=2)
    assert share == cached

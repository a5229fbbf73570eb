"""How calls of asyncio clients are measured: each await by itself, on one loop that goes on running."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from recording import Record

TOGETHER = 50
"""How many calls one entry into the loop makes: entering it costs as much as a fast call, and is not the peer's."""


def await_each(
    runner: asyncio.Runner, benchmark: BenchmarkFixture, record: Record, call: Callable[[], Awaitable[Any]]
) -> Any:
    """Measure single awaits of `call`, one after another, and return its last answer."""
    times: list[float] = []

    async def some() -> Any:
        answer = None
        for _ in range(TOGETHER):
            began = time.perf_counter()
            answer = await call()
            times.append(time.perf_counter() - began)
        return answer

    runner.run(some())
    times.clear()
    benchmark.extra_info["items"] = TOGETHER
    answer = benchmark(lambda: runner.run(some()))
    record.times(times)
    return answer

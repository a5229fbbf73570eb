"""Hands what was measured on to the report.

A benchmark's name, `area/case`, stands in its docstring, before the first colon. A `*` in it stands for the test's
parameters; of several names, separated by commas, the one that ends with them counts.

`$MEASURED` names a file; each case becomes a line of JSON there, as `report.measurement` reads it. Without it nothing
is written. A test that fails hands nothing on: a wrong answer has no time.
"""

import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from report.measurement import Measurement, quantile

MICROSECONDS = 1e6

_RECORDS = pytest.StashKey["Record"]()


class Record:
    """What a test measured by itself, beside or instead of its benchmark."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.measured: list[Measurement] = []

    def value(self, value: float, unit: str, *, case: str = "") -> None:
        """Keep one number."""
        self.measured.append(Measurement(case or self.case, value, unit))

    def times(self, seconds: Sequence[float], *, case: str = "") -> None:
        """Keep the median and the tail of single calls' times, in seconds each."""
        self.measured.append(_of(case or self.case, seconds, items=1))


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Record:
    """Where a test puts what no benchmark measures. It is handed on if the test passes."""
    kept = Record(name_of(request.node))
    request.node.stash[_RECORDS] = kept
    return kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write what a test that has passed measured."""
    report = yield
    if report.when == "call" and report.passed and isinstance(item, pytest.Function):
        try:
            _write(_measured_by(item))
        except ValueError as error:
            report.outcome, report.longrepr = "failed", str(error)
    return report


def _measured_by(test: pytest.Function) -> list[Measurement]:
    """Return what a test recorded, or else its benchmark."""
    record = test.stash.get(_RECORDS, None)
    if record is not None and record.measured:
        return record.measured
    benchmark: Any = test.funcargs.get("benchmark")
    if benchmark is None or benchmark.stats is None:
        return []
    return [_of_benchmark(name_of(test), benchmark.extra_info, benchmark.stats.stats.data)]


def name_of(test: pytest.Function) -> str:
    """Return the `area/case` that a test's docstring names.

    Raises:
        ValueError: It names none, or several.
    """
    names, colon, _ = (test.function.__doc__ or "").partition(":")
    parameters = test.callspec.id if hasattr(test, "callspec") else ""
    named = [name.strip().replace("*", parameters) for name in names.split(",")]
    fitting = [name for name in named if name.endswith(f"/{parameters}")] if len(named) > 1 else named
    if not colon or len(fitting) != 1 or "/" not in fitting[0] or " " in fitting[0]:
        raise ValueError(f"the docstring of `{test.nodeid}` does not begin with its name, as in `area/case: …`")
    return fitting[0]


def _of_benchmark(case: str, extra: dict[str, Any], seconds: Sequence[float]) -> Measurement:
    """Read a benchmark. `extra_info["items"]` says how many each call did, `extra_info["unit"]` may ask for a rate."""
    items = int(extra.get("items", 1))
    if extra.get("unit") == "req/s":
        return Measurement(case, items / quantile(seconds, 0.5), "req/s")
    return _of(case, seconds, items)


def _of(case: str, seconds: Sequence[float], items: int) -> Measurement:
    middle, p95, p99 = (quantile(seconds, share) / items * MICROSECONDS for share in (0.5, 0.95, 0.99))
    return Measurement(case, middle, "us", p95=p95, p99=p99)


def _write(measured: Sequence[Measurement]) -> None:
    file = os.environ.get("MEASURED")
    if file and measured:
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.writelines(f"{each.to_json()}\n" for each in measured)

"""Threads and processes: how many decisions in a second, each kind by one and by two."""

import pytest

from processes import answers_of_all
from recording import Record

SECONDS = 0.7


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ["hit", "miss"])
def test_threads(record: Record, kind: str, threads: int) -> None:
    """threads/py-*: by threads of one process, a shard each."""
    (said,) = answers_of_all(1, "rate", kind, str(SECONDS), str(threads))
    assert said["right"]
    record.value(said["rate"], "req/s", case=f"threads/py-{kind}-{threads}")


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("kind", ["hit", "miss"])
def test_processes(record: Record, kind: str, processes: int) -> None:
    """processes/py-*: by processes with one thread each."""
    said = answers_of_all(processes, "rate", kind, str(SECONDS), "1")
    assert all(each["right"] for each in said)
    record.value(sum(each["rate"] for each in said), "req/s", case=f"processes/py-{kind}-{processes}")

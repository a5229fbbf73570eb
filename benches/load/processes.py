"""What processes take: memory and file descriptors, as the system counts them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
MIB = 1 << 20


def family(pid: int) -> list[int]:
    """Return a process and all that it has started, the first one first."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for task in (PROC / str(each) / "task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def serving(pid: int) -> list[int]:
    """Return a gateway's workers: those of its processes that hold the most memory, its helpers left out."""
    return [each for each in family(pid)[1:] if b"spawn_main" in _command(each)]


def _command(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def rss(pid: int) -> int:
    """Return what a process has in memory, in bytes: what it shares with others is counted in each."""
    return _kilobytes(pid, "status", "VmRSS:")


def pss(pids: Iterable[int]) -> int:
    """Return what processes have in memory together, in bytes: what several share is divided among them."""
    return sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids)


def seconds(pids: Iterable[int]) -> float:
    """Return how much of a processor's time processes have had, their own and the system's for them."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = (PROC / str(pid) / "stat").read_text("ascii").rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def descriptors(pid: int) -> int:
    """Return how many file descriptors a process has open."""
    try:
        return len(os.listdir(PROC / str(pid) / "fd"))
    except OSError:
        return 0


def _kilobytes(pid: int, file: str, name: str) -> int:
    return next((int(line.split()[1]) << 10 for line in _lines(pid, file) if line.startswith(name)), 0)


def _lines(pid: int, file: str) -> Iterator[str]:
    try:
        yield from (PROC / str(pid) / file).read_text("ascii").splitlines()
    except OSError:
        return

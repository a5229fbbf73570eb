"""The measuring programs, and how a round of them runs.

Each runs alone, its figures go to `target/report/ROUND/PROGRAM.jsonl`, what it prints to `PROGRAM.log` beside them.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Ending(Enum):
    """How a program ended."""

    MEASURED = "measured"
    SILENT = "said nothing"
    FAILED = "failed"
    TOO_LONG = "took too long"
    ABSENT = "not there"


@dataclass(frozen=True, slots=True)
class Program:
    """Something that measures, and appends to `$MEASURED`."""

    name: str
    command: tuple[str, ...]
    quick: tuple[str, ...] = ()
    """What is added for a short run."""
    whole: tuple[str, ...] = ()
    """What is added for a whole one."""
    once: bool = False
    """Whether it is run once, since it has rounds of its own."""
    needs: Path | None = None
    """A file without which it is left out."""

    def is_there(self) -> bool:
        """Whether it can run here."""
        return shutil.which(self.command[0]) is not None and (self.needs is None or self.needs.exists())


@dataclass(frozen=True, slots=True)
class Run:
    """A program that has run."""

    program: str
    round: int
    ending: Ending
    seconds: float
    commit: str = ""
    """What was measured."""


_PYTEST = (sys.executable, "-m", "pytest", "-q", "-rs", "-c", "python-host/pyproject.toml", "benches/python")
_CARGO = ("cargo", "bench", "--bench", "decide", "--bench", "evaluate", "--")
_LOAD = ROOT / "benches/load/run.py"

PROGRAMS = (
    Program("rust", _CARGO, quick=("--warm-up-time", "0.3", "--measurement-time", "0.8")),
    Program("python", _PYTEST, quick=("--benchmark-max-time=0.15",)),
    Program(
        "load", (sys.executable, str(_LOAD)), quick=("--quick",), whole=("--minutes", "30"), once=True, needs=_LOAD
    ),
)

PATIENCE = {True: 420.0, False: 3 * 3600.0}
"""How long a program may take, in seconds: a quick run, a whole one."""


def run(
    folder: Path, rounds: int, quick: bool, only: Sequence[str] = (), told: Callable[[str], object] = print
) -> list[Run]:
    """Run every program, round by round, and return how each ended. What `folder` held of them before is replaced."""
    runs: list[Run] = []
    chosen = [program for program in PROGRAMS if not only or program.name in only]
    for file in _old(folder, chosen):
        file.unlink()
    for number in range(1, rounds + 1):
        for program in chosen:
            if program.once and number > 1:
                continue
            of = "" if program.once else f" round {number} of {rounds}"
            if not program.is_there():
                told(f"{program.name}{of}: {Ending.ABSENT.value}, left out")
                runs.append(Run(program.name, number, Ending.ABSENT, 0))
                continue
            told(f"{program.name}{of} …")
            ended = _run(program, folder / str(number), number, quick)
            told(f"{program.name}{of}: {ended.ending.value} in {ended.seconds:.0f} s")
            if ended.ending is not Ending.MEASURED:
                told(_tail(folder / str(number) / f"{program.name}.log"))
            runs.append(ended)
    return runs


def _run(program: Program, folder: Path, number: int, quick: bool) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    command = [*program.command, *(program.quick if quick else program.whole)]
    environment = {**os.environ, "MEASURED": str(folder / f"{program.name}.jsonl")}
    began = time.monotonic()
    with (folder / f"{program.name}.log").open("wb") as log:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE[quick],
                check=False,
            )
            said = Ending.MEASURED if Path(environment["MEASURED"]).exists() else Ending.SILENT
            ending = said if done.returncode == 0 else Ending.FAILED
        except subprocess.TimeoutExpired:
            ending = Ending.TOO_LONG
    return Run(program.name, number, ending, time.monotonic() - began)


def _old(folder: Path, programs: Iterable[Program]) -> list[Path]:
    return [file for program in programs for file in folder.glob(f"*/{program.name}.*")]


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(f"    {line}" for line in log.read_text("utf-8", "replace").splitlines()[-lines:])

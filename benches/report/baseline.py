"""What moved since a stored run. Ratios are compared, never times: those belong to a machine and an hour."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from report.figures import Summary
from report.verdict import Watched

LEAST = 0.1
"""What never counts as a move: two runs on a shared machine differ by this much in any case."""


class Move(Enum):
    """Where a ratio went."""

    SAME = "within noise"
    BETTER = "better"
    WORSE = "worse"
    NEW = "new"
    GONE = "not measured"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ratio then and now."""

    name: str
    move: Move
    before: float | None
    now: float | None
    noise: float
    """How far apart the two may be, as a part of `before`."""

    def __str__(self) -> str:
        if self.before is None or self.now is None:
            return f"{self.move.value:<12} {self.name}"
        moved = (self.now / self.before - 1) * 100
        ratios = f"{self.before:.3g} → {self.now:.3g}"
        return f"{self.move.value:<12} {self.name}: {ratios} ({moved:+.0f} %, noise ±{self.noise * 100:.0f} %)"


def write(file: Path, watched: Iterable[Watched], **about: object) -> None:
    """Store a run's ratios."""
    ratios = {each.name: {"ratio": each.ratio.median, "spread": each.ratio.spread} for each in watched}
    file.write_text(json.dumps({**about, "ratios": ratios}, indent=2, ensure_ascii=False) + "\n", "utf-8")


def read(file: Path) -> dict[str, Summary]:
    """Read what was stored."""
    ratios = json.loads(file.read_text("utf-8"))["ratios"]
    return {name: Summary(each["ratio"], each["spread"], 0) for name, each in ratios.items()}


def compare(stored: Mapping[str, Summary], watched: Iterable[Watched]) -> list[Comparison]:
    """Compare each ratio. One moved if it went further than either run's rounds lay apart."""
    found: list[Comparison] = []
    now = {each.name: each for each in watched}
    for name, each in now.items():
        before = stored.get(name)
        noise = max(LEAST, each.ratio.spread, before.spread if before else 0)
        move = Move.NEW if before is None or not before.median else _move(before.median, each, noise)
        found.append(Comparison(name, move, before.median if before else None, each.ratio.median, noise))
    gone = (name for name in stored if name not in now)
    found.extend(Comparison(name, Move.GONE, stored[name].median, None, 0) for name in gone)
    return found


def _move(before: float, now: Watched, noise: float) -> Move:
    moved = now.ratio.median / before - 1
    if abs(moved) <= noise:
        return Move.SAME
    return Move.BETTER if (moved > 0) == now.more_is_better else Move.WORSE

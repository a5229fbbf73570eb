"""What all rounds measured, by case: medians, spreads, and how two cases stand to each other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from report.measurement import Measurement, lines_of

Part = Literal["value", "p95", "p99"]
"""What of a measurement counts: its median, or its tail."""

BASE: Mapping[str, float] = {"us": 1, "ms": 1e3, "s": 1e6}
"""Times in microseconds: a ratio has no unit."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A number of each round: the middle one, and (max - min) / median."""

    median: float
    spread: float
    rounds: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Summary | None":
        """Summarise; `None` if there are no values."""
        kept = list(values)
        if not kept:
            return None
        middle = median(kept)
        return cls(middle, (max(kept) - min(kept)) / abs(middle) if middle else 0.0, len(kept))


@dataclass(slots=True)
class Figure:
    """One case, by round."""

    case: str
    unit: str
    program: str
    """Which program measured it: where its floor is."""
    rounds: dict[int, list[Measurement]] = field(default_factory=dict)

    def by_round(self, part: Part = "value") -> dict[int, float]:
        """Return a number of each round: the median, where a round measured the case several times."""
        found: dict[int, float] = {}
        for number, measured in self.rounds.items():
            values = [value for each in measured if (value := getattr(each, part)) is not None]
            if values:
                found[number] = median(values)
        return found

    def summary(self, part: Part = "value") -> Summary | None:
        """Return the median over rounds, in this figure's unit."""
        return Summary.of(self.by_round(part).values())


class Figures:
    """All cases of a run."""

    def __init__(self) -> None:
        self._by_case: dict[str, Figure] = {}
        self.problems: list[str] = []
        """What could not be read, or did not fit. A report says so, and has the rest."""

    @classmethod
    def read(cls, folder: Path) -> "Figures":
        """Read `folder/ROUND/PROGRAM.jsonl`."""
        figures = cls()
        for file in sorted(folder.glob("*/*.jsonl")):
            for line in lines_of(file):
                try:
                    figures.add(Measurement.from_json(line), int(file.parent.name), file.stem)
                except ValueError as error:
                    figures.problems.append(f"`{file.parent.name}/{file.name}`: {error}")
        return figures

    def add(self, measured: Measurement, number: int, program: str = "") -> None:
        """Add what a round measured. A measurement that names its round knows better.

        Raises:
            ValueError: The case was measured in another unit, or by another program.
        """
        figure = self._by_case.setdefault(measured.case, Figure(measured.case, measured.unit, program))
        if (figure.unit, figure.program) != (measured.unit, program):
            said = f"`{measured.case}` is measured by `{figure.program}` in {figure.unit}"
            raise ValueError(f"{said}, and by `{program}` in {measured.unit}: give one of them another name")
        figure.rounds.setdefault(number if measured.round is None else measured.round, []).append(measured)

    def get(self, case: str) -> Figure | None:
        """Return a case; `None` if it was not measured."""
        return self._by_case.get(case)

    def ratio(self, case: str, against: str, part: Part = "value") -> Summary | None:
        """Return how often `against` goes into `case`: the median of the rounds' ratios. `None` if one is missing.

        Round by round, since a slow moment of the machine then touches both. Where the two share no round, it is the
        medians' ratio, and the spread is both spreads together.
        """
        one, other = self._by_case.get(case), self._by_case.get(against)
        if one is None or other is None or (one.unit in BASE) != (other.unit in BASE):
            return None
        if one.unit not in BASE and one.unit != other.unit:
            return None
        scale = BASE.get(one.unit, 1) / BASE.get(other.unit, 1)
        ours, theirs = one.by_round(part), other.by_round(part)
        shared = [number for number in ours if theirs.get(number)]
        if shared:
            return Summary.of(ours[number] * scale / theirs[number] for number in shared)
        first, second = one.summary(part), other.summary(part)
        if first is None or second is None or not second.median:
            return None
        return Summary(
            first.median * scale / second.median, first.spread + second.spread, min(first.rounds, second.rounds)
        )

    def areas(self) -> dict[str, list[Figure]]:
        """Return the cases by the first part of their name, both in order."""
        areas: dict[str, list[Figure]] = {}
        for case in sorted(self._by_case):
            areas.setdefault(case.partition("/")[0], []).append(self._by_case[case])
        return areas

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._by_case.values())

    def __len__(self) -> int:
        return len(self._by_case)

"""Whether the goals hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from report.figures import BASE, Figures, Summary
from report.goals import FLOORS, GOALS, PEERS, Goal


class Outcome(Enum):
    """What became of a goal."""

    HOLDS = "holds"
    MISSED = "missed"
    UNMEASURED = "not measured"
    NOT_APPLICABLE = "does not apply"


@dataclass(frozen=True, slots=True)
class Line:
    """A goal, and what was measured of it."""

    goal: Goal
    outcome: Outcome
    value: Summary | None
    unit: str
    ratio: Summary | None

    @property
    def holds(self) -> bool | None:
        """Whether it holds; `None` where that cannot be said."""
        return {Outcome.HOLDS: True, Outcome.MISSED: False}.get(self.outcome)

    @property
    def spread(self) -> float | None:
        """How far the rounds differ in what the goal is about, as a part of the median."""
        about = self.ratio or self.value
        return about.spread if about else None

    @property
    def off_by(self) -> float | None:
        """How many times better than its bound it is, below 1 worse: by the bound that it comes closest to."""
        return max((margin for margin in _margins(self.goal, self.value, self.unit, self.ratio)), default=None)

    def to_json(self) -> dict[str, Any]:
        """Return what `report.json` says."""
        return {
            "name": self.goal.name,
            "case": self.goal.case,
            "part": self.goal.part,
            "value": self.value.median if self.value else None,
            "unit": self.unit,
            "against": self.goal.against,
            "ratio": self.ratio.median if self.ratio else None,
            "goal": self.goal.bounds,
            "holds": self.holds,
            "outcome": self.outcome.value,
            "spread": self.spread,
        }


def judge(figures: Figures, goals: Iterable[Goal] = GOALS) -> list[Line]:
    """Judge every goal. One whose cases were not measured says so, and is neither held nor missed."""
    return [_judge(figures, goal) for goal in goals]


def _judge(figures: Figures, goal: Goal) -> Line:
    figure = figures.get(goal.case)
    value = figure.summary(goal.part) if figure else None
    unit = figure.unit if figure else goal.unit
    ratio = None
    if goal.against is not None:
        pair = (goal.against, goal.case) if goal.times else (goal.case, goal.against)
        ratio = figures.ratio(*pair, goal.part)
    return Line(goal, _outcome(figures, goal, value, unit, ratio), value, unit, ratio)


def _outcome(figures: Figures, goal: Goal, value: Summary | None, unit: str, ratio: Summary | None) -> Outcome:
    if goal.applies is not None:
        where, least = goal.applies
        figure = figures.get(where)
        reached = figure.summary() if figure else None
        if reached is None:
            return Outcome.UNMEASURED
        if reached.median < least:
            return Outcome.NOT_APPLICABLE
    margins = _margins(goal, value, unit, ratio)
    if any(margin >= 1 for margin in margins):
        return Outcome.HOLDS
    # One bound is enough, so only where all of them were measured it is missed.
    bounds = [goal.at_most, goal.at_least, goal.value_at_most, goal.value_at_least]
    demanded = sum(bound is not None for bound in bounds)
    return Outcome.MISSED if margins and len(margins) == demanded else Outcome.UNMEASURED


def _margins(goal: Goal, value: Summary | None, unit: str, ratio: Summary | None) -> list[float]:
    """Return how many times better than each measured bound it is."""
    margins: list[float] = []
    if ratio is not None:
        margins += _margin(ratio.median, goal.at_most, goal.at_least)
    if value is not None and (unit == goal.unit or (unit in BASE and goal.unit in BASE)):
        in_unit = value.median * BASE.get(unit, 1) / BASE.get(goal.unit, 1)
        margins += _margin(in_unit, goal.value_at_most, goal.value_at_least)
    return margins


def _margin(found: float, at_most: float | None, at_least: float | None) -> list[float]:
    margins: list[float] = []
    if at_most is not None:
        margins.append(at_most / found if found > 0 else float("inf"))
    if at_least is not None:
        margins.append(found / at_least)
    return margins


@dataclass(frozen=True, slots=True)
class Watched:
    """A ratio that is compared with a stored one."""

    name: str
    ratio: Summary
    more_is_better: bool


def watch(figures: Figures, lines: Iterable[Line]) -> list[Watched]:
    """Return the ratios that are worth watching: the goals', and our times as multiples of their run's floor."""
    found = [Watched(line.goal.name, line.ratio, line.goal.more_is_better) for line in lines if line.ratio]
    for figure in sorted(figures, key=lambda each: each.case):
        floor = FLOORS.get(figure.program)
        others = PEERS.intersection(figure.case.replace("/", "-").split("-")[1:])
        if floor is None or figure.unit not in BASE or figure.case == floor or others:
            continue
        ratio = figures.ratio(figure.case, floor)
        if ratio is not None:
            found.append(Watched(f"{figure.case} / {floor}", ratio, False))
    return found

"""A recommendation on the rollout, with its grounds: what was measured, and what an operator would do with it.

It decides nothing. The figures are of all workers since they started, those of the shadow since it was last
cleared. Rules, the first that holds: while the kill switch is on, wait; where the in-process path
fails more than OPA, or the shadow found a decision that differs, go back; where it is slower, hold; where there
is too little to judge by, wait; else go on to the next of `STEPS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sark_policy.sark.flags.state import FlagState
from sark_policy.sark.paths.difference import Kind

STEPS = (5, 25, 50, 100)
"""The percentages of a rollout, one after the other."""

ENOUGH = 1_000
"""Answers of the in-process path that a judgement needs."""

TOLERATED = 0.001
"""By how much its error rate may be above OPA's."""

FEW = 20
"""Errors below this number are no rate."""

GRAVE = {
    Kind.ALLOWED_DENIED.value: "allowed in-process and denied by OPA",
    Kind.DENIED_ALLOWED.value: "denied in-process and allowed by OPA",
    Kind.FILTERED_PARAMETERS.value: "with other parameters",
}
"""Differences that matter to a caller, in words."""


class Advice(StrEnum):
    """What to do."""

    WAIT = "wait"
    """Too little is known."""
    RAISE = "raise"
    """Go on to the next percentage."""
    HOLD = "hold"
    """Stay, and find out."""
    ROLL_BACK = "roll_back"
    """Go back to OPA."""
    STAY = "stay"
    """Everybody is there, and all is well."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do, and why."""

    advice: Advice
    """What."""
    percentage: int
    """The percentage of `rust_opa` that this comes to."""
    grounds: tuple[str, ...]
    """Why, each a sentence with the figures that it rests on."""

    def __str__(self) -> str:
        return f"{_IN_WORDS[self.advice].format(self.percentage)}: {'; '.join(self.grounds)}"


_IN_WORDS = {
    Advice.WAIT: "wait at {} %",
    Advice.RAISE: "raise to {} %",
    Advice.HOLD: "hold at {} %",
    Advice.ROLL_BACK: "roll back to {} %",
    Advice.STAY: "stay at {} %",
}


def recommend(
    figures: Mapping[str, Mapping[str, Any]], flags: FlagState, compared: int, differences: Mapping[str, int]
) -> Recommendation:
    """Recommend what to do with `rust_opa`.

    Args:
        figures: As `metrics.comparison` returns them.
        flags: What is in force.
        compared: Questions that the shadow compared.
        differences: What it found, by kind.
    """
    now = flags.rollout["rust_opa"]
    ours, theirs = figures["rust_opa"], figures["python_opa"]
    if flags.killed:
        return Recommendation(Advice.WAIT, now, ("the kill switch is on, so nobody is decided in-process",))
    against = _errors(ours, theirs) + _grave(compared, differences)
    if against:
        return Recommendation(Advice.ROLL_BACK if now else Advice.HOLD, 0, tuple(against))
    slow = _slow(ours, theirs)
    if slow:
        return Recommendation(Advice.HOLD, now, tuple(slow))
    if ours["count"] < ENOUGH:
        few = f"the in-process path has answered {ours['count']:,} questions, and {ENOUGH:,} are enough to judge by"
        if now == 0:
            few += "; shadow mode compares both paths before anybody is moved"
        return Recommendation(Advice.WAIT, now, (few,))
    grounds = (_rates(ours, theirs), *_speeds(ours, theirs), _shadow(compared))
    following = next((step for step in STEPS if step > now), None)
    if following is None:
        return Recommendation(Advice.STAY, now, grounds)
    return Recommendation(Advice.RAISE, following, grounds)


def _errors(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    if ours["errors"] < FEW or ours["error_rate"] <= theirs["error_rate"] + TOLERATED:
        return []
    return [f"it fails more often: {_rates(ours, theirs)}"]


def _rates(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    said = f"{_share(ours['error_rate'])} of {ours['count'] + ours['errors']:,} questions failed in-process"
    asked = theirs["count"] + theirs["errors"]
    return f"{said}, {_share(theirs['error_rate'])} of {asked:,} over HTTP" if asked else said


def _grave(compared: int, differences: Mapping[str, int]) -> list[str]:
    found = [f"{differences[kind]:,} {words}" for kind, words in GRAVE.items() if differences.get(kind)]
    if not found:
        return []
    return [f"the shadow compared {compared:,} questions and found decisions that differ, {', '.join(found)}"]


def _slow(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    mine, yours = ours["p95_seconds"], theirs["p95_seconds"]
    if mine is None or yours is None or min(ours["count"], theirs["count"]) < FEW or mine <= yours:
        return []
    return [f"it is slower: {each}" for each in _speeds(ours, theirs)]


def _speeds(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    mine, yours = ours["p95_seconds"], theirs["p95_seconds"]
    if mine is None:
        return []
    said = f"95 % were answered within {mine * 1e3:.3g} ms in-process"
    return [said if yours is None else f"{said}, within {yours * 1e3:.3g} ms over HTTP"]


def _shadow(compared: int) -> str:
    return f"the shadow compared {compared:,} questions and no decision differed" if compared else "the shadow is off"


def _share(rate: float) -> str:
    return f"{rate * 100:.2f} %"

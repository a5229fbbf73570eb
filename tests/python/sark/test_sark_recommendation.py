"""The recommendation: by what was measured, with the figures as its grounds."""

from dataclasses import replace
from typing import Any

import pytest

from sark_policy.sark.admin.recommendation import ENOUGH, FEW, Advice, recommend
from sark_policy.sark.flags.state import FlagState

NONE: dict[str, Any] = {"count": 0, "errors": 0, "error_rate": 0.0, "p95_seconds": None}


def figures(count: int = 5_000, errors: int = 0, p95: float | None = 0.0001) -> dict[str, Any]:
    """Figures of a path."""
    return {"count": count, "errors": errors, "error_rate": errors / (count + errors), "p95_seconds": p95}


def advise(
    ours: dict[str, Any],
    theirs: dict[str, Any],
    percentage: int = 25,
    compared: int = 0,
    killed: bool = False,
    differences: dict[str, int] | None = None,
) -> tuple[Advice, int, str]:
    """Recommend, and return what, how much, and why."""
    flags = replace(FlagState.initial({"rust_opa": percentage}), killed=killed)
    recommendation = recommend({"rust_opa": ours, "python_opa": theirs}, flags, compared, differences or {})
    return recommendation.advice, recommendation.percentage, str(recommendation)


@pytest.mark.parametrize(("now", "expected"), [(0, 5), (5, 25), (10, 25), (25, 50), (50, 100), (99, 100)])
def test_where_all_is_well_it_goes_on_to_the_next_step(now: int, expected: int) -> None:
    """5, 25, 50, 100."""
    advice, percentage, why = advise(figures(), figures(p95=0.002), now)
    assert (Advice.RAISE, expected) == (advice, percentage)
    assert "95 % were answered within 0.1 ms in-process, within 2 ms over HTTP" in why


def test_at_a_hundred_percent_it_stays() -> None:
    """There is nowhere to go."""
    assert (Advice.STAY, 100) == advise(figures(), figures(p95=0.002), 100)[:2]


@pytest.mark.parametrize(("count", "expected"), [(ENOUGH - 1, Advice.WAIT), (ENOUGH, Advice.RAISE)])
def test_it_waits_until_enough_is_known(count: int, expected: Advice) -> None:
    """A judgement needs a number of answers."""
    assert expected == advise(figures(count), figures(p95=0.002))[0]


def test_before_the_first_user_it_points_to_the_shadow() -> None:
    """Nobody was decided in-process yet, and both paths can be compared without moving anybody."""
    advice, percentage, why = advise(NONE, figures(), 0)
    assert (Advice.WAIT, 0) == (advice, percentage)
    assert "shadow mode" in why


@pytest.mark.parametrize(("errors", "expected"), [(FEW - 1, Advice.RAISE), (FEW, Advice.ROLL_BACK)])
def test_more_errors_than_opa_send_it_back(errors: int, expected: Advice) -> None:
    """A few errors are no rate; more of them are."""
    assert expected == advise(figures(errors=errors), figures(p95=0.002))[0]


def test_as_many_errors_as_opa_are_no_ground_against_it() -> None:
    """A policy that fails for some inputs fails on both paths."""
    assert Advice.RAISE == advise(figures(errors=100), figures(errors=100, p95=0.002))[0]


@pytest.mark.parametrize("kind", ["allowed_denied", "denied_allowed", "filtered_parameters"])
def test_one_decision_that_differs_sends_it_back(kind: str) -> None:
    """No figure outweighs a wrong decision; nor does it before the first user."""
    assert (Advice.ROLL_BACK, 0) == advise(figures(), figures(p95=0.002), compared=9_000, differences={kind: 1})[:2]
    assert (Advice.HOLD, 0) == advise(NONE, figures(), 0, compared=9_000, differences={kind: 1})[:2]


def test_other_differences_are_for_a_person_to_look_at() -> None:
    """Another reason is no other decision."""
    assert (
        Advice.RAISE == advise(figures(), figures(p95=0.002), compared=9_000, differences={"reason": 4, "failed": 2})[0]
    )


def test_a_slower_path_is_held() -> None:
    """There is no point in moving more users."""
    advice, percentage, why = advise(figures(p95=0.004), figures(p95=0.002))
    assert (Advice.HOLD, 25) == (advice, percentage)
    assert "4 ms in-process, within 2 ms over HTTP" in why


def test_a_few_answers_say_nothing_of_speed() -> None:
    """The first answers of a process are always slow."""
    assert Advice.WAIT == advise(figures(FEW - 1, p95=0.5), figures(p95=0.002))[0]


def test_while_the_kill_switch_is_on_nothing_is_recommended() -> None:
    """Whoever turned it knows why."""
    assert (Advice.WAIT, 25) == advise(figures(errors=900), figures(), killed=True)[:2]


def test_without_opa_it_goes_by_its_own_figures() -> None:
    """There is nothing to compare with."""
    advice, _, why = advise(figures(), NONE)
    assert Advice.RAISE == advice
    assert "HTTP" not in why

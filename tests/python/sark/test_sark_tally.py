"""What is counted is bounded, whatever callers say, and counting harms nobody."""

from typing import Any

import pytest

from sark_policy.sark import metrics
from sark_policy.sark.metrics import tally
from sark_policy.sark.metrics.tally import OTHER, Count, Label, Tally
from scraping import at, now


def test_callers_cannot_make_series() -> None:
    """Ten thousand actions, levels and entry points are a handful of series; the rest is `other`."""
    before = now()
    for n in range(10_000):
        metrics.evaluated("rust", f"action-{n}", f"level-{n}", True, "miss", 0.0001)
        metrics.asked("python", f"path/{n}", 0.001)
    found = now()
    made = [name for name, labels in found if (name, labels) not in before]
    assert 60 >= made.count("sark_policy_evaluations_total")
    assert 33 >= made.count("sark_opa_request_duration_seconds_count")
    request = {"action": OTHER, "sensitivity_level": OTHER}
    assert 9_900 <= at(found, "sark_policy_evaluations_total", **request, result="allow")


@pytest.mark.parametrize("word", ["\udc80", "a\nb", 'a"b', "", "x" * 1000, "ünï", None, 7, ["list"]])
def test_a_label_that_is_none_does_no_harm(word: Any) -> None:
    """Whatever a caller says, counting does not raise and the exposition stays readable."""
    metrics.evaluated("rust", word, word, True, "miss", 0.0001)
    metrics.asked(word, word, 0.0001)
    metrics.cache_served(word, word)
    metrics.rollout(word, 5)
    assert now()


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), None])
def test_a_duration_that_is_none_does_no_harm(seconds: Any) -> None:
    """A clock that went backwards must not deny a request."""
    metrics.asked("rust", "mcp/gateway/result", seconds)
    assert at(now(), "opa_evaluation_duration_seconds_sum", implementation="rust") >= 0


def test_combinations_of_labels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few values of many labels are many series; beyond a limit the callers' words count as `other`."""
    monkeypatch.setattr(tally, "MOST", 10)
    count = Count("test_of_combinations", Label("known", ("a", "b")), Label("free", (), room=20))
    for known in ("a", "b"):
        for n in range(20):
            count.add((known, str(n)))
    (metric,) = count._counter.collect()
    counted = [sample for sample in metric.samples if sample.name.endswith("_total")]
    found = {(sample.labels["known"], sample.labels["free"]): sample.value for sample in counted}
    assert 12 == len(found)
    assert 10 == found[("a", OTHER)]
    assert 20 == found[("b", OTHER)]


def test_labels_have_room_for_the_first_ones() -> None:
    """A label takes what it knows, then as many others as it has room for."""
    label = Label("x", ("a",), room=2)
    assert ["a", "b", "c", OTHER, "b"] == [label.of(value) for value in ("a", "b", "c", "d", "b")]


def test_tallies_of_any_number() -> None:
    """Several things at once count as several, with what they add up to."""
    tally, count = Tally("test_of_many", (1, 2), Label("a", ("x",))), Count("test_of_count")
    tally.add(("x",), 1.5, 4)
    count.add((), 3)
    found = {
        (sample.name, sample.labels.get("upto")): sample.value
        for metric in (*tally._counter.collect(), *tally._sums.collect(), *count._counter.collect())
        for sample in metric.samples
    }
    assert 4 == found[(f"{tally.name}_total", "2.0")]
    assert 6 == found[(f"{tally.sum}_total", None)]
    assert 3 == found[(f"{count.name}_total", None)]

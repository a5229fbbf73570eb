"""One input for several entry points in one crossing: each its own outcome, as if it was asked alone."""

import pytest

from conftest import Opener, bundle
from sark_policy import Closed, DeadlineElapsed, Decision, EvaluationFailed, InputRefused, UnknownEntrypoint

POLICY = """package p

shared := {"double": input.n * 2}

allow if shared.double > 5

reason := sprintf("%v", [shared.double])

nothing if false

fails := to_number(input.text)

conflicts := x if some x in [1, input.n]

at := time.now_ns()

later := at + 1

slow if {
	some a in numbers.range(1, 3000)
	some b in numbers.range(1, 3000)
	a * b == -1
}
"""


def result(found: object) -> object:
    """Return a decision's result."""
    assert isinstance(found, Decision), found
    return found.result


@pytest.mark.parametrize(("shards", "entries"), [(1, 0), (1, 100), (3, 100)])
def test_each_has_its_own_outcome(opened: Opener, shards: int, entries: int) -> None:
    """An error, an unknown entry point or a moment touches nobody else."""
    host = opened(bundle(POLICY), shards=shards, cache_entries=entries)
    asked = [f"p/{name}" for name in ("allow", "fails", "reason", "nothing", "at", "conflicts", "none", "later")]
    for _ in range(3):
        allow, fails, reason, nothing, at, conflicts, none, later = host.decide_each(asked, {"n": 3, "text": "x"})
        assert result(allow) is True
        assert result(reason) == "6"
        assert isinstance(nothing, Decision)
        assert not nothing.defined
        assert [EvaluationFailed, EvaluationFailed, UnknownEntrypoint] == [type(e) for e in (fails, conflicts, none)]
        assert result(later) == result(at) + 1  # type: ignore[operator]
        assert isinstance(at, Decision)
        assert not at.diagnostics.deterministic
        assert isinstance(allow, Decision)
        assert allow.diagnostics.deterministic


def test_they_are_the_decisions_of_one_by_one(opened: Opener) -> None:
    """The cache is the same: what was asked alone is found, and the other way round."""
    host = opened(bundle(POLICY))
    question = {"n": 4, "text": "4"}
    alone = host.decide("p/reason", question)
    allow, reason = host.decide_each(["p/allow", "p/reason"], question)
    assert isinstance(allow, Decision)
    assert isinstance(reason, Decision)
    assert (False, True) == (allow.cached, reason.cached)
    assert (alone.decision_id, "p/reason") == (reason.decision_id, reason.diagnostics.entrypoint)
    assert host.decide("p/allow", question).cached
    assert [] == host.decide_each([], question)


def test_an_input_is_refused_for_all(opened: Opener) -> None:
    """What cannot be written is nobody's question; what the sandbox refuses, it refuses for each."""
    host = opened(bundle(POLICY), input=20)
    assert [InputRefused] * 2 == [type(each) for each in host.decide_each(["p/allow", "p/reason"], {"n": "x" * 30})]
    with pytest.raises(TypeError, match="several entry points"):
        host.decide_each("p/allow", {})


def test_they_share_one_deadline(opened: Opener) -> None:
    """What takes too long ends the call for all of them; the host lives on."""
    host = opened(bundle(POLICY), deadline=0.05)
    with pytest.raises(DeadlineElapsed):
        host.decide_each(["p/allow", "p/slow"], {"n": 3})
    assert 1 == host.stats().deadlines
    [allow] = host.decide_each(["p/allow"], {"n": 3})
    assert result(allow) is True
    host.close()
    with pytest.raises(Closed):
        host.decide_each(["p/allow"], {"n": 3})

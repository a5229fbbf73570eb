"""What a decision is, and what tells one question from another."""

import pickle
import random

import pytest

import sark_policy._instance
from conftest import Opener, bundle
from sark_policy import Decision, Diagnostics, EvaluationFailed, PolicyHost


def test_a_decision_has_no_truth(host: PolicyHost) -> None:
    """`if decision:` raises, so that a denial is never taken for an allow."""
    decision = host.decide("p/allow", {})
    with pytest.raises(TypeError, match="result"):
        bool(decision)


def test_a_decision_is_frozen(host: PolicyHost) -> None:
    """A decision's fields cannot be assigned."""
    with pytest.raises(AttributeError):
        host.decide("p/allow", {}).result = True  # type: ignore[misc]


def test_a_decision_can_be_pickled(host: PolicyHost) -> None:
    """A decision goes to another process as it is."""
    decision = host.decide("p/f", {"n": [1]})
    assert decision == pickle.loads(pickle.dumps(decision))


def test_decisions_with_equal_fields_are_equal(host: PolicyHost) -> None:
    """A decision is its fields: for comparing, for a dict's key, in words, and in a pattern."""
    first = host.decide("p/f", {"n": 1})
    one, other = (host.decide("p/f", {"n": 1}) for _ in range(2))
    assert one == other
    assert one is not other
    assert first != one
    fields = (one.result, one.defined, one.revision, one.cached, one.decision_id, one.diagnostics)
    assert ({"n": 1}, True, "r1", True) == fields[:4]
    assert one == Decision(*fields)
    assert repr(one) == repr(Decision(*fields))
    assert repr(one).startswith("Decision(result={'n': 1}, defined=True, revision='r1', cached=True, decision_id=")
    match one:
        case Decision(result, True, "r1", cached=True):
            assert {"n": 1} == result
        case _:
            pytest.fail("the pattern is the decision's")
    text = host.decide("p/x", {"x": "a"})
    assert hash(text) == hash(pickle.loads(pickle.dumps(text)))
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
    assert one != fields


def test_a_decision_that_is_made_by_hand() -> None:
    """A caller's own test can make one."""
    decision = Decision(True, True, "r1", False, "id", Diagnostics("p/allow", 1.0, True))
    assert (True, "r1", "p/allow") == (decision.result, decision.revision, decision.diagnostics.entrypoint)


def test_a_result_is_read_once(host: PolicyHost) -> None:
    """Whoever looks at one decision twice sees the same value, with what was changed in it."""
    for _ in range(3):
        decision = host.decide("p/f", {"n": [1]})
        decision.result["n"].append(2)
        assert {"n": [1, 2]} == decision.result


def test_a_result_outlives_its_host(opened: Opener) -> None:
    """A result that is looked at after its host was closed is the same."""
    host = opened()
    decisions = [host.decide("p/f", {"n": [1]}) for _ in range(3)]
    host.close()
    assert [{"n": [1]}] * 3 == [decision.result for decision in decisions]


def test_the_same_question_is_cached(host: PolicyHost) -> None:
    """The second answer comes from the cache, with the id and the time of the first."""
    first, second = (host.decide("p/f", {"n": 1}) for _ in range(2))
    assert (False, True) == (first.cached, second.cached)
    assert (first.result, first.decision_id, first.diagnostics) == (
        second.result,
        second.decision_id,
        second.diagnostics,
    )


@pytest.mark.parametrize("value", [True, False, None, 1, 1.5, "text"])
def test_a_cached_scalar_is_right(host: PolicyHost, value: object) -> None:
    """A scalar is the same value each time it is asked for."""
    found = [host.decide("p/x", {"x": value}) for _ in range(3)]
    assert [value] * 3 == [decision.result for decision in found]
    assert [False, True, True] == [decision.cached for decision in found]


def test_a_result_is_the_callers_own(host: PolicyHost) -> None:
    """Who changes a result changes nobody else's."""
    for _ in range(3):
        result = host.decide("p/f", {"n": [1, {"a": 2}]}).result
        assert {"n": [1, {"a": 2}]} == result
        result["n"][1]["a"] = 3
        result["n"].append(4)
        result["extra"] = 5


def test_batch_results_are_the_callers_own(host: PolicyHost) -> None:
    """Equal inputs of a batch get results of their own."""
    one, other = host.decide_batch("p/f", [{"n": []}, {"n": []}])
    one.result["n"].append(1)  # type: ignore[union-attr]
    assert {"n": []} == other.result  # type: ignore[union-attr]


def test_another_input_is_another_question(host: PolicyHost) -> None:
    """Role, parameter, order and notation tell questions apart."""
    host.decide("p/allow", {"roles": ["admin"], "id": 1})
    for text in (
        '{"roles":["user"],"id":1}',
        '{"roles":["admin"],"id":2}',
        '{"roles":["admin"],"id":1.0}',
        '{"id":1,"roles":["admin"]}',
        '{"roles":["admin"],"id":1,"more":null}',
        '{"roles":["admin"],"id":1} ',
    ):
        host.decide_json("p/allow", text)
    assert 0 == host.stats().cache.hits
    assert host.decide("p/allow", {"roles": ["user"], "id": 1}).result is False
    assert host.decide("p/allow", {"roles": ["admin"], "id": 1}).result is True


def test_another_entrypoint_is_another_question(host: PolicyHost) -> None:
    """The same input for another rule is decided by that rule."""
    question = {"x": 1, "n": 2, "roles": []}
    assert [1, {"n": 2}, False] == [host.decide(path, question).result for path in ("p/x", "p/f", "p/allow")]
    assert 0 == host.stats().cache.hits


def test_another_revision_is_another_question(host: PolicyHost) -> None:
    """A new generation starts with an empty cache."""
    host.decide("p/ok", {})
    host.activate(bundle("package p\nok := 2", "r2"))
    decision = host.decide("p/ok", {})
    assert (2, "r2", False) == (decision.result, decision.revision, decision.cached)


def test_what_is_not_repeatable_is_not_cached(opened: Opener) -> None:
    """A decision that drew a random number is made each time."""
    host = opened(bundle('package p\nid := uuid.rfc4122("")\nn := rand.intn("", 1000000000)'))
    for path in ("p/id", "p/n"):
        one, other = host.decide(path, {}), host.decide(path, {})
        assert one.result != other.result
        assert not other.cached


MOMENTS = """package p

x := input.x
missing if input.missing
id := uuid.rfc4122("")
n := rand.intn("", 1000)
now := time.now_ns()
denied if { input.x < 0; time.now_ns() > 0 }
fails := to_number(input.text)
"""


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize(
    ("path", "deterministic"),
    [("x", True), ("missing", True), ("denied", True), ("id", False), ("n", False), ("now", False), ("", False)],
)
def test_a_decision_says_whether_it_is_deterministic(
    opened: Opener, path: str, deterministic: bool, cached: bool
) -> None:
    """Only what asked the clock or chance held at its moment alone, with and without a cache, alone and in a batch."""
    host = opened(bundle(MOMENTS), cache_entries=10 if cached else 0)
    question = {"x": 1, "text": "1"}
    decisions = [host.decide(f"p/{path}", question) for _ in range(3)]
    batch = host.decide_batch(f"p/{path}", [question, {"x": 2, "text": "2"}, question])
    decisions += [decision for decision in batch if isinstance(decision, Decision)]
    assert [deterministic] * 6 == [decision.diagnostics.deterministic for decision in decisions]
    assert (deterministic and cached) == decisions[1].cached


def test_texts_are_compared_by_all_their_bytes(opened: Opener) -> None:
    """Order and equality of texts of every length up to some words, that differ at every place, are the bytes'."""
    chance = random.Random(7)
    texts = ["".join(chance.choices("ab\x00é", k=length)) for length in range(40) for _ in range(12)]
    changed = [text[:place] + "z" + text[place + 1 :] for text in texts for place in [chance.randrange(len(text) + 1)]]
    pairs = [*zip(texts, texts, strict=True), *zip(texts, changed, strict=True)]
    chance.shuffle(pairs)
    host = opened(
        bundle("""package p
        order := sort([pair[0] | some pair in input])
        same := [equal(pair[0], pair[1]) | some pair in input]
        before := [lt(pair[0], pair[1]) | some pair in input]
        """)
    )
    order, same, before = (host.decide(f"p/{rule}", pairs).result for rule in ("order", "same", "before"))
    assert sorted([one for one, _ in pairs], key=str.encode) == order
    assert [one == other for one, other in pairs] == same
    assert [one.encode() < other.encode() for one, other in pairs] == before


def test_whether_it_is_deterministic_depends_on_what_was_evaluated(opened: Opener) -> None:
    """The same rule asks the clock for one input and not for another."""
    host = opened(bundle(MOMENTS))
    for x, deterministic in ((1, True), (-1, False), (1, True), (-1, False)):
        assert deterministic == host.decide("p/denied", {"x": x}).diagnostics.deterministic
        with pytest.raises(EvaluationFailed):
            host.decide("p/fails", {"text": "twelve"})


@pytest.mark.parametrize("setting", ["cache_entries", "cache_bytes", "cache_ttl"])
def test_no_cache(opened: Opener, setting: str) -> None:
    """Any limit of 0 turns the cache off."""
    host = opened(**{setting: 0})
    assert [False] * 3 == [host.decide("p/ok", {}).cached for _ in range(3)]
    assert [1] * 3 == [host.decide("p/ok", {}).result for _ in range(3)]


def test_time_to_live_obeyed(host: PolicyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """Just before its time is over, a decision is served again."""
    now = 1_800_000_000 * 10**9
    monkeypatch.setattr(sark_policy._instance, "_now", lambda: now)
    host.decide("p/ok", {})
    now += 60 * 10**9 - 1
    assert host.decide("p/ok", {}).cached


def test_time_to_live_violated(host: PolicyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its time is over, a decision is made again."""
    now = 1_800_000_000 * 10**9
    monkeypatch.setattr(sark_policy._instance, "_now", lambda: now)
    host.decide("p/ok", {})
    now += 60 * 10**9
    assert not host.decide("p/ok", {}).cached


def test_answers_that_were_forgotten_are_fetched_again(opened: Opener) -> None:
    """The host may hold fewer answers than the component's cache."""
    host = opened(cache_entries=2)
    for n in range(5):
        host.decide("p/x", {"x": n})
    host._generations[0]._shards[0]._instance._answers.clear()  # type: ignore[union-attr]
    decision = host.decide("p/x", {"x": 4})
    assert (4, True) == (decision.result, decision.cached)


def test_batch_larger_than_the_cache(opened: Opener) -> None:
    """A batch may hold more decisions than the cache."""
    host = opened(cache_entries=3)
    inputs = [{"x": n % 7} for n in range(50)]
    assert [n % 7 for n in range(50)] == [found.result for found in host.decide_batch("p/x", inputs)]  # type: ignore[union-attr]


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**40, 123456789012345678901234567890])
def test_great_integers_are_exact(host: PolicyHost, number: int) -> None:
    """An integer of any size goes in and comes out as it is."""
    for _ in range(2):
        assert {"n": number} == host.decide("p/f", {"n": number}).result


def test_a_result_that_cannot_be_read_is_an_error(opened: Opener) -> None:
    """An integer too long for Python is an error that names a way out."""
    host = opened(bundle("package p\nsquare := input.x * input.x\nok := 1"))
    question = {"x": 10**4000}
    for _ in range(2):
        with pytest.raises(EvaluationFailed, match="decide_json"):
            host.decide("p/square", question)
    assert [EvaluationFailed] == [type(found) for found in host.decide_batch("p/square", [question])]
    assert f'{{"result":1{"0" * 8000}}}' == host.decide_json("p/square", f'{{"x":1{"0" * 4000}}}')
    assert 0 == host.stats().traps

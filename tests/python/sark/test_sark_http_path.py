"""The path over HTTP against a real OPA: what is asked for an entry point, and what the answers mean.

Tests of a flaw of the gateway's old clients are named after its row.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import chaos
from asking import SQL, ask, asking, failure_of
from real_opa import Opa, serving
from sark_policy.sark.answer import Answer, Failure, PathFailed, decision_of
from sark_policy.sark.question import Question

pytestmark = pytest.mark.anyio

POLICY = """package p

default allow := false
allow if input.allow
reason := "one" if input.one
reason := "two" if input.two
filtered_parameters := {"a": 1} if input.first
filtered_parameters := {"a": input.a} if input.second
other := 1

split.allow if input.x
split.allow := false if input.y

flag := true
nothing := null
texts := ["allow"]
yes := {"allow": "yes"}
object := {"allow": true, "reason": "granted", "extra": 1}
contradiction := {"allow": true, "n": n} if some n in input.numbers

strict.bad if to_number(input.text) > 3
strict.allow if not strict.bad
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """A real OPA with the policy above."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "p.rego").write_text(POLICY)
    with serving(folder) as found:
        yield found


# --- What is asked, and what the answers mean


@pytest.mark.parametrize("path", ["mcp/gateway/allow", "mcp/gateway/result", "mcp/gateway/result/allow"])
async def test_row_7_a_boolean_entry_point_keeps_reason_and_parameters(example_opa: Opa, path: str) -> None:
    """However the decision is named, its reason and its filtered parameters come with it."""
    answer = await ask(example_opa.url, path, SQL)
    decision = decision_of(Question.of(SQL, path), answer)
    assert (True, {"query": "select 1"}) == (decision.allow, decision.filtered_parameters)
    assert "allowed: invoke on pg-main/run_sql for u-17, level 3, clearance 3" == decision.reason


@pytest.mark.parametrize("path", ["p/nowhere", "nowhere", "nowhere/allow", "p/other/allow", "p/reason", "p/flag/allow"])
async def test_row_8_undefined_is_not_false(server: Opa, path: str) -> None:
    """What is undefined is told apart from what is false, and both are denials."""
    answer = await ask(server.url, path, {})
    assert (False, None) == (answer.defined, answer.result)
    assert (False, True) == (decision_of(Question.of({}, path), answer).allow, "undefined" in reason(path, answer))
    false = await ask(server.url, "p/allow", {})
    assert (True, {"allow": False}) == (false.defined, false.result)


def reason(path: str, answer: Answer) -> str:
    """Return why an answer decides as it does."""
    return decision_of(Question.of({}, path), answer).reason


@pytest.mark.parametrize(
    ("path", "result", "allow"),
    [
        ("p/flag", True, True),
        ("p/nothing", None, False),
        ("p/texts", ["allow"], False),
        ("p/other", 1, False),
        ("p/yes", {"allow": "yes"}, False),
        ("p/object", {"allow": True, "reason": "granted", "extra": 1}, True),
        ("p/object/allow", {"allow": True, "reason": "granted"}, True),
    ],
)
async def test_section_1_4_only_true_allows(server: Opa, path: str, result: Any, allow: bool) -> None:
    """A boolean rule allows by itself; null, lists, numbers and texts that look like yes do not."""
    answer = await ask(server.url, path, {})
    assert (True, result) == (answer.defined, answer.result)
    assert allow is decision_of(Question.of({}, path), answer).allow


async def test_allow_of_a_rule_that_is_true_is_undefined(server: Opa) -> None:
    """`flag/allow` is not `flag`: asking for the parent must not let its value allow."""
    answer = await ask(server.url, "p/flag/allow", {})
    assert not answer.defined


async def test_a_package_is_cut_to_the_decision(server: Opa) -> None:
    """Of a package's many rules those that make up the decision are kept."""
    answer = await ask(server.url, "p/allow", {"allow": True, "one": 1})
    assert {"allow": True, "reason": "one"} == answer.result
    assert (True, False, None) == (answer.package, answer.deterministic, answer.revision)


async def test_section_4_a_conflict_in_the_reason_costs_only_the_reason(server: Opa) -> None:
    """Two reasons at once neither allow nor lose a clean allow."""
    both = {"allow": True, "one": 1, "two": 2, "first": 1}
    for path in ("p/allow", "p"):
        answer = await ask(server.url, path, both)
        assert ({"allow": True, "filtered_parameters": {"a": 1}}, ("reason",)) == (answer.result, answer.doubts)
        assert decision_of(Question.of(both, path), answer).allow
        denied = await ask(server.url, path, both | {"allow": False})
        assert not decision_of(Question.of(both, path), denied).allow


async def test_section_4_a_conflict_in_the_parameters_denies(server: Opa) -> None:
    """Parameters that cannot be filtered are not let through."""
    both = {"allow": True, "first": 1, "second": 1, "a": 2}
    answer = await ask(server.url, "p/allow", both)
    assert ({"allow": True}, ("filtered_parameters",)) == (answer.result, answer.doubts)
    assert not decision_of(Question.of(both, "p/allow"), answer).allow


async def test_section_4_a_conflict_in_allow_is_a_failure(server: Opa) -> None:
    """A decision that contradicts itself is none."""
    failed = await failure_of(server.url, "p/split/allow", {"x": 1, "y": 1})
    assert Failure.EVALUATION is failed.failure
    assert "`p/split/allow` failed in OPA: eval_conflict_error" == str(failed)


async def test_a_rule_that_conflicts_is_a_failure(server: Opa) -> None:
    """A rule that is no package fails as itself, not as a member of it."""
    failed = await failure_of(server.url, "p/contradiction", {"numbers": [1, 2]})
    assert (Failure.EVALUATION, True) == (failed.failure, "`p/contradiction` failed" in str(failed))


async def test_a_reference_that_cannot_be_right_is_a_failure_of_the_policy(server: Opa) -> None:
    """OPA's compiler refuses a reference into a boolean; that is no fault of the server."""
    failed = await failure_of(server.url, "p/flag/x", {})
    assert (Failure.EVALUATION, True) == (failed.failure, "rego_type_error" in str(failed))


async def test_builtin_errors_fail_as_they_do_in_process(server: Opa) -> None:
    """OPA's default makes a builtin error undefined, and a `not` makes an allow of that; asked strictly it fails."""
    document = {"text": "many"}
    failed = await failure_of(server.url, "p/strict/allow", document)
    assert (Failure.EVALUATION, True) == (failed.failure, "eval_builtin_error" in str(failed))
    lenient = await ask(server.url, "p/strict/allow", document, strict=False)
    assert {"allow": True} == lenient.result


async def test_messages_quote_no_input(server: Opa) -> None:
    """OPA's own messages quote values; a failure's message holds only its code."""
    secret = "hunter2"
    failures = [
        await failure_of(server.url, "p/strict/allow", {"text": secret}),
        await failure_of(server.url, "p/filtered_parameters", {"first": 1, "second": 1, "a": secret}),
    ]
    assert [False, False] == [secret in str(failed) for failed in failures]


@pytest.mark.parametrize("path", ["p/a b", "p/a?pretty=true", "p/a#b", "p/ä%2F"])
async def test_odd_entry_points_are_only_undefined(server: Opa, path: str) -> None:
    """Whatever a path is made of, it stays one path."""
    assert not (await ask(server.url, path, {})).defined


@pytest.mark.parametrize("path", ["", "..", "p/../p/flag", "p/./flag", "p//flag", "p/..", "../../health", 'p/"'])
async def test_what_is_no_entry_point_asks_for_nothing_else(server: Opa, path: str) -> None:
    """No path walks out of its place, or means all the data."""
    failed = await failure_of(server.url, path, {})
    assert Failure.EVALUATION is failed.failure


async def test_values_arrive_exactly(server: Opa) -> None:
    """Great integers, small numbers and other scripts come back as they went."""
    value = {"n": 2**70, "x": 1.5e-7, "t": "東京 \u2028 \x00", "e": [], "o": {"": None}}
    answer = await ask(server.url, "p/filtered_parameters", {"second": True, "a": value})
    assert {"a": value} == answer.result


async def test_what_was_asked_stays_as_it_was(server: Opa) -> None:
    """A caller that changes its input while it is asked has asked what it said."""
    document = {"allow": True, "one": 1, "two": 2}
    with chaos.Chaos(server.port) as between:
        between.behave = chaos.slow(0.1)
        async with asking(between.url) as path:
            task = asyncio.create_task(path.decide(Question.of(document, "p/allow")))
            await asyncio.sleep(0.05)
            document.clear()
            assert {"allow": True} == (await task).result


# --- Batches


async def test_a_batch_is_answered_in_order_and_each_for_itself(server: Opa) -> None:
    """What fails stands in its place."""
    async with asking(server.url, connections=3) as path:
        documents = [{"x": 1, "n": n} if n % 5 else {"x": 1, "y": 1} for n in range(40)]
        answers = await path.decide_batch([Question.of(document, "p/split/allow") for document in documents])
        found = [each.failure if isinstance(each, PathFailed) else each.result for each in answers]
        assert [{"allow": True} if n % 5 else Failure.EVALUATION for n in range(40)] == found
        assert [] == await path.decide_batch([])


async def test_a_batch_ends_although_the_server_hangs(server: Opa) -> None:
    """After a few timeouts the rest of a batch is not asked any more."""
    with chaos.Chaos(server.port) as between:
        between.behave = chaos.hang
        async with asking(between.url, timeout=0.05, connections=2) as path:
            answers = await path.decide_batch([Question.of({}, "p/allow")] * 200)
        assert {Failure.TIMEOUT} == {each.failure for each in answers if isinstance(each, PathFailed)}
        assert (200, True) == (len(answers), between.asked < 100)

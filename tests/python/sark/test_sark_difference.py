"""Differences between the real engine and a real OPA that were made to differ: each is found, and named."""

from datetime import UTC, datetime
from typing import Any

import pytest

from real_opa import Opa
from sark_policy.sark.answer import Side
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.paths.difference import Difference, Kind, same
from sark_policy.sark.paths.shadow import Shadow
from sark_policy.sark.question import Question
from shadowing import digest, of_kind, shadowing

pytestmark = pytest.mark.anyio

DIFFERENT: dict[str, tuple[str, str, Kind | None, set[str]]] = {
    "same": ("p/allow", "same", None, set()),
    "allowed_denied": ("p/allow", "allowed_denied", Kind.ALLOWED_DENIED, {"allow", "result"}),
    "denied_allowed": ("p/allow", "denied_allowed", Kind.DENIED_ALLOWED, {"allow", "result"}),
    "reason": ("p/allow", "reason", Kind.REASON, {"reason", "result"}),
    "filtered_parameters": (
        "p/allow",
        "filtered_parameters",
        Kind.FILTERED_PARAMETERS,
        {"filtered_parameters", "result"},
    ),
    "audit_id": ("p/allow", "audit_id", Kind.RESULT, {"audit_id", "result"}),
    "doubt": ("p/allow", "doubt", Kind.REASON, {"reason", "result", "doubts"}),
    "undefined": ("p/sometimes", "undefined", Kind.UNDEFINED, {"defined", "reason", "result"}),
    "defined": ("p/sometimes", "same", None, set()),
    "result": ("p/object", "result", Kind.RESULT, {"result"}),
    "numbers by their value, sets by their elements": ("p/object", "same", None, set()),
    "OPA's longer fractions": ("p/number", "same", None, set()),
    "failed": ("p/fails", "fails", Kind.FAILED, {"failed"}),
    "a package by its name": ("p", "same", None, set()),
    "another package by its name": ("p", "reason", Kind.REASON, {"reason", "result"}),
    "nowhere": ("q", "same", Kind.FAILED, {"failed"}),
}


@pytest.mark.parametrize("first", Side)
@pytest.mark.parametrize("case", DIFFERENT, ids=str)
async def test_differences_are_named_by_what_differs(mine: Engine, theirs: Opa, case: str, first: Side) -> None:
    """Whichever side answers, a difference is of the gravest kind, and names all that differs."""
    path, k, kind, fields = DIFFERENT[case]
    shadow = Shadow(1, 10)
    async with shadowing(mine, theirs.url, shadow) as router:
        await router.decide(of_kind(k, path), first)
        await shadow.drain()
    assert (1, {} if kind is None else {kind: 1}) == (shadow.compared, dict(shadow.counts))
    if kind is not None:
        assert fields == set(shadow.differences[0].fields)


async def test_a_difference_holds_what_a_person_needs(mine: Engine, theirs: Opa) -> None:
    """Both verdicts and reasons, the revision, the entry point, and the input by its digest."""
    shadow = Shadow(1, 10)
    question = of_kind("reason", secret="hunter2")
    started = datetime.now(UTC)
    async with shadowing(mine, theirs.url, shadow) as router:
        await router.decide(question, Side.IN_PROCESS)
        await shadow.drain()
    [found] = shadow.differences
    assert started <= found.at <= datetime.now(UTC)
    assert found == Difference(
        at=found.at,
        kind=Kind.REASON,
        fields=("reason", "result"),
        path="p/allow",
        digest=digest(question),
        answered=Side.IN_PROCESS,
        in_process_allow=True,
        in_process_reason="granted",
        http_allow=True,
        http_reason="permitted",
        revision=mine.revision,
        deterministic=True,
        input=None,
    )


async def test_inputs_are_kept_only_on_request_and_never_large_ones(mine: Engine, theirs: Opa) -> None:
    """Inputs may hold secrets: they are kept once somebody asks for it, up to a size."""
    shadow = Shadow(1, 10)
    async with shadowing(mine, theirs.url, shadow) as router:
        for inputs, pad in ((False, 1), (True, 1), (True, 1 << 20), (False, 1)):
            shadow.inputs = inputs
            await router.decide(of_kind("reason", pad="x" * (pad - 1)), Side.IN_PROCESS)
            await shadow.drain()
    assert [None, {"k": "reason", "pad": ""}, None, None] == [found.input for found in shadow.differences]


async def test_what_the_caller_changes_afterwards_is_not_what_was_asked(mine: Engine, theirs: Opa) -> None:
    """A caller may take its answer and filter its own parameters, before the other side was asked."""
    shadow = Shadow(1, 10, inputs=True)
    document: dict[str, Any] = {"k": "reason", "parameters": {"password": "x"}}
    async with shadowing(mine, theirs.url, shadow) as router:
        await router.decide(Question.of(document, "p/allow"), Side.IN_PROCESS)
        document["k"] = "same"
        document["parameters"].clear()
        await shadow.drain()
    assert [{"k": "reason", "parameters": {"password": "x"}}] == [found.input for found in shadow.differences]


async def test_the_oldest_difference_goes_first(mine: Engine, theirs: Opa) -> None:
    """What is kept is bounded; what is counted is not."""
    shadow = Shadow(1, 3)
    questions = [of_kind("reason", n=n) for n in range(8)]
    async with shadowing(mine, theirs.url, shadow) as router:
        for question in questions:
            await router.decide(question, Side.IN_PROCESS)
            await shadow.drain()
    assert ([digest(question) for question in questions[-3:]], 8) == (
        [found.digest for found in shadow.differences],
        shadow.counts[Kind.REASON],
    )


@pytest.mark.parametrize(
    ("one", "two", "equal"),
    [
        (1, 1.0, True),
        (0, -0.0, True),
        (True, 1, False),
        (False, 0, False),
        (True, True, True),
        (None, False, False),
        (None, None, True),
        ("1", 1, False),
        ([1, 2], [2, 1], False),
        ([1, [2.0]], [1.0, [2]], True),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": None}, {}, False),
        ({}, [], False),
        ("", None, False),
        (2**53, 2**53 + 1, False),
        (float(2**53), 2**53 + 1, True),
        (10**400, 1e308, False),
    ],
)
def test_values_are_compared_as_json(one: Any, two: Any, equal: bool) -> None:
    """Numbers are equal by their value and to nothing else; lists have an order, objects have none."""
    assert [equal, equal] == [same(one, two), same(two, one)]

"""The shadow: the real engine and a real OPA asked the same, and what it finds where they were made to differ.

Tests of a flaw of the gateway's old clients are named after its row.
"""

import asyncio
import hashlib
import importlib.util
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import chaos
from real_opa import EXAMPLE, Opa, serving
from sark_policy import PolicyHost, Undecided
from sark_policy._encoding import encode
from sark_policy.sark.answer import Answer, Side
from sark_policy.sark.breaker import Breaker, Guarded
from sark_policy.sark.difference import Difference, Kind, same
from sark_policy.sark.engine import Engine
from sark_policy.sark.http_path import HttpPath
from sark_policy.sark.in_process import InProcess
from sark_policy.sark.question import Question
from sark_policy.sark.router import Router
from sark_policy.sark.settings import SarkSettings
from sark_policy.sark.shadow import TASKS, Shadow

pytestmark = pytest.mark.anyio

BOTH = {Side.IN_PROCESS: Side.HTTP, Side.HTTP: Side.IN_PROCESS}

# Two policies that differ in everything a decision is made of; `input.k` says in what.
MINE = """package p

import rego.v1

default allow := false
allow if input.k in ["allowed_denied", "filtered_parameters", "reason", "audit_id", "doubt", "same"]
reason := "granted"
reason := "given" if input.k == "doubt"
filtered_parameters := {"a": 1} if input.k == "filtered_parameters"
audit_id := "1" if input.k == "audit_id"
sometimes := {"allow": false, "reason": "no"} if input.k != "undefined"
object := {"allow": true, "ttl": 1, "n": 2, "set": {3, 1}}
number := 1.5 / 5 * 100 + 1 / 3
fails := {"allow": true} if input.k == "fails"
fails := {"allow": false} if input.k == "fails"
"""
THEIRS = """package p

import rego.v1

default allow := false
allow if input.k in ["denied_allowed", "filtered_parameters", "reason", "audit_id", "doubt", "same"]
reason := "granted" if input.k != "reason"
reason := "permitted" if input.k == "reason"
filtered_parameters := {"a": 2} if input.k == "filtered_parameters"
audit_id := "2" if input.k == "audit_id"
sometimes := {"allow": false, "reason": "no"}
object := {"allow": true, "ttl": 1 + (1 - count([1 | input.k != "result"])), "n": 2.0, "set": {1, 3}}
number := (1 / 3) + ((1.5 / 5) * 100)
fails := {"allow": true} if input.k == "fails"
"""


@pytest.fixture(scope="module")
def makers() -> ModuleType:
    """The example's generator of inputs."""
    spec = importlib.util.spec_from_file_location("make_inputs", EXAMPLE / "make_inputs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def varied(makers: ModuleType, seed: int, size: int) -> list[Question]:
    """Make questions of every kind, the same ones for one seed: a day's traffic, and what nobody should send."""
    rng = random.Random(seed)
    parts = [
        makers.invocations(rng, size * 13 // 20),
        makers.listings(rng, size * 2 // 20),
        makers.registrations(rng, size * 2 // 20),
        makers.agent_calls(rng, size * 3 // 20),
        makers.odd(),
    ]
    questions = []
    for entrypoint, document in [(entrypoint, value) for part in parts for _, entrypoint, value in part][:size]:
        text = encode(document)
        questions.append(Question(entrypoint, document, text, "u", "a", "r", "default"))
    # What stands at the end would otherwise be cut off.
    questions += [Question(entry, value, encode(value), "u", "a", "r", "default") for _, entry, value in makers.odd()]
    return questions


@contextmanager
def opened(bundle: Path) -> Iterator[Engine]:
    """Open an engine that a busy machine does not hurry."""
    engine = Engine(bundle, SarkSettings(deadline=20))
    try:
        yield engine
    finally:
        engine.close()


@asynccontextmanager
async def shadowing(engine: Engine, url: str, shadow: Shadow, failures: int = 3) -> AsyncIterator[Router]:
    """Open a router with a shadow, and close it."""
    paths = {
        Side.IN_PROCESS: Guarded(InProcess(engine), Breaker(Side.IN_PROCESS, failures=failures, seconds=600)),
        Side.HTTP: Guarded(
            HttpPath(url, timeout=20, connections=20), Breaker(Side.HTTP, failures=failures, seconds=600)
        ),
    }
    router = Router(paths, fallback=BOTH, shadow=shadow)
    try:
        yield router
    finally:
        await router.close()


async def ask_all(router: Router, questions: list[Question]) -> None:
    """Ask every question of the side it comes to: each third of OPA, half of the others in batches."""
    shadow = router.shadow
    assert shadow is not None
    size = TASKS - 1
    for start in range(0, len(questions), size):
        some = questions[start : start + size]
        side = Side.HTTP if start // size % 3 == 0 else Side.IN_PROCESS
        if start // size % 2:
            await router.decide_batch(some, side)
        else:
            await asyncio.gather(*[router.decide(question, side) for question in some])
        await shadow.drain()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_row_14_five_thousand_inputs_without_a_difference(makers: ModuleType, example_opa: Opa) -> None:
    """With the same bundle on both sides, the engine and OPA say the same to everything."""
    questions = varied(makers, 4, 5_000)
    shadow = Shadow(1, 1_000, inputs=True)
    with opened(EXAMPLE / "r1") as engine:
        async with shadowing(engine, example_opa.url, shadow) as router:
            await ask_all(router, questions)
    assert [] == [(each.kind, each.fields, each.input) for each in shadow.differences]
    assert (len(questions), 0, {}) == (shadow.compared, shadow.dropped, dict(shadow.counts))
    assert len({(question.path, question.text) for question in questions}) > 4_500


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_row_14_every_difference_to_another_bundle_is_found(makers: ModuleType) -> None:
    """With the next revision in OPA, exactly those inputs are found that the two revisions answer otherwise."""
    questions = varied(makers, 5, 2_000)
    shadow = Shadow(1, 10_000)
    with opened(EXAMPLE / "r1") as engine, serving(EXAMPLE / "r2") as server:
        async with shadowing(engine, server.url, shadow) as router:
            await ask_all(router, questions)
    with PolicyHost.open(EXAMPLE / "r1", deadline=20) as one, PolicyHost.open(EXAMPLE / "r2", deadline=20) as two:
        expected = Counter(
            (question.path, digest(question))
            for question in questions
            if decided(one, question) != decided(two, question)
        )
    assert expected == Counter((each.path, each.digest) for each in shadow.differences)
    assert (len(questions), sum(expected.values())) == (shadow.compared, sum(shadow.counts.values()))
    assert {Kind.ALLOWED_DENIED, Kind.FILTERED_PARAMETERS, Kind.REASON, Kind.RESULT} <= set(shadow.counts)


def decided(host: PolicyHost, question: Question) -> Any:
    """Return what an engine says to a question, by itself: of `…/allow` all that belongs to the decision."""
    parent = question.path.removesuffix("/allow")
    members = ("allow", "audit_reason", "reason", "filtered_parameters", "restrictions", "audit_id")
    paths = [question.path] if parent == question.path else [f"{parent}/{name}" for name in members]
    found = []
    for path in paths:
        try:
            decision = host.decide(path, question.document)
        except Undecided as undecided:
            found.append(type(undecided).__name__)
        else:
            found.append(str((decision.defined, decision.result)))
    return found


def digest(question: Question) -> str:
    """Return what a difference names its input by."""
    return hashlib.sha256(question.text.encode()).hexdigest()


# --- What a difference is

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


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine with one of the two policies."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "p.rego").write_text(MINE)
    with opened(folder) as engine:
        yield engine


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """A real OPA with the other."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "p.rego").write_text(THEIRS)
    with serving(folder) as server:
        yield server


def of_kind(k: str, path: str = "p/allow", **more: Any) -> Question:
    """Make a question that the two policies answer otherwise in one way."""
    return Question.of({"k": k} | more, path)


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


# --- What is asked


async def test_nothing_is_asked_without_a_share(mine: Engine, theirs: Opa) -> None:
    """A share of 0 is no shadow."""
    with chaos.Chaos(theirs.port) as between:
        shadow = Shadow(0, 10)
        async with shadowing(mine, between.url, shadow) as router:
            for _ in range(100):
                await router.decide(of_kind("reason"), Side.IN_PROCESS)
            await router.decide_batch([of_kind("reason")] * 100, Side.IN_PROCESS)
            await shadow.drain()
    assert (0, 0, 0) == (between.asked, shadow.compared, shadow.dropped)


async def test_the_share_is_kept_to_and_can_be_changed(mine: Engine, theirs: Opa) -> None:
    """Half of the questions are asked of the other side too, one by one and in batches."""
    shadow = Shadow(1, 10)
    async with shadowing(mine, theirs.url, shadow) as router:
        for share, least, most in ((1, 300, 300), (0.5, 90, 210), (0, 0, 0)):
            shadow.share, before = share, shadow.compared + shadow.dropped
            for _ in range(10):
                await asyncio.gather(*[router.decide(of_kind("same"), Side.IN_PROCESS) for _ in range(20)])
                await router.decide_batch([of_kind("same")] * 10, Side.IN_PROCESS)
                await shadow.drain()
            assert least <= shadow.compared + shadow.dropped - before <= most


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_from_0_to_1(share: float) -> None:
    """Anything else is refused, at the start and later."""
    shadow = Shadow(0.5, 10)
    with pytest.raises(ValueError, match="from 0 to 1"):
        shadow.share = share
    with pytest.raises(ValueError, match="from 0 to 1"):
        Shadow(share, 10)
    assert 0.5 == shadow.share


async def test_too_many_at_a_time_are_dropped(mine: Engine, theirs: Opa) -> None:
    """A slow OPA holds up only as many comparisons as are allowed; the rest is dropped and counted."""
    with chaos.Chaos(theirs.port) as between:
        between.behave = chaos.slow(0.3)
        shadow = Shadow(1, 10)
        async with shadowing(mine, between.url, shadow) as router:
            for _ in range(TASKS + 20):
                await router.decide(of_kind("same"), Side.IN_PROCESS)
            await shadow.drain()
    assert (TASKS, 20) == (shadow.compared, shadow.dropped)


async def test_an_opa_that_is_left_alone_is_no_difference(mine: Engine, theirs: Opa) -> None:
    """Until its circuit opens, a broken OPA is a difference; then its questions are dropped."""
    with chaos.Chaos(theirs.port) as between:
        between.behave = chaos.reset
        shadow = Shadow(1, 100)
        async with shadowing(mine, between.url, shadow, failures=3) as router:
            for _ in range(10):
                await router.decide(of_kind("same"), Side.IN_PROCESS)
                await shadow.drain()
    assert ({Kind.FAILED: 3}, 7, 3) == (dict(shadow.counts), shadow.dropped, between.asked)


async def test_what_fell_back_is_compared_without_asking_again(mine: Engine, theirs: Opa) -> None:
    """Both sides were asked already; one had no answer, and that is the difference."""
    with chaos.Chaos(theirs.port) as between:
        shadow = Shadow(1, 10)
        async with shadowing(mine, between.url, shadow) as router:
            answer = await router.decide(of_kind("fails", "p/fails"), Side.IN_PROCESS)
            [again] = await router.decide_batch([of_kind("fails", "p/fails")], Side.IN_PROCESS)
            await shadow.drain()
    assert isinstance(again, Answer)
    assert (Side.HTTP, Side.HTTP, 2) == (answer.side, again.side, between.asked)
    assert ({Kind.FAILED: 2}, Side.HTTP) == (dict(shadow.counts), shadow.differences[0].answered)
    assert (None, True) == (shadow.differences[0].in_process_allow, shadow.differences[0].http_allow)


async def test_what_both_decline_is_no_difference(mine: Engine, opa: Callable[[Path], Opa], tmp_path: Path) -> None:
    """Where the policy fails on both sides the request is denied on both."""
    (tmp_path / "p.rego").write_text(MINE)
    shadow = Shadow(1, 10)
    async with shadowing(mine, opa(tmp_path).url, shadow) as router:
        [answer] = await router.decide_batch([of_kind("fails", "p/fails")], Side.IN_PROCESS)
    assert not isinstance(answer, Answer)
    assert (0, {}) == (shadow.compared, dict(shadow.counts))


async def test_closing_ends_what_is_under_way(mine: Engine, theirs: Opa) -> None:
    """A router that is closed leaves no task behind, and no figure is lost."""
    with chaos.Chaos(theirs.port) as between:
        between.behave = chaos.hang
        shadow = Shadow(1, 10)
        async with shadowing(mine, between.url, shadow) as router:
            for _ in range(5):
                await router.decide(of_kind("same"), Side.IN_PROCESS)
            await asyncio.sleep(0.05)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert 0 == shadow.compared
        assert [] == [task for task in others if "Shadow" in repr(task)]


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

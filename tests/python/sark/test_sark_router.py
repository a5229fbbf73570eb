"""The router between the real engine and a real OPA: who answers, who is asked instead, and who is left alone.

Tests of a flaw of the gateway's old clients are named after its row.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

import chaos
from asking import SQL
from real_opa import EXAMPLE, Opa, serving
from sark_policy.sark import metrics
from sark_policy.sark.answer import Answer, Failure, Side
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.paths.breaker import Breaker, Guarded
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.paths.in_process import InProcess
from sark_policy.sark.paths.router import NoAnswer, Router
from sark_policy.sark.paths.shadow import Shadow
from sark_policy.sark.question import Question
from sark_policy.sark.settings import SarkSettings

pytestmark = pytest.mark.anyio

LONG = 600.0
BOTH: Mapping[Side, Side | None] = {Side.IN_PROCESS: Side.HTTP, Side.HTTP: Side.IN_PROCESS}

# What the engine cannot do and OPA, with all the time and memory of a machine, can.
HARD = """package p

default allow := false

allow if {
	not input.wrong
	input.name == "kim"
	hard >= 0
	count(wide) >= 0
}

default hard := 0

hard := count([1 | some a in input.many; some b in input.many; some c in input.many; a + b == c])

hard := 1 if input.contradict

default wide := []

wide := [[a, b] | some a in input.wide; some b in input.wide]
"""

# The same for everything that does not conflict.
SOFT = HARD.replace("hard := 1 if input.contradict\n", "")
assert SOFT != HARD

RESULT = {
    "allow": True,
    "audit_reason": "allowed: invoke on pg-main/run_sql for u-17, level 3, clearance 3",
    "filtered_parameters": {"query": "select 1"},
}
QUESTION = Question.of(SQL, "mcp/gateway/result")


@pytest.fixture(scope="module")
def soft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """A real OPA with a policy that only OPA can always decide."""
    folder = tmp_path_factory.mktemp("soft")
    (folder / "p.rego").write_text(SOFT)
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def example() -> Iterator[Engine]:
    """The engine with the example bundle, and a deadline that a busy machine keeps."""
    engine = Engine(EXAMPLE / "r1", SarkSettings(deadline=10))
    yield engine
    engine.close()


@asynccontextmanager
async def routing(
    engine: Engine | None,
    url: str | None,
    *,
    fallback: Mapping[Side, Side | None] = BOTH,
    shadow: Shadow | None = None,
    timeout: float = 20,
    failures: int = 3,
    seconds: float = LONG,
) -> AsyncIterator[Router]:
    """Open a router, and close it."""
    paths = {}
    if engine is not None:
        breaker = Breaker(Side.IN_PROCESS, failures=failures, seconds=seconds)
        paths[Side.IN_PROCESS] = Guarded(InProcess(engine), breaker)
    if url is not None:
        path = HttpPath(url, timeout=timeout, connections=20)
        paths[Side.HTTP] = Guarded(path, Breaker(Side.HTTP, failures=failures, seconds=seconds))
    router = Router(paths, fallback=fallback, shadow=shadow)
    try:
        yield router
    finally:
        await router.close()


def counted(name: str, **labels: str) -> float:
    """Return the figure that the metrics show."""
    families = text_string_to_metric_families(metrics.exposition()[0].decode())
    found = [s.value for f in families for s in f.samples if s.name == name and labels.items() <= s.labels.items()]
    return sum(found)


# --- Who answers


@pytest.mark.parametrize("first", Side)
async def test_the_flagged_side_answers_and_the_other_is_not_asked(
    example: Engine, example_opa: Opa, first: Side
) -> None:
    """A question is asked once, where its flag says; both sides answer alike."""
    with chaos.Chaos(example_opa.port) as between:
        async with routing(example, between.url) as router:
            before = counted("opa_evaluation_duration_seconds_count", implementation=first.value)
            answer = await router.decide(QUESTION, first)
            after = counted("opa_evaluation_duration_seconds_count", implementation=first.value)
            assert (first, RESULT) == (answer.side, answer.result)
            assert (1 if first is Side.HTTP else 0) == between.asked
            assert before + 1 == after


@pytest.mark.parametrize("first", Side)
async def test_where_there_is_one_path_it_serves_both_sides(example: Engine, first: Side) -> None:
    """Without an OPA server everything is decided in-process, and that is no fallback."""
    before = counted("implementation_fallback_total")
    async with routing(example, None) as router:
        assert Side.IN_PROCESS is (await router.decide(QUESTION, first)).side
        [answer] = await router.decide_batch([QUESTION], first)
        assert isinstance(answer, Answer)
        assert Side.IN_PROCESS is answer.side
    assert before == counted("implementation_fallback_total")


async def test_without_any_path_there_is_no_answer() -> None:
    """What is not set up denies, and says what to do."""
    async with routing(None, None) as router:
        with pytest.raises(NoAnswer, match="configure a bundle or an OPA server"):
            await router.decide(QUESTION, Side.HTTP)
        [answer] = await router.decide_batch([QUESTION], Side.IN_PROCESS)
        assert isinstance(answer, NoAnswer)


# --- Falling back

NAMED: dict[str, Any] = {"name": "kim", "many": [], "contradict": False}
FAILING: dict[str, tuple[dict[str, Any], dict[str, Any], Failure]] = {
    "deadline": ({"deadline": 0.005}, {"many": [*range(120)]}, Failure.TIMEOUT),
    "memory": ({"deadline": 20, "engine_memory": 16 << 20}, {"wide": [*range(600)]}, Failure.TRAP),
    "conflict": ({"deadline": 20}, {"contradict": True}, Failure.EVALUATION),
    "depth": ({"deadline": 20}, {"pad": [[]]}, Failure.INPUT),
    "size": ({"deadline": 20}, {"pad": "x" * (1 << 21)}, Failure.INPUT),
    "no bundle": ({"bundle": Path("/nowhere")}, {}, Failure.CONNECTION),
}
for _ in range(200):
    FAILING["depth"][1]["pad"] = [FAILING["depth"][1]["pad"]]


@pytest.fixture
def failing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, Question, Failure]]:
    """An engine, a question that it has no answer to, and why."""
    settings, more, failure = FAILING[request.param]
    (tmp_path / "p.rego").write_text(HARD)
    made = SarkSettings.model_validate({"bundle": tmp_path, "engine_cache_entries": 0} | settings)
    engine = Engine(made.bundle, made)
    yield engine, Question.of(NAMED | more, "p/allow"), failure
    engine.close()


@pytest.mark.parametrize("failing", FAILING, indirect=True)
async def test_row_14_opa_answers_where_the_engine_fails(failing: tuple[Engine, Question, Failure], soft: Opa) -> None:
    """Deadline, memory, conflict, an input beyond its limits, no bundle: the other path answers, and it is counted."""
    engine, question, _ = failing
    before = counted("implementation_fallback_total", feature="rust_opa")
    failed = counted("opa_evaluation_errors_total", implementation="rust")
    async with routing(engine, soft.url) as router:
        answer = await router.decide(question, Side.IN_PROCESS)
        assert (Side.HTTP, {"allow": True}) == (answer.side, answer.result)
        [again] = await router.decide_batch([question], Side.IN_PROCESS)
        assert isinstance(again, Answer)
        assert (Side.HTTP, {"allow": True}) == (again.side, again.result)
    assert before + 2 == counted("implementation_fallback_total", feature="rust_opa")
    assert failed + 2 == counted("opa_evaluation_errors_total", implementation="rust")


@pytest.mark.parametrize("failing", FAILING, indirect=True)
async def test_row_14_without_a_fallback_it_is_denied_with_the_reason(
    failing: tuple[Engine, Question, Failure], soft: Opa
) -> None:
    """Where falling back is not allowed, or nobody is there, there is no answer, and it says why."""
    engine, question, failure = failing
    for url in (soft.url, None):
        async with routing(engine, url, fallback={}) as router:
            with pytest.raises(NoAnswer) as caught:
                await router.decide(question, Side.IN_PROCESS)
            assert [failure] == [failed.failure for failed in caught.value.failures]
            assert str(caught.value.failures[0]) == str(caught.value)


async def test_row_14_the_engine_recovers_after_a_trap(tmp_path: Path, soft: Opa) -> None:
    """A trap ends an instance, not the path: the next question is decided in-process again."""
    (tmp_path / "p.rego").write_text(HARD)
    engine = Engine(tmp_path, SarkSettings(deadline=20, engine_memory=16 << 20))
    _, more, _ = FAILING["memory"]
    async with routing(engine, soft.url) as router:
        for _ in range(2):
            assert Side.HTTP is (await router.decide(Question.of(NAMED | more, "p/allow"), Side.IN_PROCESS)).side
            assert Side.IN_PROCESS is (await router.decide(Question.of(NAMED, "p/allow"), Side.IN_PROCESS)).side
    assert (2, 1) == (engine.host.stats().traps, len(engine.generations()))
    engine.close()


async def test_the_engine_answers_where_opa_fails_if_that_is_allowed(example: Engine, example_opa: Opa) -> None:
    """The other way round is an option."""
    with chaos.Chaos(example_opa.port) as between:
        between.behave = chaos.reset
        async with routing(example, between.url) as router:
            answer = await router.decide(QUESTION, Side.HTTP)
            assert (Side.IN_PROCESS, RESULT) == (answer.side, answer.result)
        async with routing(example, between.url, fallback={Side.IN_PROCESS: Side.HTTP}) as router:
            with pytest.raises(NoAnswer) as caught:
                await router.decide(QUESTION, Side.HTTP)
            assert [Side.HTTP] == [failed.side for failed in caught.value.failures]


async def test_both_fail(tmp_path: Path, example_opa: Opa) -> None:
    """What is undecided on both is denied with both reasons, in the order of asking."""
    engine = Engine(tmp_path / "nowhere", SarkSettings())
    with chaos.Chaos(example_opa.port) as between:
        between.behave = chaos.say(503, b"")
        async with routing(engine, between.url) as router:
            with pytest.raises(NoAnswer) as caught:
                await router.decide(QUESTION, Side.IN_PROCESS)
            assert [Side.IN_PROCESS, Side.HTTP] == [failed.side for failed in caught.value.failures]
            assert ("nowhere" in str(caught.value), True) == (True, "status 503" in str(caught.value))
            [answer] = await router.decide_batch([QUESTION], Side.HTTP)
            assert isinstance(answer, NoAnswer)
            assert [Side.HTTP, Side.IN_PROCESS] == [failed.side for failed in answer.failures]


WRONG = {
    "killed": chaos.reset,
    "5 s late": chaos.slow(5),
    "garbage": chaos.say(200, b"<html>"),
    "500s": chaos.say(500, b"oops"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
async def test_a_broken_opa_is_left_alone_until_it_is_well(example: Engine, example_opa: Opa, case: str) -> None:
    """Whatever is wrong with it: all decisions are right, its circuit opens, and closes when it answers again."""
    with chaos.Chaos(example_opa.port) as between:
        async with routing(example, between.url, timeout=0.2, seconds=1) as router:
            between.behave = WRONG[case]
            for _ in range(12):
                answer = await router.decide(QUESTION, Side.HTTP)
                assert (Side.IN_PROCESS, RESULT) == (answer.side, answer.result)
            assert "open" == router.circuits()[Side.HTTP]
            # Three until it opened; whatever came after were probes.
            assert between.asked <= 5
            between.behave = chaos.forward
            router_path = router.paths[Side.HTTP]
            assert isinstance(router_path, Guarded)
            assert isinstance(router_path.path, HttpPath)
            router_path.path.timeout = 20
            await asyncio.sleep(1.1)
            assert Side.HTTP is (await router.decide(QUESTION, Side.HTTP)).side
            assert {Side.IN_PROCESS: "closed", Side.HTTP: "closed"} == router.circuits()


@pytest.mark.parametrize("case", WRONG, ids=str)
async def test_a_broken_opa_does_not_touch_the_engines_decisions(example: Engine, example_opa: Opa, case: str) -> None:
    """With the shadow on every question, in-process answers come before OPA has said anything."""
    with chaos.Chaos(example_opa.port) as between:
        shadow = Shadow(1, 10)
        async with routing(example, between.url, timeout=0.5, shadow=shadow) as router:
            between.behave = WRONG[case]
            for _ in range(100):
                answer = await router.decide(QUESTION, Side.IN_PROCESS)
                assert (Side.IN_PROCESS, RESULT) == (answer.side, answer.result)
            assert 0 == shadow.compared
            await shadow.drain()
        assert 100 == shadow.compared + shadow.dropped


async def test_an_engine_that_fails_again_and_again_is_left_alone(tmp_path: Path, soft: Opa) -> None:
    """Its circuit opens, OPA answers at once, and a probe closes it."""
    (tmp_path / "p.rego").write_text(HARD)
    engine = Engine(tmp_path, SarkSettings(deadline=0.005))
    slow = Question.of(NAMED | {"many": [*range(80)]}, "p/allow")
    async with routing(engine, soft.url, seconds=2) as router:
        for _ in range(5):
            assert Side.HTTP is (await router.decide(slow, Side.IN_PROCESS)).side
        assert "open" == router.circuits()[Side.IN_PROCESS]
        before = counted("implementation_fallback_total", feature="rust_opa", error_type="open")
        assert Side.HTTP is (await router.decide(Question.of(NAMED, "p/allow"), Side.IN_PROCESS)).side
        assert before + 1 == counted("implementation_fallback_total", feature="rust_opa", error_type="open")
        await asyncio.sleep(2.1)
        assert Side.IN_PROCESS is (await router.decide(Question.of(NAMED, "p/allow"), Side.IN_PROCESS)).side
        assert "closed" == router.circuits()[Side.IN_PROCESS]
    engine.close()


async def test_cancelling_is_passed_on(example: Engine, example_opa: Opa) -> None:
    """A caller that goes away gets no fallback, and nothing counts it."""
    before = counted("implementation_fallback_total")
    with chaos.Chaos(example_opa.port) as between:
        between.behave = chaos.hang
        async with routing(example, between.url) as router:
            for _ in range(5):
                task = asyncio.create_task(router.decide(QUESTION, Side.HTTP))
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert "closed" == router.circuits()[Side.HTTP]
    assert before == counted("implementation_fallback_total")


# --- Batches


async def test_a_batch_falls_back_question_by_question(tmp_path: Path, soft: Opa) -> None:
    """Those that the engine decides are its own; only the others go to OPA, and all come in order."""
    (tmp_path / "p.rego").write_text(HARD)
    engine = Engine(tmp_path, SarkSettings(deadline=20))
    documents = [NAMED | {"n": n, "contradict": n % 4 == 0} for n in range(40)]
    with chaos.Chaos(soft.port) as between:
        async with routing(engine, between.url) as router:
            answers = await router.decide_batch([Question.of(d, "p/allow") for d in documents], Side.IN_PROCESS)
            found = [(each.side, each.result) for each in answers if isinstance(each, Answer)]
            sides = [Side.IN_PROCESS if n % 4 else Side.HTTP for n in range(40)]
            assert [(side, {"allow": True}) for side in sides] == found
            assert [] == await router.decide_batch([], Side.IN_PROCESS)
            between.behave = chaos.reset
            answers = await router.decide_batch([Question.of(d, "p/allow") for d in documents], Side.IN_PROCESS)
            kinds = [type(each) for each in answers]
            assert [Answer if n % 4 else NoAnswer for n in range(40)] == kinds
        assert 10 == between.asked - 10
    engine.close()


async def test_health_and_circuits_of_each_path(example: Engine, tmp_path: Path, example_opa: Opa) -> None:
    """What can answer says so, path by path."""
    async with routing(example, example_opa.url) as router:
        assert {Side.IN_PROCESS: True, Side.HTTP: True} == await router.health()
        assert {Side.IN_PROCESS: "closed", Side.HTTP: "closed"} == router.circuits()
    async with routing(Engine(tmp_path / "nowhere", SarkSettings()), "http://127.0.0.1:1") as router:
        assert {Side.IN_PROCESS: False, Side.HTTP: False} == await router.health()

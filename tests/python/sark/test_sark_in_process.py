"""The path within the process: what is asked, what an answer holds, and what each failure is."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sark_policy import Bundle
from sark_policy.sark.answer import COMPLETED, Answer, Failure, PathFailed, Side, decision_of
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.paths.in_process import InProcess
from sark_policy.sark.paths.path import Path as AnyPath
from sark_policy.sark.question import Question
from sark_policy.sark.settings import SarkSettings

EXAMPLE = Path(__file__).parents[2] / "examples" / "mcp-gateway"

GATEWAY = """package mcp.gateway

allow if input.user.role == "admin"

reason := "because" if object.get(input, "reasons", 1) != 2
reason := "one" if input.reasons == 2
reason := "two" if input.reasons == 2

filtered_parameters := object.remove(input.parameters, ["password"])

audit_id := "a-1" if input.audit

visible contains "x"

result := {"allow": allow, "reason": reason, "more": 1}
"""
OBJECTS = """package objects

whole := {"allow": input.allow, "reason": "r", "other": 1}

flag := true

conflicting := {"allow": true} if input
conflicting := {"allow": false} if input.both

allow := 1 if input.both
allow := 2 if input.both
"""
HELPERS = "package helpers\n\nreason := 1\n\nother := 2"
CLOCK = """package clock

allow := true

reason := sprintf("at %d", [time.now_ns()])
"""
MANY = "numbers.range(1, 10000)"
SLOW = f"""package slow

allow if count([1 | some i in {MANY}; some j in {MANY}; i == j]) > 0

ok := 1
"""
SLOW_REASON = f"""package slow_reason

allow := true

reason := sprintf("%d", [count([1 | some i in {MANY}; some j in {MANY}; i == j])])
"""
MEMORY = """package memory

allow if count([[i, j] | some i in numbers.range(1, 5000); some j in numbers.range(1, 5000)]) > 0
"""
FILES = {
    "gateway.rego": GATEWAY,
    "objects.rego": OBJECTS,
    "helpers.rego": HELPERS,
    "clock.rego": CLOCK,
    "slow.rego": SLOW,
    "slow_reason.rego": SLOW_REASON,
    "memory.rego": MEMORY,
    "data.json": '{"catalog": {"allow": true}}',
    ".manifest": '{"revision": "r1"}',
}
ADMIN = {"user": {"id": "u-1", "role": "admin"}, "parameters": {"query": "q", "password": "p"}}


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine of the bundle above, with a deadline that a busy machine does not miss."""
    engine = of(FILES)
    yield engine
    engine.close()


@pytest.fixture
def path(engine: Engine) -> InProcess:
    """The path to it."""
    return InProcess(engine)


def of(files: dict[str, str], **others: Any) -> Engine:
    """Make an engine of files."""
    settings = SarkSettings(**{"deadline": 10.0, **others})
    return Engine(Bundle.of_files(files), settings)


def question(entry: str, document: Any = None) -> Question:
    """Make a question."""
    return Question.of({} if document is None else document, entry)


def decide(path: InProcess, entry: str, document: Any = None) -> Answer:
    """Ask one question."""
    return asyncio.run(path.decide(question(entry, document)))


def failure(path: InProcess, entry: str, document: Any = None) -> Failure:
    """Ask a question that has no answer."""
    with pytest.raises(PathFailed) as failed:
        decide(path, entry, document)
    assert (Side.IN_PROCESS, True) == (failed.value.side, bool(failed.value.message))
    return failed.value.failure


def test_it_is_a_path(path: InProcess) -> None:
    """The router takes it as one."""
    some: AnyPath = path
    assert Side.IN_PROCESS == some.side


# --- What is asked


def test_flaw_5_7_reason_and_parameters_come_with_the_decision(path: InProcess) -> None:
    """Asking for `allow` brings what belongs to it, so that parameters are filtered; an empty filter is one."""
    answer = decide(path, "mcp/gateway/allow", ADMIN)
    members = {"allow": True, "reason": "because", "filtered_parameters": {"query": "q"}}
    assert (members, True, "r1", True, ()) == (
        answer.result,
        answer.defined,
        answer.revision,
        answer.package,
        answer.doubts,
    )
    asked = question("mcp/gateway/allow", {**ADMIN, "parameters": {"password": "p"}, "audit": True})
    decision = decision_of(asked, asyncio.run(path.decide(asked)))
    assert (True, "because", {}, "a-1") == (
        decision.allow,
        decision.reason,
        decision.filtered_parameters,
        decision.audit_id,
    )


def test_a_package_is_asked_for_its_decision(path: InProcess) -> None:
    """The package of a decision answers like its `allow`; one without a decision answers with all it has."""
    assert decide(path, "mcp/gateway/allow", ADMIN).result == decide(path, "mcp/gateway", ADMIN).result
    helpers = decide(path, "helpers")
    assert ({"reason": 1, "other": 2}, False) == (helpers.result, helpers.package)


def test_a_rule_is_asked_as_it_is(path: InProcess) -> None:
    """A rule, a part of its value, and data are answered as they are."""
    whole = {"allow": True, "reason": "r", "other": 1}
    found = [decide(path, entry, {"allow": True}).result for entry in ("objects/whole", "objects/whole/reason")]
    assert [whole, "r"] == found
    catalog = decide(path, "catalog/allow")
    assert (True, False, COMPLETED) == (
        catalog.result,
        catalog.package,
        decision_of(question("catalog/allow"), catalog).reason,
    )


def test_the_allow_of_an_object(path: InProcess) -> None:
    """`allow` of a rule is that of its object, with the object's other members; of no object it is undefined."""
    found = decide(path, "objects/whole/allow", {"allow": True})
    assert ({"allow": True, "reason": "r"}, True, True) == (found.result, found.defined, found.package)
    for entry in ("objects/flag/allow", "objects/whole/allow"):
        answer = decide(path, entry)
        assert (None, False) == (answer.result, answer.defined)
        assert False is decision_of(question(entry), answer).allow


def test_an_alias_leads_to_where_the_bundle_has_it() -> None:
    """An entry point that callers name and the bundle has elsewhere is answered from there."""
    engine = of(FILES, aliases={"mcp/a2a/allow": "mcp/gateway/allow"})
    assert True is decide(InProcess(engine), "mcp/a2a/allow", ADMIN).result["allow"]
    engine.close()


def test_flaw_5_6_what_no_policy_has_is_a_failure(path: InProcess) -> None:
    """A query that no policy answers is no denial: it fails, says so, and another path may be asked."""
    entries = ["sark/gateway/allow", "mcp/gateway/nothing", "helpers/allow", "not a path/"]
    assert [Failure.EVALUATION] * 4 == [failure(path, entry) for entry in entries]


def test_flaw_5_8_undefined_is_not_false(path: InProcess) -> None:
    """Undefined, false and failed are three outcomes."""
    undefined = decide(path, "mcp/gateway/audit_id", {"audit": False})
    absent = decide(path, "mcp/gateway/allow", {})
    false = decide(path, "objects/whole", {"allow": False})
    assert [(None, False), ({"reason": "because"}, True), (False, True)] == [
        (undefined.result, undefined.defined),
        (absent.result, absent.defined),
        (false.result["allow"], false.defined),
    ]


def test_flaw_5_10_policies_are_version_1() -> None:
    """Policies are read as Rego v1, and as v0 where the manifest says so."""
    files = {
        ".manifest": '{"file_rego_versions": {"old.rego": 0}}',
        "old.rego": "package old\n\nallow { input.n > 1 }",
        "new.rego": "package new\n\nallow if every n in input.ns { n > 1 }",
    }
    engine = of(files)
    found = [decide(InProcess(engine), entry, {"n": 2, "ns": [2]}).result for entry in ("old/allow", "new/allow")]
    assert [{"allow": True}] * 2 == found
    engine.close()


# --- What may fail


def test_a_conflict_in_the_reason_costs_the_reason(path: InProcess) -> None:
    """Two reasons neither allow nor cost a clean `allow`; they are named."""
    asked = question("mcp/gateway/allow", {**ADMIN, "reasons": 2})
    answer = asyncio.run(path.decide(asked))
    assert (("reason",), True, COMPLETED) == (
        answer.doubts,
        decision_of(asked, answer).allow,
        decision_of(asked, answer).reason,
    )
    denied = question("mcp/gateway/allow", {"reasons": 2})
    assert False is decision_of(denied, asyncio.run(path.decide(denied))).allow


def test_parameters_that_cannot_be_filtered_are_not_let_through(path: InProcess) -> None:
    """Where the filter fails, nobody is allowed."""
    asked = question("mcp/gateway/allow", {**ADMIN, "parameters": 5})
    answer = asyncio.run(path.decide(asked))
    assert (("filtered_parameters",), False) == (answer.doubts, decision_of(asked, answer).allow)


@pytest.mark.parametrize(
    ("entry", "document", "expected"),
    [
        ("objects/allow", {"both": True}, Failure.EVALUATION),
        ("objects/conflicting/allow", {"both": True}, Failure.EVALUATION),
        ("objects/conflicting", {"both": True}, Failure.EVALUATION),
        ("mcp/gateway/reason", {"reasons": 2}, Failure.EVALUATION),
        ("helpers/reason", {"x": "a" * (2 << 20)}, Failure.INPUT),
        ("mcp/gateway/allow", {"x": json.loads("[" * 200 + "]" * 200)}, Failure.INPUT),
    ],
)
def test_what_the_question_fails_by(path: InProcess, entry: str, document: Any, expected: Failure) -> None:
    """A conflict, and an input beyond the limits, are the question's own failures."""
    assert expected == failure(path, entry, document)


def test_flaw_5_9_a_policy_cannot_hang_a_worker() -> None:
    """What never ends is ended by the deadline, what eats memory by its limit; then the path answers again."""
    engine = of(FILES, deadline=0.5, engine_memory=64 << 20)
    path = InProcess(engine)
    assert [Failure.TIMEOUT, Failure.TIMEOUT] == [failure(path, entry) for entry in ("slow/allow", "slow_reason")]
    again = until_answered(path, "slow/ok")
    assert (1, Failure.TRAP, 1) == (again.result, trapped(path), until_answered(path, "slow/ok").result)
    assert ("r1", 1) == (engine.revision, len(engine.generations()))
    engine.close()


def trapped(path: InProcess) -> Failure:
    """Ask for what takes too much memory; a machine that is busy may be late first."""
    found = Failure.TIMEOUT
    for _ in range(20):
        if found is Failure.TIMEOUT:
            found = failure(path, "memory/allow")
    return found


def until_answered(path: InProcess, entry: str) -> Answer:
    """Ask again while the instance is being built afresh."""
    for _ in range(50):
        try:
            return decide(path, entry)
        except PathFailed as failed:
            assert Failure.TIMEOUT == failed.failure
    return decide(path, entry)


def test_no_engine_is_a_connection_that_fails(tmp_path: Path) -> None:
    """Without a bundle, or after the end, there is nobody to ask; none of it raises anything else."""
    missing = InProcess(Engine(tmp_path / "nothing", SarkSettings()))
    closed = of(FILES)
    closed.close()
    for path in (missing, InProcess(closed)):
        assert Failure.CONNECTION == failure(path, "mcp/gateway/allow")
        asked = [question("mcp/gateway/allow")] * 2
        found = asyncio.run(path.decide_batch(asked))
        assert [Failure.CONNECTION] * 2 == [each.failure for each in found if isinstance(each, PathFailed)]
        assert False is asyncio.run(path.health())


def test_health(path: InProcess, engine: Engine) -> None:
    """A path is well if an instance of its engine answers; closing the path leaves the engine alone."""
    assert True is asyncio.run(path.health())
    for _ in range(2):
        asyncio.run(path.close())
    assert (True, True) == (asyncio.run(path.health()), engine.opened)


# --- What an answer may be kept for


def test_what_the_clock_decides_does_not_last(path: InProcess) -> None:
    """An answer lasts only if nothing in it came from the clock, its reason included."""
    found = [decide(path, entry).deterministic for entry in ("clock/allow", "clock/reason", "helpers/reason")]
    assert [False, False, True] == found


def test_flaw_5_3_no_cache_is_needed(path: InProcess) -> None:
    """A path answers by the engine alone: no object of a cache can make it deny; what was asked before is known."""
    first, second = (decide(path, "mcp/gateway/allow", ADMIN) for _ in range(2))
    assert (False, True, True) == (first.cached, second.cached, first.result == second.result)


def test_an_answer_is_the_callers_own(path: InProcess) -> None:
    """Changing an answer changes no other one."""
    decide(path, "mcp/gateway/allow", ADMIN).result["filtered_parameters"]["password"] = "p"
    found = decide(path, "mcp/gateway/allow", ADMIN)
    assert ({"query": "q"}, True) == (found.result["filtered_parameters"], found.cached)


# --- Batches


def test_a_batch_answers_like_one_by_one(path: InProcess) -> None:
    """Answers and failures come in the questions' order, whatever entry points they mix."""
    asked = [
        question("mcp/gateway/allow", ADMIN),
        question("sark/gateway/allow", ADMIN),
        question("mcp/gateway/allow", {**ADMIN, "reasons": 2}),
        question("objects/allow", {"both": True}),
        question("objects/whole/allow", {"allow": True}),
        question("objects/allow", {"both": False}),
        question("mcp/gateway", ADMIN),
        question("mcp/gateway/visible"),
        question("helpers/reason", {"x": "a" * (2 << 20)}),
    ]
    found = asyncio.run(path.decide_batch(asked))
    assert [told(one(path, each)) for each in asked] == [told(each) for each in found]
    assert [] == asyncio.run(path.decide_batch([]))


def one(path: InProcess, asked: Question) -> Answer | PathFailed:
    """Ask a question alone."""
    try:
        return asyncio.run(path.decide(asked))
    except PathFailed as failed:
        return failed


def told(found: Answer | PathFailed) -> Any:
    """Return what counts in an answer or a failure."""
    if isinstance(found, PathFailed):
        return found.failure
    return found.result, found.defined, found.doubts, found.package, found.revision, found.deterministic


@pytest.mark.parametrize("revision", ["r1", "r2"])
def test_the_example_in_batches(revision: str) -> None:
    """Hundreds of requests of every shape, more than one crossing takes, are answered as OPA answers them."""
    settings = SarkSettings(bundle=EXAMPLE / revision, deadline=10.0)
    engine = Engine(settings.bundle, settings)
    path = InProcess(engine)
    requests = [each for each in lines("inputs.jsonl") if isinstance(each.get("input"), dict)]
    expected = {each["name"]: each.get("result") for each in lines(f"expected-{revision}.jsonl")}
    found = asyncio.run(path.decide_batch([question(each["entrypoint"], each["input"]) for each in requests]))
    assert len(requests) == len(found) > 300
    members = {"mcp/gateway/allow", "mcp/gateway/a2a/allow", "mcp/gateway/registration/allow"}
    for each, answer in zip(requests, found, strict=True):
        assert isinstance(answer, Answer)
        result = answer.result["allow"] if each["entrypoint"] in members else answer.result
        assert (each["name"], expected[each["name"]]) == (each["name"], result)
    engine.close()


def lines(name: str) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in (EXAMPLE / name).read_text("utf-8").split("\n") if line]


def test_others_have_their_turn_between_crossings(path: InProcess) -> None:
    """A batch of several crossings lets the event loop go on in between."""

    async def work() -> tuple[int, int]:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await path.decide(question("helpers/reason"))
        found = await path.decide_batch([question("helpers/reason", {"n": n}) for n in range(1000)])
        task.cancel()
        return turns, len(found)

    turns, count = asyncio.run(work())
    assert (True, 1000) == (turns >= 7, count)


def test_one_question_of_a_batch_that_never_ends() -> None:
    """It fails by itself; those beside it are answered, or late because of it, and none is lost."""
    engine = of(FILES, deadline=0.5)
    path = InProcess(engine)
    asked = [question("slow/allow"), question("slow/ok", {"n": 1})]
    found = asyncio.run(path.decide_batch(asked))
    assert [Failure.TIMEOUT, True] == [
        found[0].failure if isinstance(found[0], PathFailed) else None,
        isinstance(found[1], Answer) or found[1].failure is Failure.TIMEOUT,
    ]
    engine.close()


# --- One generation an answer


def revisions(number: int) -> Bundle:
    """Make a bundle whose every member names it; the manifest's revision is always the same."""
    members = "\n".join(
        f'{name} := "r{number}"' for name in ("audit_reason", "reason", "filtered_parameters", "audit_id")
    )
    return Bundle.of_files({"a.rego": f"package p\n\nallow := true\n\n{members}", ".manifest": '{"revision": "same"}'})


@pytest.mark.slow
def test_an_answer_is_of_one_generation() -> None:
    """While bundles go live and back, no answer mixes two of them, and its revision is that of one content alone."""
    engine = Engine(revisions(0), SarkSettings(deadline=10.0))
    path = InProcess(engine)
    stop = threading.Event()
    faults: list[str] = []

    def turn(work: Callable[[], object]) -> None:
        while not stop.is_set():
            try:
                work()
            except Exception as error:
                faults.append(repr(error))
                return

    engine.host  # noqa: B018
    engine.activate(revisions(1).archive, "kim")
    numbers = iter(range(10**9))
    works: list[Callable[[], object]] = [
        lambda: engine.activate(revisions(next(numbers) % 3).archive, "kim"),
        lambda: engine.rollback("lee"),
    ]
    threads = [threading.Thread(target=turn, args=(work,)) for work in works]
    seen: set[tuple[Any, ...]] = set()

    async def ask() -> None:
        n = 0
        while not faults and (len(seen) < 3 or engine.generations()[0].number < 60):
            n += 1
            found = [await path.decide(question("p/allow", {"n": n}))]
            batch = await path.decide_batch([question("p/allow", {"n": -n}), question("p", {"n": -n})])
            found += [each for each in batch if isinstance(each, Answer)]
            for answer in found:
                names = {value for name, value in answer.result.items() if name != "allow"}
                seen.add((answer.revision, *names))
            await asyncio.sleep(0)

    for thread in threads:
        thread.start()
    try:
        asyncio.run(ask())
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        engine.close()
    assert ([], 3, {2}) == (faults, len({each[0] for each in seen}), {len(each) for each in seen})
    assert 3 == len({each[1] for each in seen})

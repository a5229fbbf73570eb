"""The circuit breaker of a path, against a real OPA that is well, gone, slow, and back."""

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

import chaos
from real_opa import Opa
from sark_policy.sark.answer import Answer, Failure, PathFailed, Side
from sark_policy.sark.metrics import exposition
from sark_policy.sark.paths.breaker import Breaker, Guarded
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.question import Question

pytestmark = pytest.mark.anyio

QUESTION = Question.of({"user": {"id": "u-1"}, "context": {}}, "mcp/gateway/result")
BROKEN = PathFailed(Side.HTTP, Failure.CONNECTION, "gone")
LONG = 600.0


@pytest.fixture
def between(example_opa: Opa) -> Iterator[chaos.Chaos]:
    """A server in front of a real OPA that does what it is told."""
    with chaos.Chaos(example_opa.port) as server:
        yield server


@asynccontextmanager
async def guarding(server: chaos.Chaos, failures: int = 3, seconds: float = LONG) -> AsyncIterator[Guarded]:
    """Open a path behind a breaker."""
    path = HttpPath(server.url, timeout=20, connections=50)
    try:
        yield Guarded(path, Breaker(Side.HTTP, failures=failures, seconds=seconds))
    finally:
        await path.close()


async def outcome(path: Guarded) -> Failure | None:
    """Ask once; `None`: there was an answer."""
    try:
        await path.decide(QUESTION)
    except PathFailed as failed:
        return failed.failure
    return None


def state(breaker: Breaker) -> str:
    """Return the state now, which mypy takes for the state before."""
    return breaker.state


async def test_opens_after_failures_in_a_row_and_closes_by_a_probe(between: chaos.Chaos) -> None:
    """A path that fails is left alone, probed once the time is up, and used again once it is well."""
    async with guarding(between, seconds=0.2) as path:
        between.behave = chaos.reset
        assert [Failure.CONNECTION] * 3 == [await outcome(path) for _ in range(3)]
        assert "open" == state(path.breaker)
        asked = between.asked
        assert [Failure.OPEN] * 5 == [await outcome(path) for _ in range(5)]
        assert asked == between.asked
        await asyncio.sleep(0.25)
        assert "half_open" == state(path.breaker)
        between.behave = chaos.forward
        assert await outcome(path) is None
        assert "closed" == state(path.breaker)
        # It takes as many failures as before to open it again.
        between.behave = chaos.reset
        assert [Failure.CONNECTION] * 2 == [await outcome(path) for _ in range(2)]
        assert "closed" == state(path.breaker)


async def test_an_answer_in_between_starts_the_count_again(between: chaos.Chaos) -> None:
    """Only failures in a row open a circuit."""
    async with guarding(between) as path:
        for _ in range(4):
            between.behave = chaos.reset
            assert [Failure.CONNECTION] * 2 == [await outcome(path) for _ in range(2)]
            between.behave = chaos.forward
            assert await outcome(path) is None
        assert "closed" == state(path.breaker)


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (chaos.say(400, b""), Failure.INPUT),
        (chaos.say(500, b'{"errors": [{"code": "eval_conflict_error"}]}'), Failure.EVALUATION),
    ],
    ids=["input", "evaluation"],
)
async def test_failures_of_the_question_open_nothing(
    between: chaos.Chaos, behaviour: chaos.Behaviour, failure: Failure
) -> None:
    """Somebody who sends bad inputs must not take a path away from everybody else."""
    async with guarding(between) as path:
        between.behave = behaviour
        assert [failure] * 10 == [await outcome(path) for _ in range(10)]
        assert "closed" == state(path.breaker)


async def test_timeouts_open_it(between: chaos.Chaos) -> None:
    """A server that is slow breaks the circuit as one that is gone does."""
    async with guarding(between) as path:
        between.behave = chaos.slow(5)
        assert isinstance(path.path, HttpPath)
        path.path.timeout = 0.1
        assert [Failure.TIMEOUT] * 3 == [await outcome(path) for _ in range(3)]
        assert Failure.OPEN is await outcome(path)


async def test_one_probe_at_a_time(between: chaos.Chaos) -> None:
    """When the time is up one call goes through, however many are waiting."""
    async with guarding(between, seconds=0.1) as path:
        between.behave = chaos.reset
        for _ in range(3):
            await outcome(path)
        await asyncio.sleep(0.15)
        asked, between.behave = between.asked, chaos.slow(0.2)
        outcomes = await asyncio.gather(*[outcome(path) for _ in range(20)])
        assert ([None] + [Failure.OPEN] * 19, asked + 1) == (outcomes, between.asked)
        assert [None] * 20 == await asyncio.gather(*[outcome(path) for _ in range(20)])


async def test_a_probe_that_fails_opens_it_again(between: chaos.Chaos) -> None:
    """The path is left alone for the whole time again."""
    async with guarding(between, seconds=0.2) as path:
        between.behave = chaos.reset
        for _ in range(3):
            await outcome(path)
        for _ in range(2):
            await asyncio.sleep(0.25)
            assert "half_open" == state(path.breaker)
            assert [Failure.CONNECTION, Failure.OPEN] == [await outcome(path), await outcome(path)]
            assert "open" == state(path.breaker)


async def test_a_probe_that_finds_a_bad_question_closes_it(between: chaos.Chaos) -> None:
    """A server that judges the question is well."""
    async with guarding(between, seconds=0.1) as path:
        between.behave = chaos.reset
        for _ in range(3):
            await outcome(path)
        await asyncio.sleep(0.15)
        between.behave = chaos.say(400, b"")
        assert Failure.INPUT is await outcome(path)
        assert "closed" == state(path.breaker)


async def test_cancelling_counts_for_nothing(between: chaos.Chaos) -> None:
    """A caller that goes away is neither a failure nor a success, and frees the probe."""

    async def cancelled(path: Guarded) -> None:
        task = asyncio.create_task(path.decide(QUESTION))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async with guarding(between, seconds=0.1) as path:
        between.behave = chaos.hang
        for _ in range(5):
            await cancelled(path)
        assert "closed" == state(path.breaker)
        between.behave = chaos.reset
        for _ in range(2):
            await outcome(path)
        between.behave = chaos.hang
        await cancelled(path)
        between.behave = chaos.reset
        await outcome(path)  # the third in a row all the same
        await asyncio.sleep(0.15)
        assert "half_open" == state(path.breaker)
        between.behave = chaos.hang
        await cancelled(path)
        assert "half_open" == state(path.breaker)
        between.behave = chaos.forward
        assert await outcome(path) is None
        assert "closed" == state(path.breaker)


def test_what_began_before_says_nothing_of_now() -> None:
    """A late success does not close a circuit, and a late failure does not open one."""
    breaker = Breaker(Side.HTTP, failures=2, seconds=0.05)
    early = [breaker.admit() for _ in range(6)]
    breaker.broke(early[0], BROKEN)
    breaker.broke(early[1], BROKEN)
    assert "open" == state(breaker)
    breaker.answered(early[2])
    assert "open" == state(breaker)
    time.sleep(0.06)
    breaker.answered(early[3])
    assert "half_open" == state(breaker)
    breaker.answered(breaker.admit())
    assert "closed" == state(breaker)
    breaker.broke(early[4], BROKEN)
    breaker.broke(early[5], BROKEN)
    assert "closed" == state(breaker)


def test_one_probe_at_a_time_among_threads() -> None:
    """Threads that come at the same moment get one probe between them."""
    breaker = Breaker(Side.HTTP, failures=1, seconds=0.001)
    for _ in range(50):
        breaker.broke(breaker.admit(), BROKEN)
        time.sleep(0.002)
        gate = threading.Barrier(8)
        admitted: list[int] = []

        def come(gate: threading.Barrier = gate, admitted: list[int] = admitted) -> None:
            gate.wait()
            with suppress(PathFailed):
                admitted.append(breaker.admit())

        threads = [threading.Thread(target=come) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 1 == len(admitted)
        breaker.answered(admitted[0])
        assert "closed" == state(breaker)


async def test_a_batch_counts_as_one_call(between: chaos.Chaos) -> None:
    """One batch that fails is one failure; behind an open circuit none of its questions is asked."""
    async with guarding(between, failures=2) as path:
        between.behave = chaos.reset
        for expected in ("closed", "open"):
            answers = await path.decide_batch([QUESTION] * 10)
            assert [Failure.CONNECTION] * 10 == failures(answers)
            assert expected == state(path.breaker)
        asked = between.asked
        answers = await path.decide_batch([QUESTION] * 10)
        assert ([Failure.OPEN] * 10, asked) == (failures(answers), between.asked)


def failures(answers: Sequence[Answer | PathFailed]) -> list[Failure | None]:
    """Return why each has no answer."""
    return [each.failure if isinstance(each, PathFailed) else None for each in answers]


async def test_changes_are_logged_and_counted(between: chaos.Chaos) -> None:
    """Whoever watches sees a circuit open and close, with the reason."""
    async with guarding(between, failures=1, seconds=0.1) as path:
        with capture_logs() as logs:
            between.behave = chaos.reset
            await outcome(path)
            assert b'sark_policy_circuits{implementation="python",state="open"} 1.0' in exposition()[0]
            await asyncio.sleep(0.15)
            between.behave = chaos.forward
            await outcome(path)
        assert b'sark_policy_circuits{implementation="python",state="closed"} 1.0' in exposition()[0]
        told = [(each["event"], each["side"], each["log_level"]) for each in logs]
        assert [("circuit_opened", "python", "warning"), ("circuit_closed", "python", "info")] == told
        assert ("connection", False) == (logs[0]["failure"], logs[0]["again"])


class Careless:
    """A path that raises what no path should, and holds on to its question while it does."""

    side = Side.IN_PROCESS

    async def decide(self, question: Question) -> Answer:
        """Fail."""
        raise KeyError(question.text)

    async def decide_batch(self, questions: Sequence[Question]) -> list[Answer | PathFailed]:
        """Fail."""
        raise KeyError(questions[0].text)

    async def health(self) -> bool:
        """Be well, by its own account."""
        return True

    async def close(self) -> None:
        """Hold nothing."""


async def test_whatever_a_path_raises_is_a_failure_of_it() -> None:
    """An error nobody foresaw takes the same way as one that somebody did, without the input in its message."""
    path = Guarded(Careless(), Breaker(Side.IN_PROCESS, failures=3, seconds=LONG))
    with pytest.raises(PathFailed) as caught:
        await path.decide(QUESTION)
    assert (Failure.CONNECTION, False) == (caught.value.failure, "u-1" in str(caught.value))
    assert [Failure.CONNECTION] * 2 == failures(await path.decide_batch([QUESTION] * 2))
    assert Failure.CONNECTION is await outcome(path)
    assert Failure.OPEN is await outcome(path)
    assert await path.health()


async def test_no_input_is_kept() -> None:
    """The failure that opened a circuit is kept for its message; the question it came from is not."""

    class Marked(dict[str, object]):
        """An input that can be found again."""

    path = Guarded(Careless(), Breaker(Side.IN_PROCESS, failures=1, seconds=LONG))
    question = Question("p", Marked(), "{}", "u", "a", "r", "s")
    with pytest.raises(PathFailed):
        await path.decide(question)
    del question
    gc.collect()
    assert [] == [each for each in gc.get_objects() if type(each) is Marked]

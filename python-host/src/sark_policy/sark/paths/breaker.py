"""A circuit breaker per path: a path that fails again and again is left alone for a while, then probed.

The counting and the clock are the library `circuitbreaker`'s. Its context manager is not used: it takes a
cancelled call for a success, lets everybody through once the time is up, and lets a success that began
before the circuit opened close it.
"""

from collections import deque
from collections.abc import Sequence
from typing import Literal

from circuitbreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker

from sark_policy.sark import metrics
from sark_policy.sark.answer import BREAKS, Answer, Failure, PathFailed, Side
from sark_policy.sark.log import logger
from sark_policy.sark.paths.path import Path
from sark_policy.sark.question import Question
from sark_policy.sark.settings import SarkSettings

State = Literal["closed", "half_open", "open"]

_log = logger("breaker")


class Breaker:
    """The circuit of one path. `failures` in a row open it; after `seconds` one call at a time may probe.

    Every call that `admit` lets in ends with exactly one of `answered`, `broke` and `abandoned`. Safe to
    share between threads without a lock: what must be of one piece is one operation of a deque or an int.
    """

    def __init__(self, side: Side, *, failures: int, seconds: float) -> None:
        self.side = side
        self.seconds = seconds
        self._circuit = CircuitBreaker(failure_threshold=failures, recovery_timeout=seconds, name=side.value)
        # Which stretch between two changes of state it is. What began in an earlier one says nothing of now.
        self._stretch = 0
        # INVARIANT: holds one item, unless a probe is under way.
        self._probe = deque([None])
        self._broken = False
        metrics.circuit(side, "closed")

    @property
    def state(self) -> State:
        """The state now: `closed` lets calls in, `open` none, `half_open` one at a time."""
        state: State = self._circuit.state
        return state

    def admit(self) -> int:
        """Let a call in, and return its ticket.

        Raises:
            PathFailed: `OPEN`: the path is being left alone.
        """
        if not self._broken:
            return self._stretch
        if self._circuit.state == STATE_OPEN:
            raise self._refusal()
        try:
            self._probe.pop()
        except IndexError:
            raise self._refusal() from None
        if not self._broken:  # by the probe before, just now
            self._probe.append(None)
            return self._stretch
        metrics.circuit(self.side, "half_open")
        return -1

    def answered(self, ticket: int) -> None:
        """End a call that the path answered."""
        if ticket == -1:
            self._close()
            self._probe.append(None)
        elif ticket == self._stretch and self._circuit.failure_count:
            self._circuit.reset()

    def broke(self, ticket: int, failed: PathFailed) -> None:
        """End a call that the path failed by its own fault."""
        if ticket in (-1, self._stretch):
            # The library's way to count a failure. It keeps it, so it gets one without the frames, which
            # hold the input.
            kept = PathFailed(failed.side, failed.failure, failed.message)
            self._circuit.__exit__(PathFailed, kept, None)
            if self._circuit.state != STATE_CLOSED:
                self._open(failed, again=ticket == -1)
        if ticket == -1:
            self._probe.append(None)

    def abandoned(self, ticket: int) -> None:
        """End a call of which nothing is known: it was cancelled."""
        if ticket == -1:
            self._probe.append(None)

    def _open(self, failed: PathFailed, *, again: bool) -> None:
        self._broken = True
        self._stretch += 1
        metrics.circuit(self.side, "open")
        log = _log.info if again else _log.warning
        log("circuit_opened", side=self.side.value, failure=failed.failure.value, error=str(failed), again=again)

    def _close(self) -> None:
        self._circuit.reset()
        self._stretch += 1
        self._broken = False
        metrics.circuit(self.side, "closed")
        _log.info("circuit_closed", side=self.side.value)

    def _refusal(self) -> PathFailed:
        last = self._circuit.last_failure
        message = f"the path is left alone for up to {self.seconds:g} s, since it failed: {last}"
        return PathFailed(self.side, Failure.OPEN, message)


class Guarded:
    """A path behind its breaker. Failures that come with the question are answers to the breaker."""

    def __init__(self, path: Path, breaker: Breaker) -> None:
        self.path = path
        self.breaker = breaker
        self.side = path.side

    async def decide(self, question: Question) -> Answer:
        """Answer a question.

        Raises:
            PathFailed: There is no answer; `OPEN` if the path was not asked.
        """
        ticket = self.breaker.admit()
        try:
            answer = await self.path.decide(question)
        except Exception as error:
            failed = self._failure(error)
            if failed.failure in BREAKS:
                self.breaker.broke(ticket, failed)
            else:
                self.breaker.answered(ticket)
            if failed is error:
                raise
            raise failed from error
        except BaseException:
            self.breaker.abandoned(ticket)
            raise
        self.breaker.answered(ticket)
        return answer

    async def decide_batch(self, questions: Sequence[Question]) -> list[Answer | PathFailed]:
        """Answer many questions. The breaker counts one call, which failed if most of it did."""
        try:
            ticket = self.breaker.admit()
        except PathFailed as refusal:
            return [refusal] * len(questions)
        try:
            answers = await self.path.decide_batch(questions)
        except Exception as error:
            answers = [self._failure(error)] * len(questions)
        except BaseException:
            self.breaker.abandoned(ticket)
            raise
        broke = [each for each in answers if isinstance(each, PathFailed) and each.failure in BREAKS]
        if broke and 2 * len(broke) >= len(answers):
            self.breaker.broke(ticket, broke[-1])
        else:
            self.breaker.answered(ticket)
        return answers

    async def health(self) -> bool:
        """Return whether the path could answer now, whatever its circuit says."""
        return await self.path.health()

    async def close(self) -> None:
        """Let go of what the path holds."""
        await self.path.close()

    def _failure(self, error: Exception) -> PathFailed:
        """Take whatever a path raises for a failure of it: the caller denies or asks elsewhere, all the same."""
        if isinstance(error, PathFailed):
            return error
        _log.error("path_error", side=self.side.value, error_type=type(error).__name__)
        message = f"the path failed unexpectedly: {type(error).__name__}"
        return PathFailed(self.side, Failure.CONNECTION, message)


def guarded(path: Path, settings: SarkSettings) -> Guarded:
    """Put a path behind a circuit breaker of its own."""
    return Guarded(path, Breaker(path.side, failures=settings.breaker_failures, seconds=settings.breaker_seconds))

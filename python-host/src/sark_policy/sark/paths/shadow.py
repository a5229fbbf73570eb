"""The shadow: a share of the questions goes to the other path too, and what differs is kept for a person.

The caller has its answer before the other path is asked, and never waits.
"""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Sequence
from time import perf_counter

from sark_policy.sark import metrics
from sark_policy.sark.answer import Answer, Failure, PathFailed, Side
from sark_policy.sark.log import logger
from sark_policy.sark.paths.difference import Difference, Kind
from sark_policy.sark.paths.path import Path
from sark_policy.sark.question import Question

TASKS = 32
"""Most comparisons under way at a time. Beyond, questions are dropped: the shadow is never a burden."""

_log = logger("shadow")


class Shadow:
    """Asks the other path a share of the questions, and keeps what differs.

    `share` and `inputs` may be set while it runs.
    """

    def __init__(self, share: float, keep: int, inputs: bool = False) -> None:
        """Compare a share of the questions.

        Args:
            share: How many, from 0 to 1.
            keep: Most differences that are kept; the oldest goes first.
            inputs: Whether they are kept with their inputs.
        """
        self.share = share
        self.inputs = inputs
        self.compared = 0
        """Questions that both paths were asked."""
        self.dropped = 0
        """Questions of the share that were not compared: too many at a time, or the other path's circuit is open."""
        self.counts: Counter[Kind] = Counter()
        """Differences by their kind, kept or not."""
        self.differences: deque[Difference] = deque(maxlen=keep)
        """The differences, the oldest first."""
        # A loop itself keeps only weak references to its tasks.
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def share(self) -> float:
        """The share of the questions that both paths are asked, from 0 to 1."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"a share is a number from 0 to 1, not `{share!r}`")
        self._share = share

    def follow(self, answered: Sequence[tuple[Question, Answer]], other: Path) -> None:
        """Ask the other path too what was answered just now, as far as it falls into the share. Does not wait."""
        if self._share < 1:
            answered = [each for each in answered if random.random() < self._share]
        if not answered:
            return
        if len(self._tasks) >= TASKS:
            self._drop(len(answered))
            return
        task = asyncio.get_running_loop().create_task(self._compare(answered, other))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def note(self, question: Question, failed: PathFailed, answer: Answer) -> None:
        """Compare what fell back, if it falls into the share: both paths were asked already."""
        if random.random() < self._share:
            self._weigh(question, failed, answer, answered=answer.side)

    def clear(self) -> None:
        """Forget what was found and counted: from now on it counts anew. The metrics go on."""
        self.counts.clear()
        self.differences.clear()
        self.compared = self.dropped = 0

    async def drain(self) -> None:
        """Wait for the comparisons that are under way on this loop."""
        while tasks := self._here():
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """End the comparisons that are under way on this loop. The figures stay."""
        for task in self._here():
            task.cancel()
        await self.drain()

    async def _compare(self, answered: Sequence[tuple[Question, Answer]], other: Path) -> None:
        try:
            for (question, answer), second in zip(answered, await _ask(answered, other), strict=True):
                if isinstance(second, PathFailed):
                    metrics.evaluation_failed(second.side, second.failure)
                self._weigh(question, answer, second, answered=answer.side)
        except Exception as error:
            # Nobody waits for this task, so nobody else would hear of it.
            self._drop(len(answered))
            _log.error("shadow_error", error_type=type(error).__name__)

    def _weigh(self, question: Question, one: Answer | PathFailed, two: Answer | PathFailed, answered: Side) -> None:
        if any(isinstance(each, PathFailed) and each.failure is Failure.OPEN for each in (one, two)):
            self._drop(1)
            return
        difference = Difference.between(question, one, two, answered=answered, inputs=self.inputs)
        self.compared += 1
        metrics.shadow("compared")
        if difference is not None:
            self.counts[difference.kind] += 1
            self.differences.append(difference)
            metrics.shadow(difference.kind)

    def _drop(self, count: int) -> None:
        self.dropped += count
        metrics.shadow("dropped", count)

    def _here(self) -> list[asyncio.Task[None]]:
        loop = asyncio.get_running_loop()
        return [task for task in list(self._tasks) if task.get_loop() is loop]


async def _ask(answered: Sequence[tuple[Question, Answer]], other: Path) -> list[Answer | PathFailed]:
    if len(answered) > 1:
        return await other.decide_batch([question for question, _ in answered])
    question = answered[0][0]
    started = perf_counter()
    try:
        answer = await other.decide(question)
    except PathFailed as failed:
        return [failed]
    metrics.asked(other.side, question.path, perf_counter() - started)
    return [answer]

"""The path within this process: the engine.

What is asked for an entry point is `policy.Policy`'s to say. Of a package each member of the decision has an outcome
of its own: one that fails, say because two reasons conflict, is named in `Answer.doubts`, and neither allows nor
costs a clean `allow`. If `allow` fails, the question has.

An answer is that of one generation, whichever bundle goes live meanwhile.
"""

import asyncio
import time
from collections.abc import Sequence

from sark_policy._decision import Decision
from sark_policy._encoding import Encoded
from sark_policy._exceptions import (
    DeadlineElapsed,
    EvaluationFailed,
    InputNotSerializable,
    InputRefused,
    MemoryExhausted,
    Saturated,
    StackExhausted,
    Trapped,
    Undecided,
    UnknownEntrypoint,
)
from sark_policy._instance import BATCH
from sark_policy.sark.answer import MEMBERS, Answer, Failure, PathFailed, Side
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.engine.policy import Policy, Reading
from sark_policy.sark.question import Question

FAILURES: tuple[tuple[type[Undecided], Failure], ...] = (
    (DeadlineElapsed, Failure.TIMEOUT),
    (Saturated, Failure.TIMEOUT),
    (Trapped, Failure.TRAP),
    (MemoryExhausted, Failure.TRAP),
    (StackExhausted, Failure.TRAP),
    (InputRefused, Failure.INPUT),
    (InputNotSerializable, Failure.INPUT),
    (EvaluationFailed, Failure.EVALUATION),
    (UnknownEntrypoint, Failure.EVALUATION),
)
"""What everything else is: `CONNECTION`, for there is no engine."""

Found = Decision | Undecided


class InProcess:
    """Asks the engine of this process."""

    side = Side.IN_PROCESS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def decide(self, question: Question) -> Answer:
        """Answer a question. It takes microseconds and the engine's deadline at most, so it does not yield.

        Raises:
            PathFailed: The engine gave no answer.
        """
        try:
            if not self._engine.opened:
                await self._engine.ready()
            return self._decide(question)
        except PathFailed:
            raise
        except Exception as error:
            raise _failed(error) from error

    async def decide_batch(self, questions: Sequence[Question]) -> list[Answer | PathFailed]:
        """Answer many questions, in their order: 128 of one entry point in one crossing.

        Others have their turn between crossings of 128 questions. A failure stands in its question's place.
        """
        answers: list[Answer | PathFailed] = []
        for start in range(0, len(questions), BATCH):
            some = questions[start : start + BATCH]
            try:
                if not self._engine.opened:
                    await self._engine.ready()
                elif start:
                    await asyncio.sleep(0)
                answers += self._decide_some(some)
            except Exception as error:
                answers += [_failed(error) for _ in some]
        return answers

    async def health(self) -> bool:
        """Return whether the engine could answer now: whether an instance does. Never raises."""
        try:
            return (await self._engine.ready()).stats().memory > 0
        except Exception:
            return False

    async def close(self) -> None:
        """Nothing: the engine is its owner's to close."""

    def _decide(self, question: Question) -> Answer:
        host = self._engine.host
        until = time.monotonic() + self._engine.settings.deadline
        asked = Encoded(question.text)
        while True:
            policy = self._engine.policy()
            reading = self._reading(policy, question.path)
            found: Sequence[Found]
            if len(reading.asked) == 1:
                found = [host.decide(reading.asked[0], asked)]
            else:
                found = host.decide_each(reading.asked, asked)
            if self._engine.policy() is policy:
                return _answer(policy, reading, found)
            # Another bundle went live meanwhile, so the members may be of both.
            if time.monotonic() > until:
                raise _overtaken()

    def _decide_some(self, questions: Sequence[Question]) -> list[Answer | PathFailed]:
        until = time.monotonic() + self._engine.settings.deadline
        while True:
            policy = self._engine.policy()
            places: dict[Reading, list[int]] = {}
            for place, question in enumerate(questions):
                places.setdefault(self._reading(policy, question.path), []).append(place)
            answers: dict[int, Answer | PathFailed] = {}
            for reading, share in places.items():
                texts = [Encoded(questions[place].text) for place in share]
                answers |= zip(share, self._share(policy, reading, texts), strict=True)
            if self._engine.policy() is policy:
                return [answers[place] for place in range(len(questions))]
            if time.monotonic() > until:
                return [_overtaken() for _ in questions]

    def _share(self, policy: Policy, reading: Reading, asked: list[Encoded]) -> list[Answer | PathFailed]:
        """Answer questions that are asked in the same way."""
        found: list[list[Found]] = [[] for _ in asked]
        for entry in reading.asked:
            open = [each for each in range(len(asked)) if not _ends(found[each])]
            decided = self._engine.host.decide_batch(entry, [asked[each] for each in open])
            for each, decision in zip(open, decided, strict=True):
                found[each].append(decision)
        answers: list[Answer | PathFailed] = []
        for decisions in found:
            try:
                answers.append(_answer(policy, reading, decisions))
            except Undecided as undecided:
                answers.append(_failed(undecided))
        return answers

    def _reading(self, policy: Policy, path: str) -> Reading:
        return policy.reading(policy.resolve(path, self._engine.settings.aliases))


def _ends(found: Sequence[Found]) -> bool:
    """Whether there is no answer, for what was found last."""
    return bool(found) and _fatal(len(found) - 1, found[-1])


def _fatal(place: int, found: Found) -> bool:
    """Whether a member costs the whole answer: only another than the first, `allow`, may fail, and only by itself."""
    return isinstance(found, Undecided) and (place == 0 or not isinstance(found, EvaluationFailed))


def _answer(policy: Policy, reading: Reading, found: Sequence[Found]) -> Answer:
    """Put an answer together.

    Raises:
        Undecided: There is none.
    """
    for place, each in enumerate(found):
        if isinstance(each, Undecided) and _fatal(place, each):
            raise each
    decisions = [each for each in found if isinstance(each, Decision)]
    package = reading.object or bool(reading.members)
    doubts: list[str] = []
    if reading.members:
        result = {}
        for name, each in zip(reading.members, found, strict=True):
            if isinstance(each, Undecided):
                doubts.append(name)
            elif each.defined:
                result[name] = each.result
    else:
        result = decisions[0].result
        if reading.object:
            result = {name: result[name] for name in MEMBERS if name in result} if isinstance(result, dict) else {}
    defined = bool(result) if package else decisions[0].defined
    return Answer(
        side=Side.IN_PROCESS,
        result=result if defined else None,
        defined=defined,
        revision=policy.revision,
        deterministic=all(decision.diagnostics.deterministic for decision in decisions),
        cached=all(decision.cached for decision in decisions),
        doubts=tuple(doubts),
        package=package,
    )


def _failed(error: Exception) -> PathFailed:
    """Say what an error is to the router. What is no error of a decision means that there is no engine."""
    failure = next((failure for kind, failure in FAILURES if isinstance(error, kind)), Failure.CONNECTION)
    return PathFailed(Side.IN_PROCESS, failure, str(error) or type(error).__name__)


def _overtaken() -> PathFailed:
    message = "one bundle after the other went live while the question was asked; activate less often"
    return PathFailed(Side.IN_PROCESS, Failure.TIMEOUT, message)

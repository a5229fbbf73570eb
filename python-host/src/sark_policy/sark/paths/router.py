"""The router: which path a question takes, and where it goes when that one has no answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from sark_policy.sark import metrics
from sark_policy.sark.answer import Answer, PathFailed, Side
from sark_policy.sark.paths.breaker import Guarded, State
from sark_policy.sark.paths.path import Path
from sark_policy.sark.paths.shadow import Shadow
from sark_policy.sark.question import Question

FEATURE = "rust_opa"
"""The feature whose flag says which path is first."""


class NoAnswer(Exception):
    """No path had an answer, so deny."""

    def __init__(self, failures: tuple[PathFailed, ...]) -> None:
        super().__init__(failures)
        self.failures = failures
        """What happened, in the order in which the paths were asked."""

    @property
    def cause(self) -> str:
        """Why the last one had none, by the kind of its failure; `no_path`: there is no path."""
        return self.failures[-1].failure.value if self.failures else "no_path"

    @property
    def causes(self) -> list[str]:
        """What happened in each path, without its message, which may quote the input: for a log."""
        return [f"{failed.side.value}: {failed.failure.value}" for failed in self.failures]

    def __str__(self) -> str:
        if not self.failures:
            return "there is no path to an answer; configure a bundle or an OPA server"
        return "; ".join(str(failed) for failed in self.failures)


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a question that is for one side first."""

    path: Path
    """Who is asked."""
    fallback: Path | None
    """Who is asked if the first has no answer."""
    other: Path | None
    """Who is asked in the shadow."""


class Router:
    """Asks one path, and the other one if need be. It does not wait for anything but a path."""

    def __init__(
        self,
        paths: Mapping[Side, Path],
        *,
        fallback: Mapping[Side, Side | None],
        shadow: Shadow | None = None,
    ) -> None:
        """Route between the paths that there are.

        Args:
            paths: Each side's path. A side without one is served by the other side.
            fallback: For each side, which one to ask where it has no answer; absent or `None`: deny.
            shadow: Compares both sides.
        """
        self.paths = dict(paths)
        self.shadow = shadow
        self._routes: dict[Side, Route] = {}
        for side in Side:
            path = self.paths.get(side) or next(iter(self.paths.values()), None)
            if path is not None:
                other = next((each for each in self.paths.values() if each is not path), None)
                allowed = other is not None and fallback.get(path.side) is other.side
                self._routes[side] = Route(path, other if allowed else None, other)

    async def decide(self, question: Question, first: Side) -> Answer:
        """Answer a question by the path of a side, or else by the other one.

        Raises:
            NoAnswer: Deny.
        """
        route = self._routes.get(first)
        if route is None:
            raise NoAnswer(())
        started = perf_counter()
        try:
            answer = await route.path.decide(question)
        except PathFailed as failed:
            return await self._fall_back(question, route, failed)
        metrics.asked(answer.side, question.path, perf_counter() - started)
        shadow = self.shadow
        if shadow is not None and shadow.share and route.other is not None:
            shadow.follow([(question, answer)], route.other)
        return answer

    async def decide_batch(self, questions: Sequence[Question], first: Side) -> list[Answer | NoAnswer]:
        """Answer many questions, in their order: one crossing for those of one entry point, if in-process.

        Those that have no answer there go to the other path, and the rest does not wait for them to be decided
        again.
        """
        route = self._routes.get(first)
        if route is None:
            return [NoAnswer(())] * len(questions)
        if not questions:
            return []
        found = await route.path.decide_batch(questions)
        failed = [place for place, answer in enumerate(found) if isinstance(answer, PathFailed)]
        answers: list[Answer | NoAnswer] = [NoAnswer((a,)) if isinstance(a, PathFailed) else a for a in found]
        if failed:
            await self._fall_back_batch(questions, route, answers, failed)
        shadow = self.shadow
        if shadow is not None and shadow.share and route.other is not None:
            pairs = zip(questions, found, strict=True)
            answered = [(question, answer) for question, answer in pairs if isinstance(answer, Answer)]
            if answered:
                shadow.follow(answered, route.other)
        return answers

    def circuits(self) -> dict[Side, State]:
        """Return the state of each path's circuit."""
        return {side: path.breaker.state for side, path in self.paths.items() if isinstance(path, Guarded)}

    async def health(self) -> dict[Side, bool]:
        """Return for each path whether it could answer now."""
        return {side: await path.health() for side, path in self.paths.items()}

    async def close(self) -> None:
        """End the shadow, and let the paths go."""
        if self.shadow is not None:
            await self.shadow.close()
        for path in self.paths.values():
            await path.close()

    async def _fall_back(self, question: Question, route: Route, failed: PathFailed) -> Answer:
        metrics.evaluation_failed(failed.side, failed.failure)
        if route.fallback is None:
            raise NoAnswer((failed,)) from failed
        metrics.fell_back(FEATURE, failed.failure)
        started = perf_counter()
        try:
            answer = await route.fallback.decide(question)
        except PathFailed as second:
            metrics.evaluation_failed(second.side, second.failure)
            raise NoAnswer((failed, second)) from second
        metrics.asked(answer.side, question.path, perf_counter() - started)
        if self.shadow is not None and self.shadow.share:
            self.shadow.note(question, failed, answer)
        return answer

    async def _fall_back_batch(
        self, questions: Sequence[Question], route: Route, answers: list[Answer | NoAnswer], places: list[int]
    ) -> None:
        """Ask the other path what the first one had no answer to, and put its answers in place."""
        firsts = {place: answers[place].failures[0] for place in places}  # type: ignore[union-attr]
        for failed in firsts.values():
            metrics.evaluation_failed(failed.side, failed.failure)
        if route.fallback is None:
            return
        for failed in firsts.values():
            metrics.fell_back(FEATURE, failed.failure)
        seconds = await route.fallback.decide_batch([questions[place] for place in places])
        for place, second in zip(places, seconds, strict=True):
            if isinstance(second, PathFailed):
                metrics.evaluation_failed(second.side, second.failure)
                answers[place] = NoAnswer((firsts[place], second))
                continue
            answers[place] = second
            if self.shadow is not None and self.shadow.share:
                self.shadow.note(questions[place], firsts[place], second)

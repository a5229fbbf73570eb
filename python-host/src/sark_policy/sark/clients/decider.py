"""From a question to a decision: the cache, then the paths. It raises nothing; what is undecided is denied."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from logging import DEBUG
from typing import Any

from sark_policy.sark import metrics
from sark_policy.sark.answer import FAILED, INTERNAL, Answer, Side, decision_of
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.clients.kept import Kept, Origin, asked_of, sealed
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.log import logger
from sark_policy.sark.metrics import CacheStatus
from sark_policy.sark.models import AuthorizationDecision
from sark_policy.sark.paths.router import NoAnswer, Router
from sark_policy.sark.question import Question
from sark_policy.sark.tracing import span

_log = logger("client")


class Decider:
    """Decides questions by a router and, where one is given, a policy cache: ours or the gateway's."""

    def __init__(self, router: Router, engine: Engine | None, server: str | None = None) -> None:
        """Put the parts together.

        Args:
            router: Asks the paths.
            engine: The engine that the in-process path asks.
            server: The address that the path over HTTP asks.
        """
        self.router = router
        self._engine = engine
        self._server = server

    def serve(self, cache: Any) -> None:
        """Let a cache ask its stale questions again here. Of several who offer that, the last one is asked."""
        register = getattr(cache, "set_revalidate_callback", None)
        if callable(register):
            register(self.revalidate if isinstance(cache, RustPolicyCache) else self._revalidate_sealed)

    async def decide(self, question: Question, side: Side, cache: Any) -> AuthorizationDecision:
        """Decide one question, asking `side` first."""
        start = time.perf_counter()
        status: CacheStatus = "off"
        try:
            kept = Kept.of(cache)
            with span("sark_policy.decide", path=question.path, first=side.value) as current:
                decision = None
                if kept is not None:
                    decision, status = await kept.find(question, self._origin(side))
                if decision is None:
                    began = time.perf_counter()
                    answer = await self.router.decide(question, side)
                    decision = decision_of(question, answer)
                    side = answer.side
                    if kept is not None:
                        kept.evaluated(time.perf_counter() - began)
                        if _keeps(answer):
                            await kept.keep(question, self._origin_of(answer), decision)
                current.note(allow=decision.allow, cache_status=status, implementation=side.value)
        except NoAnswer as undecided:
            metrics.undecided(undecided.cause)
            _log.warning("policy_evaluation_failed", path=question.path, failures=undecided.causes)
            return deny(f"{FAILED}: {undecided}")
        except Exception as error:
            metrics.undecided("unexpected")
            return unexpected(error)
        seconds = time.perf_counter() - start
        metrics.evaluated(side.value, question.action, question.sensitivity, decision.allow, status, seconds)
        if _log.isEnabledFor(DEBUG):
            event = "policy_evaluated_rust" if side is Side.IN_PROCESS else "policy_evaluated"
            _log.debug(event, path=question.path, allow=decision.allow, cache=status)
        return decision

    async def decide_batch(self, questions: Sequence[Question], side: Side, cache: Any) -> list[AuthorizationDecision]:
        """Decide many questions, asking `side` first: in-process, that is one crossing for each entry point."""
        if not questions:
            return []
        try:
            with span("sark_policy.decide_batch", count=len(questions), first=side.value):
                return await self._many(questions, side, Kept.of(cache, batches=True))
        except Exception as error:
            metrics.undecided("unexpected", len(questions))
            return [unexpected(error) for _ in questions]

    async def revalidate(
        self, user_id: str, action: str, resource: str, context: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """Ask a cached question again, all of it. None: nothing new is known, and the old answer ends in its time."""
        decision = await self._ask_again(user_id, resource, context)
        return None if decision is None else decision.model_dump()

    async def _revalidate_sealed(
        self, user_id: str, action: str, resource: str, context: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        decision = await self._ask_again(user_id, resource, context)
        return None if decision is None or context is None else sealed(decision, context)

    async def _ask_again(self, user_id: str, resource: str, context: Any) -> AuthorizationDecision | None:
        asked = asked_of(context, user_id, resource)
        if asked is None:
            return None  # somebody else's entry
        question, origin = asked
        if self._origin(origin.side) != origin:
            return None  # whoever decided it is not asked any more
        try:
            answer = await self.router.decide(question, origin.side)
        except Exception as error:
            _log.warning("cache_revalidation_failed", error=type(error).__name__)
            metrics.revalidated(False)
            return None
        # Where another path, bundle or server has answered, that is another entry.
        if self._origin_of(answer) != origin or not _keeps(answer):
            return None
        metrics.revalidated(True)
        return decision_of(question, answer)

    async def _many(self, questions: Sequence[Question], side: Side, kept: Kept | None) -> list[AuthorizationDecision]:
        start = time.perf_counter()
        decisions: list[AuthorizationDecision | None] = [None] * len(questions)
        counts: Counter[tuple[str, str, str, bool, CacheStatus]] = Counter()
        if kept is not None:
            decisions = await kept.find_batch(questions, self._origin(side))
            for question, decision in zip(questions, decisions, strict=True):
                if decision is not None:
                    counts[(side.value, question.action, question.sensitivity, decision.allow, "hit")] += 1
        missed = [place for place, decision in enumerate(decisions) if decision is None]
        answers = await self.router.decide_batch([questions[place] for place in missed], side) if missed else []
        news = []
        status: CacheStatus = "off" if kept is None else "miss"
        for place, answer in zip(missed, answers, strict=True):
            question = questions[place]
            if isinstance(answer, NoAnswer):
                metrics.undecided(answer.cause)
                _log.warning("batch_evaluation_error", path=question.path, failures=answer.causes)
                decisions[place] = deny(f"{FAILED}: {answer}")
                continue
            decision = decisions[place] = decision_of(question, answer)
            counts[(answer.side.value, question.action, question.sensitivity, decision.allow, status)] += 1
            if _keeps(answer):
                news.append((question, self._origin_of(answer), decision))
        if kept is not None:
            await kept.keep_batch(news)
        seconds = time.perf_counter() - start
        metrics.batch(len(questions), seconds)
        # Each waited for its share of the whole.
        for counted, times in counts.items():
            metrics.evaluated(*counted, seconds / len(questions), times)
        return [deny(INTERNAL) if decision is None else decision for decision in decisions]

    def _origin(self, side: Side) -> Origin:
        """Return who would decide now on a side."""
        if side is Side.HTTP or self._engine is None:
            return Origin(side, self._server)
        return Origin(side, self._engine.digest(self._engine.revision))

    def _origin_of(self, answer: Answer) -> Origin:
        """Return who has decided."""
        if answer.side is Side.HTTP or self._engine is None:
            return Origin(answer.side, self._server)
        return Origin(answer.side, self._engine.digest(answer.revision))


def deny(reason: str) -> AuthorizationDecision:
    """Return a denial."""
    return AuthorizationDecision(allow=False, reason=reason)


def unexpected(error: Exception) -> AuthorizationDecision:
    """Return the denial for an error that nobody foresaw. Its message is not logged: it may quote the input."""
    _log.error("unexpected_error", error=type(error).__name__)
    return deny(f"{INTERNAL}: {type(error).__name__}")


def _keeps(answer: Answer) -> bool:
    """Whether an answer may be given again. OPA does not tell; its answers were always kept."""
    return (answer.deterministic or answer.side is Side.HTTP) and not answer.doubts

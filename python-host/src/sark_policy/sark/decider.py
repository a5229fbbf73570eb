"""From a question to a decision: the cache, then the paths. It raises nothing; what is undecided is denied.

What makes a cached decision a question's own is its whole context: entry point, path, revision and input.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from logging import DEBUG
from typing import Any

from pydantic import ValidationError

from sark_policy.sark import metrics
from sark_policy.sark.answer import FAILED, INTERNAL, Answer, Side, decision_of
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.engine import Engine
from sark_policy.sark.log import logger
from sark_policy.sark.metrics import CacheStatus
from sark_policy.sark.models import AuthorizationDecision
from sark_policy.sark.question import Question
from sark_policy.sark.router import NoAnswer, Router
from sark_policy.sark.tracing import span

TTL = {"critical": 60, "high": 120, "confidential": 120, "medium": 180, "internal": 180, "low": 300, "public": 300}
"""How long a decision is kept by sensitivity, in seconds."""
TTL_OTHERWISE = 120

_log = logger("client")


class Decider:
    """Decides questions by a router and, where one is given, a policy cache: ours or the gateway's."""

    def __init__(self, router: Router, engine: Engine | None) -> None:
        self.router = router
        self._engine = engine

    def serve(self, cache: Any) -> None:
        """Let a cache ask its stale questions again here."""
        register = getattr(cache, "set_revalidate_callback", None)
        if callable(register):
            register(self.revalidate)

    async def decide(self, question: Question, side: Side, cache: Any) -> AuthorizationDecision:
        """Decide one question, asking `side` first."""
        start = time.perf_counter()
        status: CacheStatus = "off" if cache is None or not cache.enabled else "miss"
        try:
            with span("sark_policy.decide", path=question.path, first=side.value) as current:
                decision = None
                if status != "off":
                    decision, status = await self._find(cache, question, side)
                if decision is None:
                    began = time.perf_counter()
                    answer = await self.router.decide(question, side)
                    decision = decision_of(question, answer)
                    side = answer.side
                    if status == "miss":
                        cache.record_opa_latency((time.perf_counter() - began) * 1e3)
                        await self._keep(cache, question, answer, decision)
                current.note(allow=decision.allow, cache_status=status, implementation=side.value)
        except NoAnswer as undecided:
            metrics.undecided(undecided.cause)
            _log.warning("policy_evaluation_failed", path=question.path, reason=str(undecided))
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
                return await self._many(questions, side, cache)
        except Exception as error:
            metrics.undecided("unexpected", len(questions))
            return [unexpected(error) for _ in questions]

    async def revalidate(
        self, user_id: str, action: str, resource: str, context: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """Ask a cached question again, all of it. None: nothing new is known, and the old answer ends in its time."""
        if not isinstance(context, Mapping) or not {"path", "side", "revision", "input"} <= context.keys():
            return None
        try:
            question = Question.of(context["input"], context["path"], user_id=user_id, resource=resource)
            answer = await self.router.decide(question, Side(context["side"]))
        except Exception as error:
            _log.warning("cache_revalidation_failed", error=type(error).__name__)
            metrics.revalidated(False)
            return None
        # Where another path or bundle has answered, that is another entry.
        if answer.side != context["side"] or answer.revision != context["revision"] or not _keeps(answer):
            return None
        metrics.revalidated(True)
        return decision_of(question, answer).model_dump()

    async def _many(self, questions: Sequence[Question], side: Side, cache: Any) -> list[AuthorizationDecision]:
        if cache is not None and not (cache.enabled and hasattr(cache, "get_batch") and hasattr(cache, "set_batch")):
            cache = None
        start = time.perf_counter()
        decisions: list[AuthorizationDecision | None] = [None] * len(questions)
        counts: Counter[tuple[str, str, str, bool, CacheStatus]] = Counter()
        if cache is not None:
            revision = self._revision(side)
            found = await cache.get_batch([_key(question, side, revision) for question in questions])
            decisions = [_read(entry) for entry in found]
            metrics.cache_batch("get", len(questions))
            for question, decision in zip(questions, decisions, strict=True):
                metrics.cache_served("miss" if decision is None else "hit", question.sensitivity)
                if decision is not None:
                    counts[(side.value, question.action, question.sensitivity, decision.allow, "hit")] += 1
        missed = [place for place, decision in enumerate(decisions) if decision is None]
        answers = await self.router.decide_batch([questions[place] for place in missed], side) if missed else []
        kept = []
        for place, answer in zip(missed, answers, strict=True):
            question = questions[place]
            if isinstance(answer, NoAnswer):
                metrics.undecided(answer.cause)
                _log.warning("batch_evaluation_error", path=question.path, reason=str(answer))
                decisions[place] = deny(f"{FAILED}: {answer}")
                continue
            decision = decisions[place] = decision_of(question, answer)
            status: CacheStatus = "off" if cache is None else "miss"
            counts[(answer.side.value, question.action, question.sensitivity, decision.allow, status)] += 1
            if cache is not None and _keeps(answer):
                user, action, resource, context = _key(question, answer.side, answer.revision)
                ttl = time_to_live(question.sensitivity)
                kept.append((user, action, resource, decision.model_dump(), context, ttl))
        if kept:
            await cache.set_batch(kept)
            metrics.cache_batch("set", len(kept))
        seconds = time.perf_counter() - start
        metrics.batch(len(questions), seconds)
        # Each waited for its share of the whole.
        for counted, times in counts.items():
            metrics.evaluated(*counted, seconds / len(questions), times)
        return [deny(INTERNAL) if decision is None else decision for decision in decisions]

    async def _find(
        self, cache: Any, question: Question, side: Side
    ) -> tuple[AuthorizationDecision | None, CacheStatus]:
        """Look a question up in the cache: ours tells a stale decision from a fresh one."""
        began = time.perf_counter()
        user, action, resource, context = _key(question, side, self._revision(side))
        result: str
        if isinstance(cache, RustPolicyCache):
            entry, served = await cache.find(user, action, resource, context, question.sensitivity)
            found, result = _read(entry), served.value
        else:
            entry = await cache.get(user, action, resource, context=context, sensitivity=question.sensitivity)
            found = _read(entry)
            result = "miss" if found is None else "hit"
        status: CacheStatus = "miss" if found is None else "stale" if result == "stale" else "hit"
        seen = "error" if result == "error" else "miss" if found is None else "hit"
        metrics.cache_operation(_label(cache), "get", seen, time.perf_counter() - began)
        if seen != "error":
            metrics.cache_served(status, question.sensitivity)
        return found, status

    async def _keep(self, cache: Any, question: Question, answer: Answer, decision: AuthorizationDecision) -> None:
        if not _keeps(answer):
            return
        began = time.perf_counter()
        user, action, resource, context = _key(question, answer.side, answer.revision)
        ttl = time_to_live(question.sensitivity)
        stored = await cache.set(user, action, resource, decision.model_dump(), context=context, ttl_seconds=ttl)
        metrics.cache_operation(_label(cache), "set", "stored" if stored else "error", time.perf_counter() - began)

    def _revision(self, side: Side) -> str | None:
        return self._engine.revision if side is Side.IN_PROCESS and self._engine is not None else None


def time_to_live(sensitivity: str) -> int:
    """Return how long a decision of this sensitivity is kept, in seconds."""
    return TTL.get(sensitivity, TTL_OTHERWISE)


def deny(reason: str) -> AuthorizationDecision:
    """Return a denial."""
    return AuthorizationDecision(allow=False, reason=reason)


def unexpected(error: Exception) -> AuthorizationDecision:
    """Return the denial for an error that nobody foresaw. Its message is not logged: it may quote the input."""
    _log.error("unexpected_error", error=type(error).__name__)
    return deny(f"{INTERNAL}: {type(error).__name__}")


def _key(question: Question, side: Side, revision: str | None) -> tuple[str, str, str, dict[str, Any]]:
    context = {"path": question.path, "side": side.value, "revision": revision, "input": question.document}
    return question.user_id, question.action, question.resource, context


def _read(found: Any) -> AuthorizationDecision | None:
    """Return a cached decision; what is none is not served."""
    if found is None:
        return None
    try:
        return AuthorizationDecision(**found)
    except (TypeError, ValidationError):
        return None


def _keeps(answer: Answer) -> bool:
    """Whether an answer may be given again. OPA does not tell; its answers were always kept."""
    return (answer.deterministic or answer.side is Side.HTTP) and not answer.doubts


def _label(cache: Any) -> str:
    return "rust" if "Rust" in type(cache).__name__ else "python"

"""A difference between the two paths: what each said to one question, and what of it is not the same."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sark_policy.sark.answer import MEMBERS, Answer, PathFailed, Side, decision_of
from sark_policy.sark.models import AuthorizationDecision
from sark_policy.sark.question import Question

REASON = 300
"""Longest reason that is kept, in characters."""
INPUT = 16 << 10
"""Largest input that is kept, in characters of JSON."""


class Kind(StrEnum):
    """What differs, the gravest first. A difference is of one kind."""

    ALLOWED_DENIED = "allowed_denied"
    """Allowed in-process, denied by OPA."""
    DENIED_ALLOWED = "denied_allowed"
    """Denied in-process, allowed by OPA."""
    FAILED = "failed"
    """One path answered, the other failed."""
    UNDEFINED = "undefined"
    """Denied on both, but defined only on one."""
    FILTERED_PARAMETERS = "filtered_parameters"
    """The same decision, with other parameters."""
    REASON = "reason"
    """The same decision, for another reason."""
    RESULT = "result"
    """The same decision; something else of the result differs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that the two paths answered otherwise."""

    at: datetime
    """When it was found."""
    kind: Kind
    """What differs most."""
    fields: tuple[str, ...]
    """What differs: `failed`, or of `allow`, `defined`, `filtered_parameters`, `reason`, `audit_id`, `result` and
    `doubts` those that do."""
    path: str
    """The entry point."""
    digest: str
    """SHA-256 of the input's JSON, in hex."""
    answered: Side
    """Which side the caller's answer came from."""
    in_process_allow: bool | None
    """What the in-process path said; `None`: it failed."""
    in_process_reason: str
    """Why, or how it failed."""
    http_allow: bool | None
    """What OPA said; `None`: it failed."""
    http_reason: str
    """Why, or how it failed."""
    revision: str | None
    """The revision that decided in-process."""
    deterministic: bool | None
    """Whether the in-process answer depends on nothing but the question; `None` if it failed. Where it depends on
    the clock or on chance, a difference may mean nothing."""
    input: dict[str, Any] | None
    """The whole input, where inputs are kept and it is not too large. It may hold secrets."""

    @classmethod
    def between(
        cls, question: Question, one: Answer | PathFailed, two: Answer | PathFailed, *, answered: Side, inputs: bool
    ) -> "Difference | None":
        """Compare what the two paths said, in either order; `None`: the same."""
        mine, theirs = (one, two) if one.side is Side.IN_PROCESS else (two, one)
        my_decision, their_decision = _decision(question, mine), _decision(question, theirs)
        fields = _fields(mine, theirs, my_decision, their_decision)
        if not fields:
            return None
        return cls(
            at=datetime.now(UTC),
            kind=_kind(fields, my_decision),
            fields=fields,
            path=question.path,
            digest=hashlib.sha256(question.text.encode()).hexdigest(),
            answered=answered,
            in_process_allow=my_decision.allow if my_decision else None,
            in_process_reason=(my_decision.reason if my_decision else str(mine))[:REASON],
            http_allow=their_decision.allow if their_decision else None,
            http_reason=(their_decision.reason if their_decision else str(theirs))[:REASON],
            revision=mine.revision if isinstance(mine, Answer) else None,
            deterministic=mine.deterministic if isinstance(mine, Answer) else None,
            input=json.loads(question.text) if inputs and len(question.text) <= INPUT else None,
        )


def same(one: Any, two: Any) -> bool:
    """Whether two JSON values are equal. Numbers are by their value: 1 is 1.0, but no number is a bool."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, (int, float)) and isinstance(two, (int, float)):
        if one == two:
            return True
        # OPA divides with more digits than a float has. Integers are exact on both sides.
        try:
            return (isinstance(one, float) or isinstance(two, float)) and float(one) == float(two)
        except OverflowError:
            return False
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(value, two[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    return type(one) is type(two) and bool(one == two)


def _decision(question: Question, said: Answer | PathFailed) -> AuthorizationDecision | None:
    return decision_of(question, said) if isinstance(said, Answer) else None


def _fields(
    mine: Answer | PathFailed,
    theirs: Answer | PathFailed,
    my_decision: AuthorizationDecision | None,
    their_decision: AuthorizationDecision | None,
) -> tuple[str, ...]:
    if isinstance(mine, PathFailed) or isinstance(theirs, PathFailed) or not my_decision or not their_decision:
        return ("failed",)
    package = mine.package or theirs.package
    my_result, their_result = _result(mine, package), _result(theirs, package)
    differ = {
        "allow": my_decision.allow is not their_decision.allow,
        "defined": mine.defined is not theirs.defined,
        "filtered_parameters": not same(my_decision.filtered_parameters, their_decision.filtered_parameters),
        "reason": my_decision.reason != their_decision.reason,
        "audit_id": my_decision.audit_id != their_decision.audit_id,
        "result": not same(my_result, their_result),
        "doubts": set(mine.doubts) != set(theirs.doubts),
    }
    return tuple(name for name, differs in differ.items() if differs)


def _result(answer: Answer, package: bool) -> Any:
    """Return what is compared. A path may not know that it asked for a package, and have all of it."""
    if package and isinstance(answer.result, dict):
        return {name: answer.result[name] for name in MEMBERS if name in answer.result}
    return answer.result


def _kind(fields: tuple[str, ...], my_decision: AuthorizationDecision | None) -> Kind:
    if "failed" in fields:
        return Kind.FAILED
    if "allow" in fields:
        return Kind.ALLOWED_DENIED if my_decision and my_decision.allow else Kind.DENIED_ALLOWED
    for field, kind in (
        ("defined", Kind.UNDEFINED),
        ("filtered_parameters", Kind.FILTERED_PARAMETERS),
        ("reason", Kind.REASON),
    ):
        if field in fields:
            return kind
    return Kind.RESULT

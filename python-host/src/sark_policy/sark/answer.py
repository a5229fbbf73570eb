"""What a path answers, and what that means: one reading for every path."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sark_policy.sark.models import AuthorizationDecision
from sark_policy.sark.question import Question

COMPLETED = "Policy evaluation completed"
FAILED = "Policy evaluation failed"
INTERNAL = "Internal error during policy evaluation"

MEMBERS = ("allow", "audit_reason", "reason", "filtered_parameters", "restrictions", "audit_id")
"""The rules of a package that make up its decision."""


class Side(StrEnum):
    """The two ways to an answer. The values are the gateway's labels."""

    IN_PROCESS = "rust"
    """The component in this process."""
    HTTP = "python"
    """An OPA server over HTTP."""


class Failure(StrEnum):
    """Why a path gave no answer."""

    TIMEOUT = "timeout"
    """A deadline elapsed, or the path was busy for too long."""
    CONNECTION = "connection"
    """The path could not be reached: no server, no component, no bundle, an answer that is none."""
    EVALUATION = "evaluation"
    """The policy failed for this input: a conflict, a builtin error, an unknown entry point."""
    TRAP = "trap"
    """The sandbox ended the call: a trap, exhausted memory or stack."""
    OPEN = "open"
    """The path's circuit is open: it failed too often just now, and is left alone."""
    INPUT = "input"
    """The path does not take this input: too large, nested too deep, or not JSON."""


BREAKS = frozenset({Failure.TIMEOUT, Failure.CONNECTION, Failure.TRAP})
"""Failures that are the path's own, and open its circuit. The others come with the question."""


class PathFailed(Exception):
    """A path gave no answer."""

    def __init__(self, side: Side, failure: Failure, message: str) -> None:
        super().__init__(side, failure, message)
        self.side = side
        self.failure = failure
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path said to a question."""

    side: Side
    """Which path."""
    result: Any
    """OPA's `result`; `None` where undefined. Of a package: its `MEMBERS` that are defined."""
    defined: bool
    """Whether there is a result."""
    revision: str | None
    """The revision of the bundle that decided, where the path tells."""
    deterministic: bool
    """Whether the same question to the same revision has the same answer later. `False` where unknown."""
    cached: bool = False
    """Whether the engine had decided it before."""
    doubts: tuple[str, ...] = ()
    """Members of a package that could not be evaluated, by name."""
    package: bool = False
    """Whether `result` was put together of `MEMBERS` alone, so that whatever else is there is left out."""


def decision_of(question: Question, answer: Answer) -> AuthorizationDecision:
    """Read an answer: only the JSON value `true` allows.

    - A boolean is the decision. An object's `allow` is, with `audit_reason` or else `reason`,
      `filtered_parameters` or else `restrictions`, and `audit_id`.
    - Undefined is a denial, and so is everything of another type.
    - Parameters that cannot be filtered are not let through: where `filtered_parameters` failed, or is
      neither an object nor null, the request is denied. A reason that failed costs only the reason.
    """
    result = answer.result
    if not answer.defined:
        return _deny(f"{COMPLETED}: `{question.path}` is undefined for this request")
    if isinstance(result, bool):
        return AuthorizationDecision(allow=result, reason=COMPLETED)
    if not isinstance(result, dict):
        return _deny(f"{INTERNAL}: `{question.path}` is neither a boolean nor an object")
    allow = result.get("allow", False)
    if not isinstance(allow, bool):
        return _deny(f"{INTERNAL}: `allow` of `{question.path}` is neither true nor false")
    parameters = result.get("filtered_parameters")
    if parameters is None:
        parameters = result.get("restrictions")
    unfiltered = any(name in answer.doubts for name in ("filtered_parameters", "restrictions"))
    if allow and (unfiltered or not (parameters is None or isinstance(parameters, dict))):
        return _deny(f"{INTERNAL}: the parameters could not be filtered by `{question.path}`")
    return AuthorizationDecision(
        allow=allow,
        reason=_reason(result),
        filtered_parameters=parameters if isinstance(parameters, dict) else None,
        audit_id=_identity(result.get("audit_id")),
    )


def _deny(reason: str) -> AuthorizationDecision:
    return AuthorizationDecision(allow=False, reason=reason)


def _reason(result: dict[str, Any]) -> str:
    for name in ("audit_reason", "reason"):
        reason = result.get(name)
        if isinstance(reason, str) and reason:
            return reason
        # A set of reasons is a list in JSON.
        if isinstance(reason, list) and reason and all(isinstance(each, str) for each in reason):
            return "; ".join(reason)
    return COMPLETED


def _identity(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
